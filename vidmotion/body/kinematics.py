"""Forward kinematics on numpy arrays: local rotations to world rotations and joint positions."""

from __future__ import annotations

import numpy as np

from vidmotion.geometry.rotations import axis_angle_to_matrix
from vidmotion.types import Floats


def local_rotations(pose: Floats, joints: int) -> Floats:
    """(T, J, 3, 3) of a pose (T, 24, 3) for a model of J joints; joints that the pose does not have stay at rest.

    Models with fingers have no hand joints, the last two of SMPL, so these are used only if J is 24.
    """
    known = 24 if joints == 24 else 22
    out = np.broadcast_to(np.eye(3), (len(pose), joints, 3, 3)).copy()
    out[:, :known] = axis_angle_to_matrix(pose[:, :known])
    return out


def forward_kinematics(
    rotations: Floats, rest: Floats, parents: tuple[int, ...], translation: Floats
) -> tuple[Floats, Floats]:
    """World rotations (T, J, 3, 3) and positions (T, J, 3) in metres of all joints.

    Args:
        rotations: (T, J, 3, 3) of each joint in the frame of its parent; the first in the world.
        rest: (J, 3) metres, joints at rest.
        translation: (T, 3) metres, added to the whole body: the root is at rest[0] + translation.
    """
    world, positions = np.empty_like(rotations), np.empty(rotations.shape[:3])
    world[:, 0], positions[:, 0] = rotations[:, 0], rest[0] + translation
    for joint, parent in enumerate(parents[1:], start=1):
        world[:, joint] = world[:, parent] @ rotations[:, joint]
        positions[:, joint] = positions[:, parent] + world[:, parent] @ (rest[joint] - rest[parent])
    return world, positions
