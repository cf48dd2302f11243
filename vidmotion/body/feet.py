"""Feet that do not slide while they stand, and rotations of the ankles.

The lifted joints do not determine how a foot is rotated: near the floor it is flat, in the air it continues the shin.
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
"""Share of the body height: if an ankle is so much above its height at rest, the foot is in the air."""

STANCE_SPEED = 0.5
"""Speed in metres a second that gives a standing ankle the probability 1 / e."""
FILTER_SECONDS = 0.07
"""Width of the filter for that speed, and of the transition between standing and moving."""
MIN_STANCE = 0.2
"""Shortest time in seconds that a foot stands."""
MIN_PROBABILITY = 0.3
"""Lowest probability at which an ankle is taken to stand."""
MAX_CORRECTION = 0.1
"""Largest correction of an ankle in metres."""


def with_planted_feet(joints: Floats, rate: float) -> Floats:
    """The joints (T, 17, 3) with each ankle at one position for as long as it stands.

    Args:
        joints: (T, 17, 3) metres, of consecutive frames.
        rate: frames per second.
    """
    out, width = joints.copy(), rate * FILTER_SECONDS
    for ankle in LIFTED_ANKLES:
        positions = joints[:, ankle]
        smooth = gaussian_smooth(positions, width)
        speed = rate * np.linalg.norm(np.gradient(smooth, axis=0), axis=-1) if len(smooth) > 1 else np.zeros(1)
        stands = (
            opening(np.exp(-((speed / STANCE_SPEED) ** 2))[:, None], round(rate * MIN_STANCE))[:, 0] > MIN_PROBABILITY
        )
        at = np.flatnonzero(stands)
        if not len(at):
            continue
        held = positions.copy()
        for run in unbroken_runs(at):
            held[at[run]] = positions[at[run]].mean(0)
        goal = np.stack([np.interp(np.arange(len(positions)), at, values) for values in held[at].T], -1)
        correction = gaussian_smooth(stands.astype(float), width)[:, None] * (goal - positions)
        distance = np.linalg.norm(correction, axis=-1, keepdims=True)
        out[:, ankle] += correction * np.minimum(1, MAX_CORRECTION / np.maximum(distance, 1e-9))
    return out


def ankle_rotations(shins: Floats, heights: Floats, body_height: float) -> Floats:
    """(T, 2, 3, 3) local rotations of the ankles, within the limits of human joints.

    Args:
        shins: (T, 2, 3, 3) world rotations of both shins, left first.
        heights: (T, 2) metres, of the ankles above their height in a standing body.
        body_height: metres.
    """
    share = np.clip(1 - heights / (LIFTED * body_height), 0, 1)
    share = share * share * (3 - 2 * share)
    # A lying shin has no heading on the floor, and its foot does not stand.
    share = share * np.clip(shins[..., 1, 1] * 2, 0, 1)
    angles = matrix_to_axis_angle(shins.swapaxes(-1, -2) @ _flat(shins)) * share[..., None]
    return clamp_ankles(axis_angle_to_matrix(angles))


def clamp_ankles(rotations: Floats) -> Floats:
    """Local rotations (T, 2, 3, 3) of the ankles, clamped to the limits of human joints."""
    bounds = BOUNDS[list(ANKLES)]
    return axis_angle_to_matrix(np.clip(matrix_to_axis_angle(rotations), bounds[..., 0], bounds[..., 1]))


def _flat(shins: Floats) -> Floats:
    """World rotations of flat feet, with the toes perpendicular to the axes of the knees."""
    left = shins[..., 0] * [1, 0, 1]
    across = unit(np.where(np.linalg.norm(left, axis=-1, keepdims=True) > 1e-6, left, [1.0, 0.0, 0.0]))
    up = np.broadcast_to([0.0, 1.0, 0.0], across.shape)
    return np.stack([across, up, np.cross(across, up)], -1)
