"""Finds a first frame that is no part of the motion: a T-pose or rest pose, put there for retargeting.

The files of the CMU laboratory that were converted for MotionBuilder have one, and so have exports of several animation
programs. Numpy only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from vidmotion.data.importers.rig import RigMotion, forward_kinematics, leg_length, midpoint, rest_positions
from vidmotion.data.importers.rig_joint_names import find_joints
from vidmotion.geometry.vectors import unit
from vidmotion.types import Floats

_FRAMES = 8
"""The jump from the first frame is compared with the steps between so many frames."""
_JUMP, _TIMES = 0.05, 5.0
"""A jump: share of the leg's length that joints move on average, and how many times larger than the largest step."""
_ALONG = 0.85
"""Cosine between the limbs and those of a T-pose."""
_AT_REST = 0.02
"""Share of the leg's length by which joints may differ from the rest pose."""


def without_calibration_frame(rig: RigMotion, note: Callable[[str], None]) -> RigMotion:
    """The rig's motion without a first frame in T-pose or rest pose from which it jumps to the second.

    Who really stands in a T-pose at first moves on from it without a jump, and keeps it.

    Args:
        note: called with a sentence if there is such a frame.

    Raises:
        InputError: joints are missing.
    """
    found = find_joints(rig.names)
    first = replace(rig, translations=rig.translations[:_FRAMES], rotations=rig.rotations[:_FRAMES])
    positions = forward_kinematics(first)[1]
    leg = leg_length(rest_positions(rig), found)
    joints = positions[:, list(found.values())]
    joints = joints - joints.mean(1, keepdims=True)
    steps = np.linalg.norm(np.diff(joints, axis=0), axis=-1).mean(1)
    if len(steps) < 2 or steps[0] < max(_JUMP * leg, _TIMES * steps[1:].max()):
        return rig
    if not (_is_t_pose(positions[0], found) or _is_at_rest(first, positions[0], leg)):
        return rig
    note("its first frame is a T-pose or rest pose from which the motion jumps; it is left out")
    return replace(rig, translations=rig.translations[1:], rotations=rig.rotations[1:])


def _is_t_pose(positions: Floats, found: dict[str, int]) -> bool:
    """Whether arms are stretched out to the sides and legs are straight below the trunk, in positions (J, 3)."""
    up = unit(positions[found["neck"]] - midpoint(positions, found, "hip"))
    left = unit(positions[found["left_hip"]] - positions[found["right_hip"]])
    wanted = {"left_shoulder": ("left_wrist", left), "right_shoulder": ("right_wrist", -left)}
    wanted |= {f"{side}_hip": (f"{side}_ankle", -up) for side in ("left", "right")}
    return all(
        float(unit(positions[found[end]] - positions[found[start]]) @ way) > _ALONG
        for start, (end, way) in wanted.items()
    )


def _is_at_rest(rig: RigMotion, positions: Floats, leg: float) -> bool:
    """Whether positions (J, 3) are those of the rest pose, somewhere and turned anyhow."""
    rest = rest_positions(rig)
    turned = (rest - rest[0]) @ rig.rotations[0, 0].T
    return float(np.abs(positions - positions[0] - turned).max()) < _AT_REST * leg
