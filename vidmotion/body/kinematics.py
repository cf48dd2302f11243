"""Forward kinematics on numpy arrays: local rotations to world rotations and joint places."""

from __future__ import annotations

import numpy as np

from vidmotion.geometry.rotations import axis_angle_to_matrix
from vidmotion.types import Floats


def local_rotations(pose: Floats, joints: int) -> Floats:
    """(T, J, 3, 3) of a pose (T, 24, 3) for a model with that many joints; those that the pose lacks rest.

    SMPL's last two joints, the hands, are no joints of models with fingers and are rotated only where J is 24.
    """
    known = 24 if joints == 24 else 22
    out = np.broadcast_to(np.eye(3), (len(pose), joints, 3, 3)).copy()
    out[:, :known] = axis_angle_to_matrix(pose[:, :known])
    return out


def forward(rotations: Floats, rest: Floats, parents: tuple[int, ...], translation: Floats) -> tuple[Floats, Floats]:
    """World rotations (T, J, 3, 3) and places (T, J, 3) of all joints.

    Args:
        rotations: (T, J, 3, 3) of each joint in its parent's frame; the first in the world.
        rest: (J, 3) metres.
        translation: (T, 3) metres, added to the whole body: the root comes to rest[0] + translation.
    """
    world, places = np.empty_like(rotations), np.empty(rotations.shape[:3])
    world[:, 0], places[:, 0] = rotations[:, 0], rest[0] + translation
    for joint, parent in enumerate(parents[1:], start=1):
        world[:, joint] = world[:, parent] @ rotations[:, joint]
        places[:, joint] = places[:, parent] + world[:, parent] @ (rest[joint] - rest[parent])
    return world, places
