"""Feet: where they stand they stay; flat on the floor there, else in line with the shin, as no joint tells.

Numpy only.
"""

from __future__ import annotations

import numpy as np

from vidmotion.body.limits import BOUNDS
from vidmotion.body.model import SMPL_JOINTS
from vidmotion.geometry.filters import gaussian_smooth, opening, unbroken_runs
from vidmotion.geometry.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from vidmotion.geometry.vectors import unit
from vidmotion.skeletons import H36M17
from vidmotion.types import Floats

ANKLES = tuple(SMPL_JOINTS.index(f"{side}_ankle") for side in ("left", "right"))
LIFTED_ANKLES = tuple(H36M17.joints.index(f"{side}_ankle") for side in ("left", "right"))
KNEES = tuple(SMPL_JOINTS.index(f"{side}_knee") for side in ("left", "right"))
LIFTED = 0.12
"""Of the stature: an ankle this much above its height at rest belongs to a foot in the air."""

STILL = 0.5
"""Metres a second, below which an ankle likely stands."""
STILL_SECONDS = 0.07
"""Width of the filter under which that speed is taken, and of the way from a standing foot into the air."""
STANDS = 0.2
"""Seconds that a foot stands at least."""
SURE = 0.3
"""How surely an ankle stands that is held."""
MOST_HELD = 0.1
"""Metres by which an ankle is moved at most."""


def planted(joints: Floats, rate: float) -> Floats:
    """Joints (T, 17, 3) whose standing ankles keep their place for as long as they stand.

    Args:
        joints: metres, an unbroken run.
        rate: frames per second.
    """
    out, width = joints.copy(), rate * STILL_SECONDS
    for ankle in LIFTED_ANKLES:
        places = joints[:, ankle]
        smooth = gaussian_smooth(places, width)
        speed = rate * np.linalg.norm(np.gradient(smooth, axis=0), axis=-1) if len(smooth) > 1 else np.zeros(1)
        stands = opening(np.exp(-((speed / STILL) ** 2))[:, None], round(rate * STANDS))[:, 0] > SURE
        at = np.flatnonzero(stands)
        if not len(at):
            continue
        held = places.copy()
        for run in unbroken_runs(at):
            held[at[run]] = places[at[run]].mean(0)
        goal = np.stack([np.interp(np.arange(len(places)), at, values) for values in held[at].T], -1)
        moved = gaussian_smooth(stands.astype(float), width)[:, None] * (goal - places)
        far = np.linalg.norm(moved, axis=-1, keepdims=True)
        out[:, ankle] += moved * np.minimum(1, MOST_HELD / np.maximum(far, 1e-9))
    return out


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
    turn = matrix_to_axis_angle(shins.swapaxes(-1, -2) @ _flat(shins)) * share[..., None]
    return within_limits(axis_angle_to_matrix(turn))


def within_limits(turns: Floats) -> Floats:
    """Local rotations (T, 2, 3, 3) of ankles, brought within the limits of human joints."""
    bounds = BOUNDS[list(ANKLES)]
    return axis_angle_to_matrix(np.clip(matrix_to_axis_angle(turns), bounds[..., 0], bounds[..., 1]))


def _flat(shins: Floats) -> Floats:
    """World rotations of feet that stand flat, toes where the knees' hinge says."""
    left = shins[..., 0] * [1, 0, 1]
    across = unit(np.where(np.linalg.norm(left, axis=-1, keepdims=True) > 1e-6, left, [1.0, 0.0, 0.0]))
    up = np.broadcast_to([0.0, 1.0, 0.0], across.shape)
    return np.stack([across, up, np.cross(across, up)], -1)
