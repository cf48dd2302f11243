"""Says what in a lifted motion cannot be right: sunk below the floor, faster than people run, hardly seen."""

from __future__ import annotations

import numpy as np

from vidmotion.geometry.filters import gaussian_smooth, unbroken_runs
from vidmotion.geometry.vectors import speed
from vidmotion.types import Motion, Track

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
    runs = unbroken_runs(track.frames, track.times)
    paths = [gaussian_smooth(motion.joints[run, 0].astype(float), SMOOTHING) for run in runs]
    speeds = np.concatenate([speed(path, track.times[run]) for path, run in zip(paths, runs, strict=True)])
    if (speeds > FASTEST).sum() > FEW:
        found.append(f"moves at up to {speeds.max():.0f} m/s, faster than people run; does the camera move?")
    if len(motion.confidence) and (confidence := float(np.median(motion.confidence))) < CONFIDENT:
        found.append(f"low confidence ({confidence:.2f} of 1): check the overlay (--render)")
    return found
