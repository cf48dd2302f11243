"""The poses of finger joints of a body, from rotations of fingers that are straight at rest. Numpy only.

`BodyMotion.fingers` counts from a flat hand with straight fingers. A body's hands at rest are not quite so, and its own
joints count from there.
"""

from __future__ import annotations

import numpy as np

from vidmotion.body.hand_at_rest import RestHand, rest_hand
from vidmotion.body.hand_pose import LENGTH, hand_at_rest
from vidmotion.body.model import BODY_JOINTS, BodyModel, RestBody
from vidmotion.geometry.rotations import axis_angle_to_matrix, matrix_to_axis_angle, shortest_rotation
from vidmotion.geometry.vectors import unit
from vidmotion.skeletons import FINGER_JOINTS, FINGER_LANDMARKS
from vidmotion.types import Floats


class FingerPoser:
    """Poses the fingers of a body in one shape."""

    def __init__(self, model: BodyModel, rest: RestBody) -> None:
        self.hands = rest_hand(model, rest, 0), rest_hand(model, rest, 1)
        self._changes = [_changes(hand, side) for side, hand in enumerate(self.hands)]

    def pose(self, fingers: Floats) -> Floats:
        """(T, 30, 3) radians, axis times angle, of each joint in the frame of its parent, from the body at rest.

        Each bone then points where that of a flat hand with these rotations would.

        Args:
            fingers: (T, 2, 15, 3) of `BodyMotion`.
        """
        turns = axis_angle_to_matrix(fingers.astype(np.float64))
        posed = [before @ turns[:, side] @ after for side, (before, after) in enumerate(self._changes)]
        return matrix_to_axis_angle(np.concatenate(posed, 1))


def bone_vectors(landmarks: Floats) -> Floats:
    """(15, 3) the bones that begin at the finger joints of a hand with landmarks (21, 3)."""
    starts = np.array(FINGER_LANDMARKS)
    return landmarks[starts + 1] - landmarks[starts]


def full_pose(model: BodyModel, pose: Floats, fingers: Floats) -> Floats:
    """(T, J, 3) the pose of all joints of a model with fingers; jaw and eyes stay at rest.

    Args:
        pose: (T, 24, 3) of `BodyMotion`.
        fingers: (T, 30, 3) of a `FingerPoser`.
    """
    between = np.zeros((len(pose), len(model.parents) - BODY_JOINTS - fingers.shape[1], 3))
    return np.concatenate([pose[:, :BODY_JOINTS], between, fingers], 1)


def _changes(hand: RestHand, side: int) -> tuple[Floats, Floats]:
    """(15, 3, 3) and (15, 3, 3): a rotation R of a joint of the flat hand is `first @ R @ second` of this hand's."""
    flat = unit(bone_vectors(hand_at_rest(side, LENGTH)))
    from_rest = shortest_rotation(unit(bone_vectors(hand.landmarks)) @ hand.rotation, flat) @ hand.rotation.T
    before = np.tile(hand.rotation, (len(FINGER_JOINTS), 1, 1))
    for joint in range(len(FINGER_JOINTS)):
        if joint % 3:
            before[joint] = from_rest[joint - 1].T
    return before, from_rest
