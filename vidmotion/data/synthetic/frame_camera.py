"""A camera at one moment, and where it looks. Numpy only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vidmotion.types import Floats


@dataclass(frozen=True, eq=False)
class Lens:
    """A camera at one moment: camera = rotation @ world + translation, pixel = focal * xy / z + center."""

    rotation: Floats
    """(3, 3) world to camera; camera axes are x right, y down, z forward."""
    translation: Floats
    """(3,) metres."""
    focal: float
    """Pixels."""
    size: tuple[int, int]
    """Width and height in pixels; the principal point is the middle."""

    @property
    def center(self) -> Floats:
        """(2,) pixels; (0, 0) is the corner of the first pixel."""
        return np.array(self.size) / 2

    @property
    def eye(self) -> Floats:
        """(3,) metres, where the camera is in the world."""
        return -self.rotation.T @ self.translation

    def see(self, points: Floats) -> Floats:
        """World points (..., 3) in camera axes, metres."""
        return points @ self.rotation.T + self.translation

    def project(self, points: Floats) -> Floats:
        """World points (..., 3) on the picture, (..., 2) pixels."""
        seen = self.see(points)
        return self.focal * seen[..., :2] / seen[..., 2:] + self.center

    def halved(self) -> Lens:
        """The same view on a picture of half the size; width and height are even."""
        return Lens(self.rotation, self.translation, self.focal / 2, (self.size[0] // 2, self.size[1] // 2))


def look(position: Floats, target: Floats, roll: Floats | float) -> tuple[Floats, Floats]:
    """Rotations (..., 3, 3) and translations (..., 3) of cameras at `position` (..., 3) that look at `target`
    (..., 3), rolled by `roll` (...) radians."""
    z = (target - position) / np.linalg.norm(target - position, axis=-1, keepdims=True)
    x = np.cross(z, [0.0, 1.0, 0.0])
    x /= np.linalg.norm(x, axis=-1, keepdims=True)
    y = np.cross(z, x)
    cos, sin = np.cos(roll)[..., None], np.sin(roll)[..., None]
    rotation = np.stack([cos * x + sin * y, cos * y - sin * x, z], axis=-2)
    return rotation, -(rotation @ position[..., None])[..., 0]
