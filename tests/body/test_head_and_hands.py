"""Heads and hands of a body, turned as they are seen: against rotations that are known."""

import numpy as np

from vidmotion.body.hand_at_rest import rest_hand
from vidmotion.body.hand_pose import hand_at_rest, relaxed_fingers
from vidmotion.body.head_and_hands import with_head_and_hands
from vidmotion.body.inverse_kinematics import PARENTS
from vidmotion.body.kinematics import forward_kinematics
from vidmotion.body.load import free_body, with_finger_joints
from vidmotion.geometry.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from vidmotion.types import BodyMotion, Camera, Floats, Hands, Head, Keypoints2D, Motion, Track

COUNT = 40
FACING = np.diag([1.0, -1.0, -1.0])
"""From the world to a camera that looks along -Z at a body that faces it, Y up."""


def seen(head: Floats | None = None, points: Floats | None = None) -> tuple[BodyMotion, BodyMotion]:
    """A body in T-pose, before and after: a head has a rotation (3,) in the picture, left hands landmarks (21, 3)."""
    model = free_body()
    body = BodyMotion(model.name, np.zeros((COUNT, 24, 3)), np.zeros(10), np.zeros((COUNT, 3)), np.zeros(COUNT))
    # Far away, so that all lines of sight are parallel.
    camera = Camera(1e6, (0.0, 0.0), FACING, np.array([0.0, 0.0, 1e4]))
    motion = Motion(np.zeros((COUNT, 17, 3)), np.ones((COUNT, 17)), "h36m17", camera, 1.7)
    frames, points2d = np.arange(COUNT), Keypoints2D(np.zeros((COUNT, 17, 2)), np.ones((COUNT, 17)), "coco17")
    track = Track(0, frames, frames / 30, np.zeros((COUNT, 4)), points2d, np.ones(COUNT, bool))
    hands = None
    if points is not None:
        every = np.zeros((COUNT, 2, 21, 3))
        every[:, 0] = points
        hands = Hands(np.zeros((COUNT, 2, 21, 2)), every, np.tile([1.0, 0.0], (COUNT, 1)))
    turned = None if head is None else Head(np.tile(head, (COUNT, 1)), np.ones(COUNT))
    return body, with_head_and_hands(model, body, motion, track, hands, turned)


def world(body: BodyMotion, joint: int) -> Floats:
    rest = free_body().shape(body.betas).joints[:22]
    rotations, _ = forward_kinematics(axis_angle_to_matrix(body.pose[:1, :22]), rest, PARENTS, np.zeros((1, 3)))
    return rotations[0, joint]


def test_a_head_that_turns_in_the_picture_turns_in_the_body() -> None:
    # To the person's left, which is the right of the picture; neck and head share the turn.
    _, after = seen(head=np.radians([0, -40, 0]))
    found = np.degrees(matrix_to_axis_angle(world(after, 15)))
    np.testing.assert_allclose(found, [0, 40, 0], atol=1.0)
    assert 10 < np.degrees(after.pose[0, 12, 1]) < 30


def test_a_nod_of_the_head_bends_it_forward() -> None:
    _, after = seen(head=np.radians([20, 0, 0]))
    assert np.degrees(matrix_to_axis_angle(world(after, 15)))[0] > 10


def test_the_palm_turns_forearm_and_wrist_and_the_other_hand_stays() -> None:
    turned = axis_angle_to_matrix(np.radians([60, 0, 0]))  # about the forearm
    before, after = seen(points=hand_at_rest(0, 0.19) @ turned.T @ FACING.T)
    model = with_finger_joints(free_body())
    palm_at_rest = rest_hand(model, model.shape(np.zeros(10)), 0).rotation  # it is not flat
    np.testing.assert_allclose(world(after, 20) @ palm_at_rest, turned, atol=0.02)
    np.testing.assert_allclose(after.pose[0, [19, 21]], before.pose[0, [19, 21]], atol=1e-9)


def test_fingers_are_straight_where_seen_so_and_relaxed_where_not_seen() -> None:
    _, after = seen(points=hand_at_rest(0, 0.19) @ FACING.T)
    assert after.fingers is not None
    np.testing.assert_allclose(after.fingers[:, 0], 0, atol=1e-5)
    np.testing.assert_allclose(after.fingers[5, 1], relaxed_fingers(1), atol=1e-6)


def test_a_hand_turned_further_than_a_wrist_can_is_not_believed() -> None:
    backwards = axis_angle_to_matrix(np.radians([0, 170, 0]))
    before, after = seen(points=hand_at_rest(0, 0.19) @ backwards.T @ FACING.T)
    np.testing.assert_allclose(after.pose[0, 20], before.pose[0, 20], atol=1e-6)
