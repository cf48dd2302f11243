"""Finger rotations, against hands that were posed with known angles."""

import numpy as np
import pytest

from vidmotion.body.hand_pose import HAND_AT_REST, LENGTH, finger_rotations, hand_at_rest, palm_rotation
from vidmotion.geometry.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from vidmotion.skeletons import FINGER_JOINTS, FINGER_LANDMARKS, HAND21


def posed(angles: np.ndarray, side: int) -> np.ndarray:
    """(21, 3) landmarks of a hand whose finger joints have axis-angles (15, 3), by plain forward kinematics."""
    rest = hand_at_rest(side, LENGTH)
    turn = {landmark: axis_angle_to_matrix(angles[joint]) for joint, landmark in enumerate(FINGER_LANDMARKS)}
    world, places = [np.eye(3)] * 21, rest.copy()
    for landmark, parent in enumerate(HAND21.parents):
        if parent >= 0:
            places[landmark] = places[parent] + world[parent] @ (rest[landmark] - rest[parent])
            world[landmark] = world[parent] @ turn.get(landmark, np.eye(3))
    return places


def bend(joint: str, degrees: float, side: int) -> np.ndarray:
    angles = np.zeros((15, 3))
    angles[FINGER_JOINTS.index(joint), 2] = np.radians(-degrees if side == 0 else degrees)
    return angles


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("joint", ["index1", "middle2", "ring3", "pinky1"])
def test_a_bent_joint_is_found_and_no_other(joint: str, side: int) -> None:
    wanted = bend(joint, 40, side)
    np.testing.assert_allclose(finger_rotations(posed(wanted, side)[None], side)[0], wanted, atol=1e-6)


@pytest.mark.parametrize("side", [0, 1])
def test_the_palm_may_point_anywhere(side: int) -> None:
    turned = axis_angle_to_matrix(np.array([0.4, -1.1, 0.7]))
    wanted = bend("index2", 60, side) + bend("pinky3", 20, side)
    points = posed(wanted, side) @ turned.T + [0.1, 2.0, 3.0]
    np.testing.assert_allclose(finger_rotations(points[None], side)[0], wanted, atol=1e-6)
    np.testing.assert_allclose(
        palm_rotation(posed(np.zeros((15, 3)), side)[None] @ turned.T, side)[0], turned, atol=1e-6
    )


def test_fingers_do_not_bend_further_than_joints_do() -> None:
    found = finger_rotations(posed(bend("index2", 170, 0) + bend("middle1", -80, 0), 0)[None], 0)[0]
    assert np.degrees(found[FINGER_JOINTS.index("index2"), 2]) == pytest.approx(-115)
    assert np.degrees(found[FINGER_JOINTS.index("middle1"), 2]) == pytest.approx(30)


def test_the_thumb_takes_the_directions_of_its_bones() -> None:
    angles = np.zeros((15, 3))
    angles[12:] = [[0.3, 0.2, -0.1], [0.0, 0.3, 0.1], [0.1, 0.4, 0.0]]
    points = posed(angles, 0)
    again = posed(finger_rotations(points[None], 0)[0], 0)
    np.testing.assert_allclose(again, points, atol=1e-6)


def test_any_points_give_finite_rotations() -> None:
    for points in (np.zeros((1, 21, 3)), HAND_AT_REST[None] * 0 + [0, 0, 1]):
        assert np.isfinite(finger_rotations(points, 0)).all()
    assert matrix_to_axis_angle(np.eye(3)).tolist() == [0, 0, 0]
