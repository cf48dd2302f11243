"""Frames as they come: of a camera, the newest each time; of a file, as if it were one. Knows nothing about people."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from vidmotion.errors import InputError
from vidmotion.video import Frame, open_video

USUAL_RATE = Fraction(30)
"""Frames per second of cameras that do not tell."""
PATIENCE = 5.0
"""Seconds without a frame after which a camera is given up."""


@dataclass(frozen=True, eq=False)
class Shot:
    """A frame and when it was taken."""

    frame: Frame
    taken: float
    """Seconds of `time.monotonic`."""


@dataclass(frozen=True, eq=False)
class Shots:
    """Frames that come one after the other."""

    name: str
    fps: Fraction
    size: tuple[int, int]
    """Width and height in pixels."""
    frames: Iterator[Shot]


@contextmanager
def file_shots(path: Path, in_time: bool = True) -> Iterator[Shots]:
    """The frames of a file.

    Args:
        in_time: at the file's own speed, leaving out those for which it is too late; else all of them, at any speed.

    Raises:
        VideoError: the file cannot be read as a video.
    """
    with open_video(path) as video:
        frames = _paced(video, float(video.fps)) if in_time else (Shot(frame, time.monotonic()) for frame in video)
        yield Shots(path.name, video.fps, video.size, frames)


def _paced(video: Iterable[Frame], fps: float) -> Iterator[Shot]:
    started = time.monotonic()
    for frame in video:
        early = started + frame.time - time.monotonic()
        if early > 0:
            time.sleep(early)
        elif -early > 1 / fps and frame.index:
            continue
        yield Shot(frame, started + frame.time)


@contextmanager
def camera_shots(number: int) -> Iterator[Shots]:
    """The newest frames of a camera, by its number on this machine.

    Raises:
        InputError: there is no such camera, or it gives no picture.
    """
    capture = cv2.VideoCapture(number)
    try:
        opened, first = capture.read() if capture.isOpened() else (False, None)
        if not opened or first is None:
            raise InputError(
                f"camera {number} cannot be opened; choose another with --camera, close what uses it, or allow it"
            )
        fps = capture.get(cv2.CAP_PROP_FPS)
        rate = Fraction(fps).limit_denominator(1001) if 1 <= fps <= 1000 else USUAL_RATE
        with _Newest(capture) as newest:
            yield Shots(f"camera {number}", rate, (first.shape[1], first.shape[0]), iter(newest))
    finally:
        capture.release()


class _Newest:
    """Reads a camera in the background, so that what waits in its buffers is never shown late."""

    def __init__(self, capture: cv2.VideoCapture) -> None:
        self._capture = capture
        self._shot: Shot | None = None
        self._fresh, self._ended = threading.Condition(), False
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> _Newest:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self._thread.join(PATIENCE)

    def __iter__(self) -> Iterator[Shot]:
        while True:
            with self._fresh:
                if not self._fresh.wait_for(lambda: self._shot is not None or self._ended, PATIENCE):
                    raise InputError(f"the camera has given no picture for {PATIENCE:g} s; is it still connected?")
                shot, self._shot = self._shot, None
            if shot is None:
                return
            yield shot

    def _read(self) -> None:
        started, index = time.monotonic(), 0
        while not self._ended:
            good, picture = self._capture.read()
            taken = time.monotonic()
            with self._fresh:
                if good:
                    rgb = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
                    self._shot, index = Shot(Frame(index, taken - started, rgb), taken), index + 1
                else:
                    self._ended = True
                self._fresh.notify()
