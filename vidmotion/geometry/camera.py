"""Pixels, rays and focal lengths of pinhole cameras. Numpy only; poses are in `vidmotion.types.Camera`."""

from __future__ import annotations

import numpy as np

from vidmotion.types import Floats


def to_rays(xy: Floats, focal: float, center: tuple[float, float]) -> Floats:
    """Pixels (..., 2) to points of the plane z = 1 in front of the camera, x right, y down."""
    return (xy - np.asarray(center)) / focal


def focal_length(fov: float, size: tuple[int, int]) -> float:
    """Focal length in pixels of a camera that sees `fov` degrees along the picture's longer side."""
    return max(size) / 2 / float(np.tan(np.radians(fov) / 2))
