"""Vectors in 3D. Numpy only."""

from __future__ import annotations

import numpy as np

from vidmotion.types import Floats


def unit(vectors: Floats) -> Floats:
    """Vectors (..., 3) scaled to length 1; zero stays zero."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.maximum(length, 1e-12)


def speed(points: Floats, times: Floats) -> Floats:
    """(T, ...) units a second of points (T, ..., 3) at rising times (T,) in seconds; 0 for fewer than two."""
    if len(points) < 2:
        return np.zeros(points.shape[:-1])
    found: Floats = np.linalg.norm(np.gradient(points, times, axis=0), axis=-1)
    return found
