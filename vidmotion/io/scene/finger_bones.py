"""The finger bones of a body in animation programs. Does not depend on files.

A body whose model has no finger joints has them too: they are laid into its hands at rest, and its skin does not bend.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vidmotion.body.finger_pose import FingerPoser, bone_vectors
from vidmotion.body.model import WRISTS, BodyModel, RestBody, finger_parents
from vidmotion.choices import BoneNames
from vidmotion.io.scene.armature import axes_along
from vidmotion.skeletons import FINGER_JOINTS, FINGER_LANDMARKS, FINGERS
from vidmotion.types import BodyMotion, Floats

_HUMANIK = "{Side}Hand{Finger}{number}"
_PATTERNS = {
    BoneNames.humanik: _HUMANIK,
    BoneNames.mixamo: f"mixamorig:{_HUMANIK}",
    BoneNames.rigify: "{rigify}.0{number}.{S}",
    BoneNames.unity: "{Side}{Unity}{phalanx}",
    BoneNames.unreal: "{finger}_0{number}_{s}",
    BoneNames.smpl: "{side}_{finger}{number}",
}
_PHALANGES = ("Proximal", "Intermediate", "Distal")


@dataclass(frozen=True, eq=False)
class FingerBones:
    """The 30 finger bones of a person: those of `FINGER_JOINTS` of the left hand, then of the right one."""

    names: tuple[str, ...]
    parents: tuple[int, ...]
    """Numbers of the parents among all joints, which those of the fingers follow."""
    places: Floats
    """(30, 3) metres, at rest."""
    axes: Floats
    """(30, 3, 3) axes at rest, as columns: Y along the bone."""
    ends: dict[int, Floats]
    """(3,) metres from each last joint, by its number among all joints, to the tip of its finger."""
    pose: Floats
    """(T, 30, 3) radians, axis times angle, of each joint in its parent's frame."""


def finger_bones(model: BodyModel, rest: RestBody, body: BodyMotion, bones: BoneNames, count: int) -> FingerBones:
    """The finger bones of a person; they stay at rest if hands were not looked for.

    Args:
        count: number of joints before those of the fingers.
    """
    poser = FingerPoser(model, rest)
    landmarks = [hand.landmarks + rest.joints[wrist] for hand, wrist in zip(poser.hands, WRISTS, strict=True)]
    own = [bone_vectors(points) for points in landmarks]
    return FingerBones(
        tuple(_name(bones, side, joint) for side in range(2) for joint in range(len(FINGER_JOINTS))),
        finger_parents(count),
        np.concatenate([points[list(FINGER_LANDMARKS)] for points in landmarks]),
        np.stack([axes_along(bone) for hand in own for bone in hand]),
        {
            count + side * len(FINGER_JOINTS) + joint: hand[joint]
            for side, hand in enumerate(own)
            for joint in range(2, len(FINGER_JOINTS), 3)
        },
        np.zeros((len(body), 30, 3)) if body.fingers is None else poser.pose(body.fingers),
    )


def _name(bones: BoneNames, side: int, joint: int) -> str:
    finger, name, number = FINGERS[joint // 3], ("left", "right")[side], joint % 3
    return _PATTERNS[bones].format(
        side=name,
        Side=name.capitalize(),
        s=name[0],
        S=name[0].upper(),
        finger=finger,
        Finger=finger.capitalize(),
        Unity="Little" if finger == "pinky" else finger.capitalize(),
        rigify=finger if finger == "thumb" else f"f_{finger}",
        number=number + 1,
        phalanx=_PHALANGES[number],
    )
