"""Resamples frames to a constant frame rate, for formats that have one. Does not depend on skeletons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vidmotion.errors import InputError
from vidmotion.geometry.rotations import slerp
from vidmotion.types import Bools, Floats, Ints

MOST_FRAMES = 1_000_000
"""Nine hours at 30 frames/s; more than that means that the file is damaged."""


@dataclass(frozen=True, eq=False)
class Grid:
    """N evenly spaced times, each between two neighbours of T frames.

    Across a gap the frame before it is held, so that no time is dropped and no movement invented.
    """

    times: Floats
    """(N,) seconds."""
    left: Ints
    """(N,) index of the frame before."""
    right: Ints
    """(N,) index of the frame after."""
    fraction: Floats
    """(N,) 0..1, of the time from the frame before to the frame after."""
    missing: Bools
    """(N,) True inside a gap, more than half a frame from either end."""

    def interpolate(self, values: Floats) -> Floats:
        """Linear interpolation of values at the frames (T, ...) at the times of the grid: (N, ...)."""
        fraction = self.fraction.reshape(-1, *[1] * (values.ndim - 1))
        return values[self.left] * (1 - fraction) + values[self.right] * fraction

    def interpolate_rotations(self, rotations: Floats) -> Floats:
        """Spherical linear interpolation of rotations at the frames (T, J, 3, 3): (N, J, 3, 3)."""
        out = rotations[self.left]
        moving = self.fraction > 0
        out[moving] = slerp(out[moving], rotations[self.right[moving]], self.fraction[moving])
        return out


def even_grid(frames: Ints, times: Floats, fps: float) -> Grid:
    """The times times[0], times[0] + 1 / fps, ... up to the last frame.

    Args:
        frames: (T,) frame numbers, rising; a jump is a gap.
        times: (T,) seconds, rising.

    Raises:
        InputError: the times span more frames than `MOST_FRAMES`.
    """
    steps = float((times[-1] - times[0]) * fps)
    if steps > MOST_FRAMES:
        raise InputError(f"the times of the frames span {steps:.0f} frames; wanted at most {MOST_FRAMES}")
    grid_times = times[0] + np.arange(round(steps) + 1) / fps
    left = np.clip(np.searchsorted(times, grid_times, side="right") - 1, 0, max(len(times) - 2, 0))
    right = np.minimum(left + 1, len(times) - 1)
    share = np.clip((grid_times - times[left]) / np.maximum(times[right] - times[left], 1e-12), 0, 1)
    gap = frames[right] - frames[left] > 1
    # A time within half a frame of the end of a gap counts as the frame after the gap.
    resumed = (times[right] - grid_times) * fps < 0.5
    missing = gap & ~resumed & ((grid_times - times[left]) * fps > 0.5)
    return Grid(grid_times, left, right, np.where(gap, resumed, share), missing)
