"""Signals over time: resampling, smoothing, morphological opening, unbroken runs, frame rates. Numpy only."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from vidmotion.types import Floats

PAUSE = 5
"""Number of usual steps between frames beyond which a step is a pause in the recording."""


def resample(values: Floats, times: Floats, wanted: Floats) -> Floats:
    """Cubic Hermite interpolation along the first axis, with finite-difference tangents.

    Args:
        values: (T, ...).
        times: (T,) of the values, rising.
        wanted: (N,) times to interpolate at; outside of the range of `times` the end values are repeated.
    """
    if len(times) < 2:
        return np.repeat(values, len(wanted), axis=0)
    return hermite(values, np.gradient(values, times, axis=0), times, wanted)


def hermite(values: Floats, tangents: Floats, times: Floats, wanted: Floats) -> Floats:
    """Cubic Hermite interpolation along the first axis.

    Args:
        values: (T, ...), two or more.
        tangents: (T, ...) change of the values in a unit of time.
        times: (T,) of the values, rising.
        wanted: as of `resample`.
    """
    left = np.clip(np.searchsorted(times, wanted, side="right") - 1, 0, len(times) - 2)
    step = times[left + 1] - times[left]
    shape = (-1,) + (1,) * (values.ndim - 1)
    u = np.clip((wanted - times[left]) / step, 0, 1).reshape(shape)
    step = step.reshape(shape)
    start, end = values[left], values[left + 1]
    rise = (1 - u) * step * tangents[left] - u * step * tangents[left + 1]
    blend = u * u * (3 - 2 * u)
    return start * (1 - blend) + end * blend + u * (1 - u) * rise


def gaussian_smooth(values: Floats, sigma: float) -> Floats:
    """Gaussian filter along the first axis; at the ends values are continued by point reflection, which keeps trends.

    Args:
        values: (T, ...).
        sigma: in frames; below 0.1 the values are returned unchanged.
    """
    radius = min(int(np.ceil(3 * sigma)), len(values) - 1)
    if sigma < 0.1 or radius < 1:
        return values
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    return _windows(values, radius) @ kernel


def median_smooth(values: Floats, radius: int) -> Floats:
    """Running median over 2 * radius + 1 frames of (T,); at the ends the values are continued by point reflection."""
    if radius < 1 or len(values) < 3:
        return values
    return np.median(_windows(values, min(radius, len(values) - 1)), axis=-1)


def _windows(values: Floats, radius: int) -> Floats:
    """(T, ..., 2 * radius + 1) neighbors of each frame of (T, ...), continued by point reflection at the ends."""
    width = [(radius, radius)] + [(0, 0)] * (values.ndim - 1)
    padded = np.pad(values, width, mode="reflect", reflect_type="odd")
    return sliding_window_view(padded, 2 * radius + 1, axis=0)


def frame_rate(times: Floats, default: float) -> float:
    """Frames per second of rising times (T,) in seconds; `default` if there is only one frame."""
    return float(1 / np.median(np.diff(times)).clip(1e-3)) if len(times) > 1 else default


def unbroken_runs(frames: np.ndarray, times: Floats | None = None) -> list[slice]:
    """Slices of rising frame numbers (T,) within which each number follows the one before without a gap.

    Args:
        times: (T,) seconds, rising; None if pauses do not matter. A pause ends a run if it is longer than a second and
            than `PAUSE` usual steps.
    """
    is_broken = np.diff(frames) > 1
    if times is not None and len(times) > 1:
        steps = np.diff(times)
        is_broken = is_broken | (steps > max(1.0, PAUSE * float(np.median(steps))))
    bounds = [0, *(np.flatnonzero(is_broken) + 1).tolist(), len(frames)]
    return [slice(start, stop) for start, stop in itertools.pairwise(bounds) if stop > start]


def opening(values: Floats, frames: int) -> Floats:
    """(T, N) values without peaks that last for fewer than `frames` frames (morphological opening along time)."""
    if frames < 2 or len(values) < frames:
        return values
    least = sliding_window_view(values, frames, axis=0).min(-1)  # (T - frames + 1, N)
    padded = np.pad(least, ((frames - 1, frames - 1), (0, 0)))
    return sliding_window_view(padded, frames, axis=0).max(-1)
