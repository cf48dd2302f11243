"""A camera at one frame of a clip, and the rotation that points a camera at a target. Numpy only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vidmotion.types import Camera, Floats


@dataclass(frozen=True, eq=False)
class FrameCamera(Camera):
    """A camera at one frame, with the size of its picture."""

    focal: float
    """Pixels."""
    size: tuple[int, int]
    """Width and height in pixels."""

    @classmethod
    def centered(cls, rotation: Floats, translation: Floats, focal: float, size: tuple[int, int]) -> FrameCamera:
        """A camera whose principal point is the center of the picture."""
        return cls(focal, (size[0] / 2, size[1] / 2), rotation, translation, size)

    def halved(self) -> FrameCamera:
        """The same view on a picture of half the size; width and height have to be even."""
        width, height = self.size
        return FrameCamera.centered(self.rotation, self.translation, self.focal / 2, (width // 2, height // 2))


def look_at(position: Floats, target: Floats, roll: Floats | float) -> tuple[Floats, Floats]:
    """Rotations (..., 3, 3) and translations (..., 3), world to camera, of cameras that look at a target.

    Args:
        position: (..., 3) of the cameras in the world, metres.
        target: (..., 3) points in the world, metres.
        roll: (...) radians about the viewing direction.
    """
    z = (target - position) / np.linalg.norm(target - position, axis=-1, keepdims=True)
    x = np.cross(z, [0.0, 1.0, 0.0])
    x /= np.linalg.norm(x, axis=-1, keepdims=True)
    y = np.cross(z, x)
    cos, sin = np.cos(roll)[..., None], np.sin(roll)[..., None]
    rotation = np.stack([cos * x + sin * y, cos * y - sin * x, z], axis=-2)
    return rotation, -(rotation @ position[..., None])[..., 0]
