"""Packs the 2D points of people in videos that are sorted into folders by class, to train and evaluate action heads.

FOLDER/CLASS/VIDEO    the class is the name of the sub-folder, the subject is the name of the video
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from vidmotion.data.packed_writer import NewClip, PackedWriter
from vidmotion.errors import InputError
from vidmotion.geometry.filters import resample
from vidmotion.io.folders import VIDEO_SUFFIXES
from vidmotion.model.normalization import FRAME_RATE
from vidmotion.skeletons import H36M17, convert
from vidmotion.types import Scene, Track

SHORTEST = 0.5
"""Seconds; people who are seen for a shorter time are left out."""


def is_labelled(folder: Path) -> bool:
    """Whether a folder has sub-folders that contain videos."""
    return folder.is_dir() and bool(_videos(folder))


def _videos(folder: Path) -> list[Path]:
    found = sorted(folder.glob("*/*"))
    return [path for path in found if path.suffix.lower() in VIDEO_SUFFIXES and not path.parent.name.startswith(".")]


def pack_labelled(
    folder: Path,
    out: Path,
    detect: Callable[[Path], Scene],
    held_out: float = 0.0,
    overwrite: bool = False,
    fail: Callable[[str], None] = lambda message: None,
) -> int:
    """Detect the people of all videos and pack their 2D points.

    Args:
        detect: finds the people of a video.
        held_out: share of each class' videos, the last ones by name, that become the split "test".
        fail: called with a message for each video that cannot be used; the other videos are kept.

    Returns:
        the number of people.

    Raises:
        InputError: there are no videos in sub-folders, or nobody was found in any of them.
        OutputError: `out` exists, or cannot be written.
    """
    videos = _videos(folder)
    if not videos:
        raise InputError(f"{folder} has no videos in sub-folders; wanted {folder}/CLASS/VIDEO")
    with PackedWriter(out, overwrite) as writer:
        for video in videos:
            try:
                scene = detect(video)
                for person in scene.people:
                    if person.track.times[-1] - person.track.times[0] >= SHORTEST:
                        writer.append(_clip(video, scene, person.track, _split(video, videos, held_out)))
            except InputError as error:
                fail(str(error))
        clips = writer.clips
    if not clips:
        raise InputError(f"no people were found in the videos of {folder}; nothing was written")
    return clips


def _split(video: Path, videos: list[Path], held_out: float) -> str:
    same_class = [other for other in videos if other.parent == video.parent]
    return "test" if same_class.index(video) >= round(len(same_class) * (1 - held_out)) else "train"


def _clip(video: Path, scene: Scene, track: Track, split: str) -> NewClip:
    """A person's points at `FRAME_RATE`; between frames that do not follow each other they are missing."""
    points = convert(track.keypoints, H36M17.name)
    count = max(2, round((track.times[-1] - track.times[0]) * FRAME_RATE) + 1)
    grid = np.linspace(track.times[0], track.times[-1], count)
    at = np.interp(grid, track.times, np.arange(len(track)))
    before, after = np.floor(at).astype(int), np.ceil(at).astype(int)
    score = np.minimum(points.score[before], points.score[after])
    score[(track.frames[after] - track.frames[before]) > 1] = 0
    xy = resample(points.xy.astype(float), track.times, grid) - np.array(scene.size) / 2
    label = video.parent.name
    return NewClip(f"{label}/{video.stem}#{track.id}", video.stem, split, None, None, xy, score, label, size=scene.size)
