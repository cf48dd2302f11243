"""Where the frames of a film come from: the video that the scene was made of, or blank ones with its timing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vidmotion.errors import InputError
from vidmotion.rendering.layout import BACKGROUND
from vidmotion.types import Scene
from vidmotion.video import Frame, Video, open_video

LATEST = 1e9
"""Seconds; a start after that is no time."""


@dataclass(frozen=True)
class Source:
    """Frames to draw on."""

    frames: Iterator[Frame]
    end: int
    """The frame number after the last one that the film shows."""


@contextmanager
def open_source(scene: Scene, video: Path | None) -> Iterator[Source]:
    """The frames of a video; without one, blank frames from the first with somebody to the last.

    Raises:
        VideoError: the video cannot be read.
        InputError: the video is not the one that the scene was made from.
    """
    if video is None:
        first, end = _tracked(scene)
        yield Source(_blank_frames(scene, first, end), end)
        return
    with open_video(video, _start(scene)) as opened:
        _check_same(scene, opened)
        yield Source(iter(opened), scene.frame_count)


def _tracked(scene: Scene) -> tuple[int, int]:
    """The first frame in which somebody is tracked, and the one after the last; all frames if nobody is."""
    tracks = [person.track for person in scene.people]
    if not tracks:
        return 0, scene.frame_count
    first, last = min(int(track.frames[0]) for track in tracks), max(int(track.frames[-1]) for track in tracks)
    return max(first, 0), min(last + 1, scene.frame_count)


def _blank_frames(scene: Scene, first: int, end: int) -> Iterator[Frame]:
    """Frames with nothing in their picture, at the times that the tracks know; straight lines between them."""
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


def _start(scene: Scene) -> float | None:
    """Seconds from which on the video was analysed; provenance is a stranger's, and what is no time is ignored."""
    settings = scene.provenance.get("settings")
    start = settings.get("start") if isinstance(settings, dict) else None
    if isinstance(start, bool) or not isinstance(start, int | float):
        return None
    return float(start) if 0 < start < LATEST else None


def _check_same(scene: Scene, video: Video) -> None:
    """A smaller or larger copy of the video is fine, one of another shape is another video."""
    width, height = video.size
    if abs(width * scene.size[1] - height * scene.size[0]) > 0.05 * width * scene.size[1]:
        raise InputError(
            f"{video.path}: is {width}x{height}, but the scene was made from {scene.source} with "
            f"{scene.size[0]}x{scene.size[1]}; name that video"
        )
