"""Frames of a camera, always the newest one, or of a file, at the pace of a camera. Does not depend on people."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Self

import cv2
import numpy as np

from vidmotion.errors import InputError
from vidmotion.video import Frame, open_video

DEFAULT_RATE = Fraction(30)
"""Frames per second of cameras that do not report their rate."""
TIMEOUT = 5.0
"""Seconds without a frame after which a camera counts as disconnected."""


@dataclass(frozen=True, eq=False)
class TimedFrame:
    """A frame and the time at which it was taken."""

    frame: Frame
    taken: float
    """Seconds of `time.monotonic`."""


@dataclass(frozen=True, eq=False)
class FrameSource:
    """Frames from a camera or a file, one after the other."""

    name: str
    fps: Fraction
    size: tuple[int, int]
    """Width and height in pixels."""
    frames: Iterator[TimedFrame]


@contextmanager
def file_frames(path: Path, real_time: bool = True) -> Iterator[FrameSource]:
    """The frames of a file.

    Args:
        real_time: play the file at its own speed and drop frames that are late; if False, give all frames, each as
            soon as it is asked for.

    Raises:
        VideoError: the file cannot be read as a video.
    """
    with open_video(path) as video:
        frames = _paced(video, float(video.fps)) if real_time else _unpaced(video)
        yield FrameSource(path.name, video.fps, video.size, frames)


def _unpaced(video: Iterable[Frame]) -> Iterator[TimedFrame]:
    for frame in video:
        yield TimedFrame(frame, time.monotonic())


def _paced(video: Iterable[Frame], fps: float) -> Iterator[TimedFrame]:
    started = time.monotonic()
    for frame in video:
        early = started + frame.time - time.monotonic()
        if early > 0:
            time.sleep(early)
        elif -early > 1 / fps and frame.index:
            continue
        yield TimedFrame(frame, started + frame.time)


@contextmanager
def camera_frames(camera: int) -> Iterator[FrameSource]:
    """The newest frames of a camera.

    Args:
        camera: its number on this machine.

    Raises:
        InputError: there is no such camera, or it delivers no picture.
    """
    capture = cv2.VideoCapture(camera)
    try:
        opened, first = capture.read() if capture.isOpened() else (False, None)
        if not opened or first is None:
            raise InputError(
                f"camera {camera} cannot be opened; choose another `camera`, close the program that uses it, "
                "or allow access to it"
            )
        fps = capture.get(cv2.CAP_PROP_FPS)
        rate = Fraction(fps).limit_denominator(1001) if 1 <= fps <= 1000 else DEFAULT_RATE
        with _NewestFrames(capture) as newest:
            yield FrameSource(f"camera {camera}", rate, (first.shape[1], first.shape[0]), iter(newest))
    finally:
        capture.release()


class _NewestFrames:
    """Reads a camera in the background and keeps the newest frame, so that buffered old frames are never shown."""

    def __init__(self, capture: cv2.VideoCapture) -> None:
        self._capture = capture
        self._newest: TimedFrame | None = None
        self._fresh, self._ended = threading.Condition(), False
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self._thread.join(TIMEOUT)

    def __iter__(self) -> Iterator[TimedFrame]:
        while True:
            with self._fresh:
                if not self._fresh.wait_for(lambda: self._newest is not None or self._ended, TIMEOUT):
                    raise InputError(f"the camera has delivered no picture for {TIMEOUT:g} s; is it connected?")
                frame, self._newest = self._newest, None
            if frame is None:
                return
            yield frame

    def _read(self) -> None:
        started, index = time.monotonic(), 0
        while not self._ended:
            good, picture = self._capture.read()
            taken = time.monotonic()
            with self._fresh:
                if good:
                    rgb = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
                    self._newest, index = TimedFrame(Frame(index, taken - started, rgb), taken), index + 1
                else:
                    self._ended = True
                self._fresh.notify()
