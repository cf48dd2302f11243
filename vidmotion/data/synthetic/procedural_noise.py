"""Noise that follows from a position, for the surfaces of drawn things (numba)."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, fastmath=True)  # type: ignore[untyped-decorator]
def hash_noise(i: float, j: float, k: float) -> float:
    """A pseudo-random number in 0..1 that follows from i, j and k."""
    x = np.sin(i * 12.9898 + j * 78.233 + k * 37.719) * 43758.5453
    return x - np.floor(x)


@numba.njit(cache=True, fastmath=True)  # type: ignore[untyped-decorator]
def value_noise(x: float, y: float, seed: float) -> float:
    """Smooth noise in 0..1 at (x, y); its features are about one unit wide."""
    i, j = np.floor(x), np.floor(y)
    u, v = x - i, y - j
    u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)
    top = hash_noise(i, j, seed) * (1 - u) + hash_noise(i + 1, j, seed) * u
    bottom = hash_noise(i, j + 1, seed) * (1 - u) + hash_noise(i + 1, j + 1, seed) * u
    return top * (1 - v) + bottom * v
