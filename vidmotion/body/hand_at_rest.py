"""The hands of a body model at rest: where the palms and the fingers point. Numpy only.

They are neither quite flat nor straight. Models with SMPL's 24 joints have no finger joints: theirs are found in the
skin, whose fingertips are further from the wrist than all around.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vidmotion.body.hand_pose import LENGTH, hand_at_rest, palm_rotation
from vidmotion.body.model import FINGER_COUNT, WRISTS, BodyModel, RestBody
from vidmotion.geometry.vectors import unit
from vidmotion.skeletons import FINGER_LANDMARKS, HAND21
from vidmotion.types import Floats

_FROM_FRONT = ("thumb", "index", "middle", "ring", "pinky")
"""The fingers of a hand in a T-pose, in the order in which their tips lie from front to back."""
_TIPS = [HAND21.joints.index(f"{finger}_tip") for finger in _FROM_FRONT]
_SHORTEST_TIP = 0.01
"""Metres."""
_MIDDLE = _FROM_FRONT.index("middle")


@dataclass(frozen=True, eq=False)
class RestHand:
    """One hand of a body at rest."""

    landmarks: Floats
    """(21, 3) metres from the wrist, of `vidmotion.skeletons.HAND21`; a finger is straight from the knuckle
    to the tip if it was found in the skin."""
    rotation: Floats
    """(3, 3) from the flat hand of `vidmotion.body.hand_pose` to this hand."""


def rest_hand(model: BodyModel, rest: RestBody, side: int) -> RestHand:
    """The hand of a body at rest.

    Args:
        side: 0 is the left hand, 1 the right one.
    """
    first = model.first_finger
    if first is None:
        return _from_skin(model, rest, side)
    return _from_joints(model, rest, first + side * FINGER_COUNT, side)


def _from_joints(model: BodyModel, rest: RestBody, first: int, side: int) -> RestHand:
    """The hand whose finger joints begin with the number `first`."""
    landmarks = np.zeros((len(HAND21), 3))
    landmarks[list(FINGER_LANDMARKS)] = rest.joints[first : first + FINGER_COUNT] - rest.joints[WRISTS[side]]
    moved_by = model.weights.argmax(1)
    for joint, landmark in enumerate(FINGER_LANDMARKS):
        if joint % 3 == 2:
            last = rest.joints[first + joint]
            bone = unit(last - rest.joints[first + joint - 1])
            reach = ((rest.vertices[moved_by == first + joint] - last) @ bone).max(initial=_SHORTEST_TIP)
            landmarks[landmark + 1] = landmarks[landmark] + reach * bone
    return RestHand(landmarks, palm_rotation(landmarks[None], side)[0])


def _from_skin(model: BodyModel, rest: RestBody, side: int) -> RestHand:
    """The hand found in the skin; a flat one of usual size if there are no five fingertips."""
    tips = _fingertips(model, rest, WRISTS[side])
    if len(tips) != len(_FROM_FRONT):
        return RestHand(hand_at_rest(side, LENGTH), np.eye(3))
    flat = hand_at_rest(side, float(np.linalg.norm(tips[_MIDDLE])))
    rotation = _axes(tips) @ _axes(flat[_TIPS]).T
    landmarks = flat @ rotation.T
    for tip, place in zip(_TIPS, tips, strict=True):
        joints = landmarks[tip - 3 : tip + 1]
        reach = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(joints, axis=0), axis=-1))])
        landmarks[tip - 3 : tip + 1] = joints[0] + reach[:, None] / reach[-1] * (place - joints[0])
    return RestHand(landmarks, rotation)


def _axes(tips: Floats) -> Floats:
    """(3, 3) axes of a hand with fingertips (5, 3): along the fingers, through the palm, and across it."""
    along = unit(tips[1:4].mean(0))
    across = tips[1] - tips[4]
    z = unit(across - (across @ along) * along)
    return np.stack([along, np.cross(z, along), z], -1)


def _fingertips(model: BodyModel, rest: RestBody, wrist: int) -> Floats:
    """(N, 3) metres from the wrist, from front to back."""
    hand = {wrist}
    for child, parent in enumerate(model.parents):
        if parent in hand:
            hand.add(child)
    skin = np.isin(model.weights.argmax(1), list(hand))
    edges = np.concatenate([model.faces[:, pair] for pair in ([0, 1], [1, 2], [2, 0], [1, 0], [2, 1], [0, 2])])
    edges = edges[skin[edges].all(1)]
    from_wrist = rest.vertices - rest.joints[wrist]
    distance = np.linalg.norm(from_wrist, axis=-1)
    around = np.full(len(distance), np.inf)
    around[np.unique(edges)] = 0
    np.maximum.at(around, edges[:, 0], distance[edges[:, 1]])
    tips = from_wrist[distance > around]
    return tips[np.argsort(-tips[:, 2])]
