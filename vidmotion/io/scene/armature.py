"""A body model as the armature of animation programs: joint names, and the ends of the last bones.

Does not depend on files.
"""

from __future__ import annotations

import numpy as np

from vidmotion.body.model import BODY_JOINTS, SMPL_JOINTS, BodyModel, RestBody
from vidmotion.choices import BoneNames
from vidmotion.types import Floats

BODY_JOINT_NAMES = (
    "Hips", "LeftUpLeg", "RightUpLeg", "Spine", "LeftLeg", "RightLeg", "Spine1", "LeftFoot", "RightFoot",
    "Spine2", "LeftToeBase", "RightToeBase", "Neck", "LeftShoulder", "RightShoulder", "Head", "LeftArm",
    "RightArm", "LeftForeArm", "RightForeArm", "LeftHand", "RightHand",
)  # fmt: skip
"""HumanIK's names of SMPL's 22 body joints, in SMPL's order."""
_RIGIFY = (
    "spine", "thigh.L", "thigh.R", "spine.001", "shin.L", "shin.R", "spine.002", "foot.L", "foot.R",
    "spine.003", "toe.L", "toe.R", "spine.004", "shoulder.L", "shoulder.R", "spine.006", "upper_arm.L",
    "upper_arm.R", "forearm.L", "forearm.R", "hand.L", "hand.R",
)  # fmt: skip
_UNITY = (
    "Hips", "LeftUpperLeg", "RightUpperLeg", "Spine", "LeftLowerLeg", "RightLowerLeg", "Chest", "LeftFoot",
    "RightFoot", "UpperChest", "LeftToes", "RightToes", "Neck", "LeftShoulder", "RightShoulder", "Head",
    "LeftUpperArm", "RightUpperArm", "LeftLowerArm", "RightLowerArm", "LeftHand", "RightHand",
)  # fmt: skip
_UNREAL = (
    "pelvis", "thigh_l", "thigh_r", "spine_01", "calf_l", "calf_r", "spine_02", "foot_l", "foot_r",
    "spine_03", "ball_l", "ball_r", "neck_01", "clavicle_l", "clavicle_r", "head", "upperarm_l",
    "upperarm_r", "lowerarm_l", "lowerarm_r", "hand_l", "hand_r",
)  # fmt: skip
_NAMES = {
    BoneNames.humanik: BODY_JOINT_NAMES,
    BoneNames.mixamo: tuple(f"mixamorig:{name}" for name in BODY_JOINT_NAMES),
    BoneNames.rigify: _RIGIFY,
    BoneNames.unity: _UNITY,
    BoneNames.unreal: _UNREAL,
    BoneNames.smpl: SMPL_JOINTS[:BODY_JOINTS],
}
_SIDES = (".L", ".R", "_l", "_r")
"""Endings by which programs know the sides of bones, so nothing may follow them."""
_HAND_JOINTS = (20, 21)
_ENDS = {"Head": (0, 1, 0), "LeftHand": (1, 0, 0), "RightHand": (-1, 0, 0), "LeftToeBase": (0, 0, 1),
         "RightToeBase": (0, 0, 1)}  # fmt: skip
"""Directions of the last bones in the T-pose."""
_ALONG = {0: 3, 9: 12}
"""Of joints with several children, the one to which the bone points: along the spine."""
_FORWARD, _UP = np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0])
_SHORTEST_END = 0.01
"""Metres."""


def body_joint_names(bones: BoneNames) -> tuple[str, ...]:
    """Names of SMPL's 22 body joints, in SMPL's order."""
    return _NAMES[bones]


def joint_names(count: int, bones: BoneNames) -> tuple[str, ...]:
    """Names of all joints of a model with `count` joints; fingers, jaw and eyes have numbers instead of names."""
    names = _NAMES[bones]
    if posed_joints(count) == count:
        return names + tuple(_extended(names[hand], "End") for hand in _HAND_JOINTS)
    return names + tuple(f"Joint{index}" for index in range(BODY_JOINTS, count))


def end_name(name: str) -> str:
    """The name of the end of a bone."""
    return _extended(name, "_end")


def _extended(name: str, ending: str) -> str:
    side = name[-2:] if name.endswith(_SIDES) else ""
    return name.removesuffix(side) + ending + side


def posed_joints(count: int) -> int:
    """How many of a model's `count` joints have rotations in a pose: SMPL's 24, or 22 with fingers."""
    return count if count == BODY_JOINTS + len(_HAND_JOINTS) else BODY_JOINTS


def bone_ends(model: BodyModel, rest: RestBody) -> dict[int, Floats]:
    """(3,) metres from each last body joint at rest to the end of its bone, which is as far as the skin reaches."""
    return {
        BODY_JOINT_NAMES.index(name): _end(model, rest, BODY_JOINT_NAMES.index(name), np.array(direction))
        for name, direction in _ENDS.items()
    }


def bone_axes(model: BodyModel, rest: RestBody) -> Floats:
    """(J, 3, 3) axes of the bones at rest, as columns: Y along the bone, Z forward, or up if the bone points forward.

    A joint without children and without an end has the axes of its parent.
    """
    ends = bone_ends(model, rest)
    axes = np.empty((len(model.parents), 3, 3))
    for joint, parent in enumerate(model.parents):
        child = _ALONG.get(joint, model.parents.index(joint) if joint in model.parents else None)
        if joint in ends:
            axes[joint] = axes_along(ends[joint])
        elif child is not None:
            axes[joint] = axes_along(rest.joints[child] - rest.joints[joint])
        else:
            axes[joint] = axes[parent]
    return axes


def axes_along(bone: Floats) -> Floats:
    """(3, 3) axes of a bone (3,), as columns: Y along it, Z forward, or up if the bone points forward."""
    y = bone / np.linalg.norm(bone)
    toward = _UP if abs(y @ _FORWARD) > np.sqrt(0.5) else _FORWARD
    z = toward - (toward @ y) * y
    z /= np.linalg.norm(z)
    return np.stack([np.cross(y, z), y, z], -1)


def _end(model: BodyModel, rest: RestBody, joint: int, direction: Floats) -> Floats:
    descendants = {joint}
    for child, parent in enumerate(model.parents):
        if parent in descendants:
            descendants.add(child)
    skin = np.isin(model.weights.argmax(1), list(descendants))
    reach = (rest.vertices[skin] - rest.joints[joint]) @ direction
    return direction * reach.max(initial=_SHORTEST_END)
