"""Vectors in 3D. Numpy only."""

from __future__ import annotations

import numpy as np

from vidmotion.types import Floats


def unit(vectors: Floats) -> Floats:
    """Vectors (..., 3) scaled to length 1; zero stays zero."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.maximum(length, 1e-12)
