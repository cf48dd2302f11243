"""A camera that another program knows, for a video: as many frames, and the size of its picture.

The formats are read in `vidmotion.io.cameras`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vidmotion.errors import InputError
from vidmotion.io.cameras import RawCamera, read_camera
from vidmotion.types import KNOWN, Camera, CameraMotion

SAME_SHAPE = 0.01
"""Share by which the aspect of the camera's picture and of the video's differ at most."""


@dataclass(frozen=True, eq=False)
class KnownCamera:
    """The camera of a file, before it is known which video it filmed."""

    path: Path
    raw: RawCamera

    @classmethod
    def read(cls, path: Path) -> KnownCamera:
        """The camera of a file.

        Raises:
            InputError: the file cannot be used; the message names it.
        """
        return cls(path, read_camera(path))

    def has_length(self, frames: int | None) -> bool:
        """Whether the camera is for a video with so many frames, as one that stands still always is."""
        return not self.raw.moves or len(self.raw.frames) == frames

    def check_length(self, frames: int) -> None:
        """Make sure that a camera that moves has as many frames as a video.

        Raises:
            InputError: it has more or fewer; the message gives both numbers.
        """
        if not self.has_length(frames):
            raise InputError(
                f"{self.path}: has a camera for {len(self.raw.frames)} frames, but the video has {frames}; "
                "write it for the whole video, even if only a part is lifted"
            )

    def check_covers(self, frames: int) -> None:
        """Make sure that a camera that moves has at least so many frames.

        Raises:
            InputError: it has fewer; the message gives both numbers.
        """
        if self.raw.moves and len(self.raw.frames) < frames:
            raise InputError(
                f"{self.path}: has a camera for {len(self.raw.frames)} frames, but there are people in {frames}; "
                "write it for the whole video"
            )

    def motion(self, shots: int) -> CameraMotion:
        """What a scene says of its camera: it is known in all shots, and people's motions have it."""
        focal = float(np.median(self.raw.focal))
        return CameraMotion((KNOWN,) * shots, np.zeros((0, 3, 3)), np.zeros(0), np.zeros(0, bool), focal)

    def camera(self, size: tuple[int, int]) -> Camera:
        """The camera for a video, in the world of the file: still, or with a value for each frame.

        Args:
            size: width and height of the video's picture in pixels.

        Raises:
            InputError: the file's picture has another shape.
        """
        raw = self.raw
        own = np.array(raw.size or size, float)
        factors = np.array(size) / own
        if abs(factors[0] / factors[1] - 1) > SAME_SHAPE:
            raise InputError(
                f"{self.path}: is for pictures of {own[0]:.0f} x {own[1]:.0f} pixels, but the video has "
                f"{size[0]} x {size[1]}, another shape; write it for this video"
            )
        center = np.median(raw.center, axis=0) * factors if raw.center is not None else np.array(size) / 2
        translation = -np.einsum("fij,fj->fi", raw.rotation, raw.position)
        moving = Camera(raw.focal * factors[0], (float(center[0]), float(center[1])), raw.rotation, translation)
        return moving if raw.moves else moving.at(0)
