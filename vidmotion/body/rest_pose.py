"""Poses a body whose rest pose is not exactly the T-pose in which the rotations of motion capture count.

The free body at rest bends its knees by 9 degrees and its elbows by 8. Rotations that count from straight limbs would
keep these bends. Numpy only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from vidmotion.body.model import SMPL_JOINTS, SMPL_PARENTS
from vidmotion.geometry.rotations import shortest_rotation
from vidmotion.geometry.vectors import unit
from vidmotion.types import Floats

if TYPE_CHECKING:
    from torch import Tensor

Array = TypeVar("Array", Floats, "Tensor")

_DOWN, _LEFT, _RIGHT = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]])
T_POSE_LIMBS = {
    **{f"{side}_{joint}": (f"{side}_{child}", _DOWN)
       for side in ("left", "right") for joint, child in (("hip", "knee"), ("knee", "ankle"))},
    **{f"{side}_{joint}": (f"{side}_{child}", direction)
       for side, direction in (("left", _LEFT), ("right", _RIGHT))
       for joint, child in (("shoulder", "elbow"), ("elbow", "wrist"))},
}  # fmt: skip
"""The joint at the beginning of each limb: the joint at its end, and the limb's direction in a T-pose."""

_PARENTS = [max(parent, 0) for parent in SMPL_PARENTS]
"""Parent of each joint; the root, which has no turn, is its own."""


def turns_to_t_pose(rest: Floats) -> Floats:
    """(..., J, 3, 3) the shortest world rotations that bring the limbs of bodies at rest into a T-pose.

    Thighs and shins point down, upper arms and forearms to the sides; all other joints are not rotated.

    Args:
        rest: (..., J, 3) joints of bodies at rest, facing +Z.
    """
    turns = np.broadcast_to(np.eye(3), (*rest.shape, 3)).copy()
    for name, (end, direction) in T_POSE_LIMBS.items():
        joint = SMPL_JOINTS.index(name)
        limb = unit(rest[..., SMPL_JOINTS.index(end), :] - rest[..., joint, :]).reshape(-1, 3)
        turns[..., joint, :, :] = shortest_rotation(limb, np.tile(direction, (len(limb), 1))).reshape(
            *rest.shape[:-2], 3, 3
        )
    return turns


def from_t_pose(rotations: Array, turns: Array) -> Array:
    """Local rotations that give the limbs of a body the directions that `rotations` give those of a T-pose.

    The world rotation of a joint becomes that in the T-pose after the joint's turn. For arrays and tensors.

    Args:
        rotations: (..., T, 24, 3, 3) of each joint in the frame of its parent; the first in the world.
        turns: (24, 3, 3), or (..., 1, 24, 3, 3), from `turns_to_t_pose`.
    """
    return turns[..., _PARENTS, :, :].swapaxes(-1, -2) @ rotations @ turns
