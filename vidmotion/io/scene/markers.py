"""The markers of a person under the names of common setups. Does not depend on files.

Source of the names: Halpe-26 (AlphaPose, arXiv 2211.03375) as Pose2Sim's OpenSim models and setup files write them.
"""

from __future__ import annotations

import numpy as np

from vidmotion.body.feet import ANKLES, LIFTED_ANKLES
from vidmotion.body.head_and_hands import seen_in_world
from vidmotion.body.joints import HEAD
from vidmotion.body.joints import offsets as head_offsets
from vidmotion.body.kinematics import forward_kinematics, local_rotations
from vidmotion.body.model import BodyModel, RestBody
from vidmotion.choices import Markers
from vidmotion.io.scene.requirements import require_body, require_motion
from vidmotion.skeletons import H36M17, HAND21, foot_points
from vidmotion.types import Bools, Floats, Person

HALPE26_JOINTS = {
    "Hip": "root", "RHip": "right_hip", "RKnee": "right_knee", "RAnkle": "right_ankle", "LHip": "left_hip",
    "LKnee": "left_knee", "LAnkle": "left_ankle", "Neck": "thorax", "Head": "head", "LShoulder": "left_shoulder",
    "LElbow": "left_elbow", "LWrist": "left_wrist", "RShoulder": "right_shoulder", "RElbow": "right_elbow",
    "RWrist": "right_wrist",
}  # fmt: skip
"""Marker: joint of ours at the same place. Halpe's neck is between the shoulders, our `neck` inside the head."""
_OUTWARD = {("left_hip", "right_hip"): 1.25, ("left_shoulder", "right_shoulder"): 1.18}
"""How far the markers of those models lie from the middle of both sides, where the joint centers lie at 1."""
_FEET = ("Heel", "BigToe", "SmallToe")
_NECK, _TOES = H36M17.joints.index("neck"), (10, 11)


def markers_of(person: Person, markers: Markers, model: BodyModel) -> tuple[tuple[str, ...], Floats]:
    """The names of M markers and their places (T, M, 3) in metres.

    Halpe's hips and shoulders lie a little outside of the joint centers. Its nose, heels and toes are points of the
    skin of the body, which moves with the joints: a person without a body lacks them, and a person whose 2D points
    have no heels and toes lacks those of the feet. Hands that are seen at some time have markers at their landmarks
    after the wrist, which are NaN while they are not seen.

    Raises:
        InputError: no motion, a body of another model, or a number that is not finite.
    """
    joints = require_motion(person).joints
    hand_names, hand_places = _hand_markers(person, joints, markers)
    if markers is Markers.h36m17:
        return (*H36M17.joints, *hand_names), np.concatenate([joints, hand_places], 1)
    chosen = _moved_outward(joints)[:, [H36M17.joints.index(joint) for joint in HALPE26_JOINTS.values()]]
    names, places = _skin_markers(person, joints, model)
    return (*HALPE26_JOINTS, *names, *hand_names), np.concatenate([chosen, places, hand_places], 1)


def _hand_markers(person: Person, joints: Floats, markers: Markers) -> tuple[list[str], Floats]:
    """The names of N markers and their places (T, N, 3) in metres, NaN while a hand is not seen."""
    names, places, hands = [], [joints[:, :0]], person.hands
    for index, side in enumerate(("left", "right") if hands is not None else ()):
        assert hands is not None
        seen = hands.score[:, index] > 0
        if not seen.any():
            continue
        wrist = joints[:, H36M17.joints.index(f"{side}_wrist")]
        points = hands.points[:, index].astype(np.float64)
        from_wrist = (points[:, 1:] - points[:, :1]).swapaxes(1, 2)
        camera = require_motion(person).camera
        turned = seen_in_world(from_wrist, wrist, camera).swapaxes(1, 2)
        places.append(np.where(seen[:, None, None], wrist[:, None] + turned, np.nan))
        own = [f"{side}_{name}" for name in HAND21.joints[1:]]
        names += own if markers is Markers.h36m17 else [_halpe_name(name) for name in own]
    return names, np.concatenate(places, 1)


def _halpe_name(name: str) -> str:
    """`left_index_tip` as `LIndexTip`."""
    side, *parts = name.split("_")
    return side[0].upper() + "".join(part.capitalize() for part in parts)


def _moved_outward(joints: Floats) -> Floats:
    """(T, 17, 3) joints with hips and shoulders at the places of Halpe's markers."""
    moved = joints.copy()
    for pair, factor in _OUTWARD.items():
        sides = [H36M17.joints.index(joint) for joint in pair]
        middle = joints[:, sides].mean(1, keepdims=True)
        moved[:, sides] = middle + factor * (joints[:, sides] - middle)
    return moved


def _skin_markers(person: Person, joints: Floats, model: BodyModel) -> tuple[list[str], Floats]:
    if person.body is None:
        return [], joints[:, :0]
    body = require_body(person, model)
    rest = model.shape(body.betas)
    local = local_rotations(body.pose, len(rest.joints))
    turns, _ = forward_kinematics(local, rest.joints, model.parents, body.translation)
    neck = rest.joints[HEAD] + head_offsets(rest.height)[_NECK]
    names, places = ["Nose"], [joints[:, _NECK] + turns[:, HEAD] @ (_nose(model, rest) - neck)]
    if foot_points(person.track.keypoints.skeleton) is not None:
        for side, ankle, toes, lifted in zip("LR", ANKLES, _TOES, LIFTED_ANKLES, strict=True):
            offsets = _foot(model, rest, ankle, toes) - rest.joints[ankle]
            names += [side + name for name in _FEET]
            places += [joints[:, lifted] + turns[:, ankle] @ offset for offset in offsets]
    return names, np.stack(places, 1)


def _nose(model: BodyModel, rest: RestBody) -> Floats:
    """(3,) metres, the foremost point of the head at rest."""
    head = rest.vertices[_skin(model, HEAD)]
    return head[head[:, 2].argmax()]


def _foot(model: BodyModel, rest: RestBody, ankle: int, toes: int) -> Floats:
    """(3, 3) metres at rest: the hindmost point of the heel, and the tips of the big and of the small toe."""
    skin = rest.vertices[_skin(model, ankle, toes)]
    across = np.abs(skin[:, 0])
    width = (across - across.min()) / np.ptp(across)  # 0 at the inner side, 1 at the outer one
    height = (skin[:, 1] - skin[:, 1].min()) / (rest.joints[ankle, 1] - skin[:, 1].min())
    parts = skin[height < 0.6], skin[width < 0.5], skin[width > 0.8]
    return np.stack([part[(forward * part[:, 2]).argmax()] for part, forward in zip(parts, (-1, 1, 1), strict=True)])


def _skin(model: BodyModel, *joints: int) -> Bools:
    """(V,) which vertices move with these joints most of all."""
    return np.isin(model.weights.argmax(1), joints)
