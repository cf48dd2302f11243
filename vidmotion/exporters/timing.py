"""Joints at uneven times onto an even grid, for formats with one frame rate. Knows nothing about bones."""

from __future__ import annotations

import numpy as np

from vidmotion.errors import InputError
from vidmotion.types import Floats, Ints

MOST_FRAMES = 1_000_000
"""Nine hours at 30 frames a second; more than that is a damaged file."""


def even(joints: Floats, frames: Ints, times: Floats, fps: float) -> Floats:
    """(N, J, 3) joints at times[0], times[0] + 1 / fps, ... up to the last time.

    Straight lines between frames that follow each other; across a gap in `frames` the pose before it is
    held, so that time is never squeezed and no movement invented.

    Args:
        joints: (T, J, 3).
        frames: (T,) frame numbers, rising.
        times: (T,) seconds, rising.

    Raises:
        InputError: the times span more frames than can be meant.
    """
    steps = float((times[-1] - times[0]) * fps)
    if steps > MOST_FRAMES:
        raise InputError(f"the times of the frames span {steps:.0f} frames; wanted at most {MOST_FRAMES}")
    if len(times) == 1:
        return joints
    grid = times[0] + np.arange(round(steps) + 1) / fps
    left = np.clip(np.searchsorted(times, grid, side="right") - 1, 0, len(times) - 2)
    share = np.clip((grid - times[left]) / (times[left + 1] - times[left]), 0, 1)
    gap = np.diff(frames)[left] > 1
    # A grid time that falls within half a frame of the gap's end is the frame after the gap.
    share = np.where(gap, (times[left + 1] - grid) * fps < 0.5, share)[:, None, None]
    return joints[left] * (1 - share) + joints[left + 1] * share
