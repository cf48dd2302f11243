"""Rotations of the ankles.

The lifted joints do not determine how a foot is rotated: near the floor it is flat, in the air it continues the shin.
Numpy only.
"""

from __future__ import annotations

import numpy as np

from vidmotion.body.limits import BOUNDS
from vidmotion.body.model import SMPL_JOINTS
from vidmotion.geometry.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from vidmotion.geometry.vectors import unit
from vidmotion.skeletons import H36M17
from vidmotion.types import Floats

ANKLES = tuple(SMPL_JOINTS.index(f"{side}_ankle") for side in ("left", "right"))
LIFTED_ANKLES = tuple(H36M17.joints.index(f"{side}_ankle") for side in ("left", "right"))
KNEES = tuple(SMPL_JOINTS.index(f"{side}_knee") for side in ("left", "right"))
LIFTED = 0.12
"""Share of the body height: if an ankle is so much above its height at rest, the foot is in the air."""


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
