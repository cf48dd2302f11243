"""The finger bones of a body whose model has no finger joints. Does not depend on files.

They are laid into the hands of the body at rest, whose skin does not bend with them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vidmotion.body.hand_at_rest import WRISTS, RestHand, rest_hand
from vidmotion.body.hand_pose import LENGTH, hand_at_rest
from vidmotion.body.model import BodyModel, RestBody
from vidmotion.choices import BoneNames
from vidmotion.geometry.rotations import axis_angle_to_matrix, matrix_to_axis_angle, shortest_rotation
from vidmotion.geometry.vectors import unit
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


def finger_bones(
    model: BodyModel, rest: RestBody, body: BodyMotion, bones: BoneNames, count: int
) -> FingerBones | None:
    """The finger bones of a person; None if hands were not looked for.

    Args:
        count: number of joints before those of the fingers.
    """
    if body.fingers is None:
        return None
    hands = [rest_hand(model, rest, side) for side in range(2)]
    landmarks = [hand.landmarks + rest.joints[wrist] for hand, wrist in zip(hands, WRISTS, strict=True)]
    return FingerBones(
        tuple(_name(bones, side, joint) for side in range(2) for joint in range(len(FINGER_JOINTS))),
        tuple(
            count + side * len(FINGER_JOINTS) + joint - 1 if joint % 3 else WRISTS[side]
            for side in range(2)
            for joint in range(len(FINGER_JOINTS))
        ),
        np.concatenate([points[list(FINGER_LANDMARKS)] for points in landmarks]),
        np.stack([axes_along(bone) for points in landmarks for bone in _bones(points)]),
        {
            count + side * len(FINGER_JOINTS) + joint: _bones(points)[joint]
            for side, points in enumerate(landmarks)
            for joint in range(2, len(FINGER_JOINTS), 3)
        },
        np.concatenate([_pose(body.fingers[:, side].astype(np.float64), hands[side], side) for side in range(2)], 1),
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


def _pose(fingers: Floats, hand: RestHand, side: int) -> Floats:
    """(T, 15, 3) the pose of a hand's bones, from the axis-angles (T, 15, 3) of fingers that are straight at rest.

    Each bone then points where that of the flat hand would.
    """
    flat = unit(_bones(hand_at_rest(side, LENGTH)))
    from_rest = shortest_rotation(unit(_bones(hand.landmarks)) @ hand.rotation, flat) @ hand.rotation.T
    before = np.tile(hand.rotation, (len(FINGER_JOINTS), 1, 1))
    for joint in range(len(FINGER_JOINTS)):
        if joint % 3:
            before[joint] = from_rest[joint - 1].T
    return matrix_to_axis_angle(before @ axis_angle_to_matrix(fingers) @ from_rest)


def _bones(landmarks: Floats) -> Floats:
    """(15, 3) the bones that begin at the finger joints of a hand with landmarks (21, 3)."""
    starts = np.array(FINGER_LANDMARKS)
    return landmarks[starts + 1] - landmarks[starts]
