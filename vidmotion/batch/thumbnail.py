"""A small picture of each clip that is done: one frame, with the people in it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import cv2
import numpy as np

from vidmotion.choices import Style
from vidmotion.errors import VideoError
from vidmotion.io.atomic import write_bytes
from vidmotion.io.targets import make_folder
from vidmotion.rendering.overlay import draw_people
from vidmotion.rendering.people import people_of
from vidmotion.settings import Settings
from vidmotion.types import Floats, Scene
from vidmotion.video.frame_index import read_frame_index
from vidmotion.video.reader import open_video

_SIDE = 160
"""Pixels of the longer side."""
_DRAWN = 4
"""People are drawn on a picture that is larger by this factor, so that their lines are thin."""
_QUALITY = 75


def write_thumbnail(scene: Scene, video: Path, settings: Settings, path: Path) -> None:
    """Write the picture.

    Args:
        settings: with which the video was read.

    Raises:
        VideoError: the video cannot be read any more.
        OutputError: the picture cannot be written.
    """
    frame, time = _frame_to_show(scene)
    # Without an index, all frames before are decoded.
    with open_video(video, time, fps=settings.fps, rotate=settings.rotate, index=read_frame_index(video)) as frames:
        canvas, scale = _reduced(next(iter(frames)).rgb, _DRAWN * _SIDE)
    people = [person.at_frame(frame) for person in people_of(scene, {})]
    draw_people(canvas, [person for person in people if person is not None], scale, Style.skeleton)
    small, _ = _reduced(canvas, _SIDE)
    coded, content = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not coded:
        raise VideoError(f"{video}: no small picture of it can be made")
    make_folder(path.parent)
    write_bytes(path, content.tobytes())


def _frame_to_show(scene: Scene) -> tuple[int, float]:
    """Number and time of a frame: of those with the most people the middle one."""
    tracks = [person.track for person in scene.people]
    counts = Counter(frame for track in tracks for frame in track.frames.tolist())
    most = max(counts.values())
    fullest = sorted(frame for frame, count in counts.items() if count == most)
    frame = fullest[len(fullest) // 2]
    track = next(track for track in tracks if frame in track.frames)
    return frame, float(track.times[np.searchsorted(track.frames, frame)])


def _reduced(rgb: np.ndarray, side: int) -> tuple[np.ndarray, Floats]:
    """A picture whose longer side has at most so many pixels, and the scale of x and y."""
    height, width = rgb.shape[:2]
    scale = min(side / max(height, width), 1.0)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.array(size) / (width, height)
