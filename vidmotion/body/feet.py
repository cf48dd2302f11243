"""Which way feet point when no joint tells: flat on the floor where they stand, else in line with the shin.

Numpy only.
"""

from __future__ import annotations

import numpy as np

from vidmotion.body.limits import BOUNDS
from vidmotion.body.model import SMPL_JOINTS
from vidmotion.geometry import unit
from vidmotion.rotations import axis_angles, matrices
from vidmotion.types import Floats

ANKLES = tuple(SMPL_JOINTS.index(f"{side}_ankle") for side in ("left", "right"))
KNEES = tuple(SMPL_JOINTS.index(f"{side}_knee") for side in ("left", "right"))
LIFTED = 0.12
"""Of the stature: an ankle this much above its height at rest belongs to a foot in the air."""


def ankle_turns(shins: Floats, heights: Floats, stature: float) -> Floats:
    """(T, 2, 3, 3) local rotations of the ankles, within the limits of human joints.

    Args:
        shins: (T, 2, 3, 3) world rotations of both shins, left first.
        heights: (T, 2) metres of the ankles above their height in a standing body.
        stature: metres.
    """
    share = np.clip(1 - heights / (LIFTED * stature), 0, 1)
    share = share * share * (3 - 2 * share)
    # A shin that lies has no heading on the floor, and its foot does not stand.
    share = share * np.clip(shins[..., 1, 1] * 2, 0, 1)
    turn = axis_angles(shins.swapaxes(-1, -2) @ _flat(shins)) * share[..., None]
    bounds = BOUNDS[list(ANKLES)]
    return matrices(np.clip(turn, bounds[..., 0], bounds[..., 1]))


def _flat(shins: Floats) -> Floats:
    """World rotations of feet that stand flat, toes where the knees' hinge says."""
    left = shins[..., 0] * [1, 0, 1]
    across = unit(np.where(np.linalg.norm(left, axis=-1, keepdims=True) > 1e-6, left, [1.0, 0.0, 0.0]))
    up = np.broadcast_to([0.0, 1.0, 0.0], across.shape)
    return np.stack([across, up, np.cross(across, up)], -1)
