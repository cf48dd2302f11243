"""Differences of neighbouring values as bytes that compress well: zigzag-coded, low bytes first. Numpy only."""

from __future__ import annotations

import numpy as np


def to_planes(change: np.ndarray) -> np.ndarray:
    """(2, ...) uint8, the low and the high bytes of int16 differences (...): small ones have high bytes of 0."""
    folded = ((change << 1) ^ (change >> 15)).astype(np.uint16)
    return np.stack([(folded & 255).astype(np.uint8), (folded >> 8).astype(np.uint8)])


def from_planes(planes: np.ndarray) -> np.ndarray:
    """The int16 differences (...) of `to_planes`."""
    low, high = planes.astype(np.uint16)
    folded = low | (high << 8)
    return ((folded >> 1) ^ (0 - (folded & 1)).astype(np.uint16)).astype(np.int16)
