"""Movements between key postures. Numpy only."""

from __future__ import annotations

import numpy as np

from vidmotion.geometry.filters import hermite
from vidmotion.types import Floats


def monotone_cubic(values: Floats, times: Floats, wanted: Floats) -> Floats:
    """Cubic interpolation that does not overshoot: what is held stands still, and what turns back turns at a key.

    Fritsch and Butland, "A Method for Constructing Local Monotone Piecewise Cubic Interpolants" (1984), with
    tangents of 0 at both ends.

    Args:
        values: (K, D) at the keys.
        times: (K,) of the keys, rising.
        wanted: (T,) times within those of the keys.

    Returns:
        (T, D).
    """
    steps = np.diff(times)[:, None]
    slopes = np.diff(values, axis=0) / steps
    tangents = np.zeros_like(values)
    tangents[1:-1] = _mean_slopes(slopes[:-1], slopes[1:], steps[:-1], steps[1:])
    return hermite(values, tangents, times, wanted)


def _mean_slopes(before: Floats, after: Floats, step_before: Floats, step_after: Floats) -> Floats:
    """Weighted harmonic means of the slopes on both sides of a key; 0 where they differ in sign."""
    weight_before, weight_after = step_before + 2 * step_after, 2 * step_before + step_after
    weighted = weight_before * after + weight_after * before
    same_sign = before * after > 0
    return np.where(
        same_sign, 3 * (step_before + step_after) * before * after / np.where(same_sign, weighted, 1.0), 0.0
    )
