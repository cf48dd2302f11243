"""Frames at uneven times onto an even grid, for formats with one frame rate. Knows nothing about bones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vidmotion.errors import InputError
from vidmotion.geometry.rotations import slerp
from vidmotion.types import Bools, Floats, Ints

MOST_FRAMES = 1_000_000
"""Nine hours at 30 frames a second; more than that is a damaged file."""


@dataclass(frozen=True, eq=False)
class Grid:
    """N even moments, each on its way from one of T frames to the next.

    Across a gap the frame before it is held, so that time is never squeezed and no movement invented.
    """

    times: Floats
    """(N,) seconds."""
    left: Ints
    """(N,) index of the frame before."""
    right: Ints
    """(N,) index of the frame after."""
    share: Floats
    """(N,) 0..1, from the frame before to the frame after."""
    missing: Bools
    """(N,) inside of a gap, more than half a frame from either end."""

    def between(self, values: Floats) -> Floats:
        """(N, ...) values at the moments, from (T, ...) at the frames, along straight lines."""
        share = self.share.reshape(-1, *[1] * (values.ndim - 1))
        return values[self.left] * (1 - share) + values[self.right] * share

    def turned(self, rotations: Floats) -> Floats:
        """(N, J, 3, 3) rotations at the moments, from (T, J, 3, 3) at the frames, by the shortest turns."""
        out = rotations[self.left]
        moving = self.share > 0
        out[moving] = slerp(out[moving], rotations[self.right[moving]], self.share[moving])
        return out


def even_grid(frames: Ints, times: Floats, fps: float) -> Grid:
    """The moments times[0], times[0] + 1 / fps, ... up to the last time.

    Args:
        frames: (T,) frame numbers, rising; a jump is a gap.
        times: (T,) seconds, rising.

    Raises:
        InputError: the times span more frames than can be meant.
    """
    steps = float((times[-1] - times[0]) * fps)
    if steps > MOST_FRAMES:
        raise InputError(f"the times of the frames span {steps:.0f} frames; wanted at most {MOST_FRAMES}")
    moments = times[0] + np.arange(round(steps) + 1) / fps
    left = np.clip(np.searchsorted(times, moments, side="right") - 1, 0, max(len(times) - 2, 0))
    right = np.minimum(left + 1, len(times) - 1)
    share = np.clip((moments - times[left]) / np.maximum(times[right] - times[left], 1e-12), 0, 1)
    gap = frames[right] - frames[left] > 1
    # A moment that falls within half a frame of the gap's end is the frame after the gap.
    resumed = (times[right] - moments) * fps < 0.5
    missing = gap & ~resumed & ((moments - times[left]) * fps > 0.5)
    return Grid(moments, left, right, np.where(gap, resumed, share), missing)
