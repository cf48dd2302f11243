"""Focal lengths and fields of view of pinhole cameras. Numpy only; projection is in `vidmotion.types.Camera`."""

from __future__ import annotations

import numpy as np


def focal_length(fov: float, size: tuple[int, int]) -> float:
    """Focal length in pixels of a camera that sees `fov` degrees along the longer side of the picture.

    Args:
        size: width and height in pixels.
    """
    return max(size) / 2 / float(np.tan(np.radians(fov) / 2))


def field_of_view(focal: float, size: tuple[int, int]) -> float:
    """Degrees that a camera with a focal length in pixels sees along the longer side of the picture."""
    return float(np.degrees(2 * np.arctan(max(size) / 2 / focal)))
