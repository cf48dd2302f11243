"""The frames that a film is drawn on: those of the scene's video, or blank ones with the same timing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vidmotion.choices import ROTATIONS
from vidmotion.errors import InputError
from vidmotion.rendering.layout import BACKGROUND
from vidmotion.types import Scene
from vidmotion.video import Frame, Sound, Video, open_video

LATEST = 1e9
"""Seconds; a later start is not plausible and is ignored, as are other settings beyond it."""


@dataclass(frozen=True)
class FilmFrames:
    """The frames that a film is drawn on."""

    frames: Iterator[Frame]
    end: int
    """Number of the last frame of the film, plus 1."""
    sound: Callable[[float], Sound | None]
    """The sound of the video from a time in seconds from its first frame on; None without one."""


@contextmanager
def open_frames(scene: Scene, video: Path | None) -> Iterator[FilmFrames]:
    """The frames of a video; without a video, blank frames from the first to the last one with people.

    Raises:
        VideoError: the video cannot be read.
        InputError: the video is not the one that the scene was made from.
    """
    if video is None:
        first, end = _tracked(scene)
        yield FilmFrames(_blank_frames(scene, first, end), end, lambda _: None)
        return
    fps = scene.fps if has_true_rate(scene) else None
    with open_video(video, start_of(scene), fps=fps, rotate=rotation_of(scene)) as opened:
        check_same(scene, opened)
        yield FilmFrames(iter(opened), scene.frame_count, opened.sound)


def _tracked(scene: Scene) -> tuple[int, int]:
    """The first frame with a tracked person, and the frame after the last one; all frames if there are no people."""
    tracks = [person.track for person in scene.people]
    if not tracks:
        return 0, scene.frame_count
    first, last = min(int(track.frames[0]) for track in tracks), max(int(track.frames[-1]) for track in tracks)
    return max(first, 0), min(last + 1, scene.frame_count)


def _blank_frames(scene: Scene, first: int, end: int) -> Iterator[Frame]:
    """Blank frames at the times of the tracks, which are interpolated linearly for frames without people."""
    known = {
        int(frame): float(time)
        for person in scene.people
        for frame, time in zip(person.track.frames, person.track.times, strict=True)
    }
    frames = sorted(known)
    times = [known[frame] for frame in frames]
    blank = np.full((1, 1, 3), BACKGROUND, np.uint8)
    for index in range(first, end):
        yield Frame(index, float(np.interp(index, frames, times) if known else index / scene.fps), blank)


def start_of(scene: Scene) -> float | None:
    """Seconds at which the analysis of the video began, if the provenance holds a plausible number."""
    return _setting(scene, "start") or None


def rotation_of(scene: Scene) -> int:
    """Degrees by which the analyzed pictures were turned, if the provenance holds a plausible number."""
    rotation = int(_setting(scene, "rotate"))
    return rotation if rotation in ROTATIONS else 0


def has_true_rate(scene: Scene) -> bool:
    """Whether the user stated the rate of the video, so that the times of the scene are not those of the file."""
    return _setting(scene, "fps") > 0


def _setting(scene: Scene, name: str) -> float:
    """A plausible number above 0 among the settings of the analysis, else 0."""
    settings = scene.provenance.get("settings")
    value = settings.get(name) if isinstance(settings, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    return float(value) if 0 < value < LATEST else 0.0


def check_same(scene: Scene, video: Video) -> None:
    """Accept a smaller or larger copy of the video.

    Raises:
        InputError: the video has another aspect ratio.
    """
    width, height = video.size
    if abs(width * scene.size[1] - height * scene.size[0]) > 0.05 * width * scene.size[1]:
        raise InputError(
            f"{video.path}: is {width}x{height}, but the scene was made from {scene.source} with "
            f"{scene.size[0]}x{scene.size[1]}; pass that one as `video`"
        )
