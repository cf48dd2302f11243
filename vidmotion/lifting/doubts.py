"""Says what in a lifted motion cannot be right: sunk below the floor, faster than people run, hardly seen."""

from __future__ import annotations

import numpy as np

from vidmotion.geometry.filters import gaussian_smooth, unbroken_runs
from vidmotion.types import Floats, Motion, Track

BELOW = 0.15
"""Metres that a joint may lie below the floor."""
FASTEST = 12.5
"""Metres a second; the fastest sprinter's speed (Bolt, Berlin 2009: 12.3)."""
SMOOTHING = 3.0
"""Frames, standard deviation of the smoothing of the path before its speed is taken."""
CONFIDENT = 0.4
"""Confidence that the median of all joints should have."""
FEW = 3
"""So many frames may be wrong without a word."""


def doubts(motion: Motion, track: Track) -> list[str]:
    """What in a motion is implausible, a line each; none for most motions."""
    found = []
    depth = -motion.joints[..., 1].min(1)
    sunk = int((depth > BELOW).sum())
    if sunk > FEW:
        found.append(f"up to {depth.max():.1f} m below the floor, in {sunk} frames")
    speed = np.concatenate([_speed(motion.joints[run, 0], track.times[run]) for run in unbroken_runs(track.frames)])
    if (speed > FASTEST).sum() > FEW:
        found.append(f"moves at up to {speed.max():.0f} m/s, faster than people run; does the camera move?")
    if len(motion.confidence) and (confidence := float(np.median(motion.confidence))) < CONFIDENT:
        found.append(f"low confidence ({confidence:.2f} of 1): check the overlay (--render)")
    return found


def _speed(path: Floats, times: Floats) -> Floats:
    """(T,) metres a second along a smoothed path (T, 3); 0 for fewer than two frames."""
    if len(path) < 2:
        return np.zeros(len(path))
    smooth = gaussian_smooth(path.astype(float), SMOOTHING)
    speed: Floats = np.linalg.norm(np.gradient(smooth, times, axis=0), axis=-1)
    return speed
