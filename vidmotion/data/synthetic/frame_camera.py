"""A camera at one moment, and where it looks. Numpy only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vidmotion.types import Camera, Floats


@dataclass(frozen=True, eq=False)
class Lens(Camera):
    """A camera at one moment, with the size of its picture."""

    size: tuple[int, int]
    """Width and height in pixels."""

    @classmethod
    def centered(cls, rotation: Floats, translation: Floats, focal: float, size: tuple[int, int]) -> Lens:
        """A camera whose principal point is the center of the picture."""
        return cls(focal, (size[0] / 2, size[1] / 2), rotation, translation, size)

    def halved(self) -> Lens:
        """The same view on a picture of half the size; width and height are even."""
        width, height = self.size
        return Lens.centered(self.rotation, self.translation, self.focal / 2, (width // 2, height // 2))


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
