"""The camera of a file, frame by frame, and the checks that hold for every format."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vidmotion.errors import InputError
from vidmotion.types import Floats, Ints

SAME_CENTER = 0.5
"""Pixels by which the principal points of frames differ at most."""
NOT_ROTATION = 1e-3
"""A matrix of axes whose product with its transpose is further from 1 is no rotation."""
UPSIDE_DOWN = -0.5
"""A camera whose own up direction has this height or less stands on its head."""
SHOWN = 5
"""Missing frames that an error lists."""
LARGEST_NUMBER = 10**9 - 1
"""Of a frame: a year at 30 frames a second."""


def frame_numbers(values: Floats) -> Ints:
    """Numbers of frames (F,) that a file holds, as integers.

    Raises:
        InputError: one is not whole or too large.
    """
    if not ((np.abs(values) <= LARGEST_NUMBER) & (values == np.round(values))).all():
        raise InputError("wanted whole numbers of frames, of at most 9 digits")
    return values.astype(int)


@dataclass(frozen=True, eq=False)
class RawCamera:
    """The camera in F frames; if they are equal, it stands still. The world has Y up and is in metres.

    Raises:
        InputError: frames are missing or there twice, a value is out of range, the principal point moves, or the
            world's Y axis does not point up.
    """

    format: str
    """Name of the format."""
    frames: Ints
    """(F,) numbers of the video's frames, from 0."""
    focal: Floats
    """(F,) pixels."""
    rotation: Floats
    """(F, 3, 3) from the world to the camera's axes: x right, y down, z forward."""
    position: Floats
    """(F, 3) metres, where it is in the world."""
    center: Floats | None
    """(F, 2) pixels, the principal point; None for the center of the picture."""
    size: tuple[int, int] | None
    """Width and height in pixels of the picture that focal length and principal point are given for; None if the file
    does not say."""

    def __post_init__(self) -> None:
        if not len(self.frames):
            raise InputError("holds no frame")
        order = np.argsort(self.frames, kind="stable")
        for name in ("frames", "focal", "rotation", "position", "center"):
            values = getattr(self, name)
            object.__setattr__(self, name, None if values is None else np.asarray(values)[order])
        self._check_frames()
        parts = [part for part in (self.focal, self.rotation, self.position, self.center) if part is not None]
        if not all(np.isfinite(part).all() for part in parts):
            raise InputError("holds a number that is not finite")
        if not (self.focal > 0).all():
            raise InputError("wanted focal lengths above 0 pixels")
        error = np.abs(self.rotation @ self.rotation.swapaxes(1, 2) - np.eye(3)).max((1, 2))
        if error.max() > NOT_ROTATION or np.linalg.det(self.rotation).min() < 0:
            raise InputError(f"the axes of the camera in frame {self.frames[error.argmax()]} are no rotation")
        if self.center is not None and np.ptp(self.center, axis=0).max() > SAME_CENTER:
            raise InputError("the principal point moves, which is not supported; keep it at one place")
        if -self.rotation[:, 1, 1].mean() < UPSIDE_DOWN:
            raise InputError("the camera stands on its head: the world of the file must have Y up; turn it around")

    @property
    def moves(self) -> bool:
        """Whether any frame differs from the first one."""
        return any(np.ptp(values, axis=0).max() > 0 for values in (self.focal, self.rotation, self.position))

    def _check_frames(self) -> None:
        if self.frames[0] < 0:
            raise InputError(f"frame {self.frames[0]}: wanted frame numbers from 0 on")
        steps = np.diff(self.frames)
        if (steps == 0).any():
            raise InputError(f"frame {self.frames[:-1][steps == 0][0]} is there twice")
        if len(self.frames) == 1:
            return
        # If any frame is missing, one of the first ones is.
        missing = np.setdiff1d(np.arange(min(self.frames[-1], len(self.frames))), self.frames)
        if len(missing):
            listed = ", ".join(map(str, missing[:SHOWN])) + (", ..." if len(missing) > SHOWN else "")
            raise InputError(
                f"lacks frames ({listed}): wanted every frame of the video from 0 on, or one for a still camera"
            )
