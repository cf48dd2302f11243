"""Limbs end where the posture wants them, measured by forward kinematics of the body."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from vidmotion.body.kinematics import forward_kinematics, local_rotations
from vidmotion.body.model import SMPL_JOINTS, SMPL_PARENTS, RestBody
from vidmotion.data.exercises.build import Build
from vidmotion.data.exercises.face_down import push_up
from vidmotion.data.exercises.generate import perform
from vidmotion.data.exercises.inverse_kinematics import two_bones
from vidmotion.data.exercises.legs import lunge
from vidmotion.data.exercises.posture import Posture, pair, vector
from vidmotion.data.exercises.stances import lowered, standing
from vidmotion.skeletons import H36M17
from vidmotion.types import Floats

Pose = Callable[..., Floats]
ANKLES = [H36M17.joints.index(f"{side}_ankle") for side in ("left", "right")]
WRISTS = [H36M17.joints.index(f"{side}_wrist") for side in ("left", "right")]
SHOULDERS = [H36M17.joints.index(f"{side}_shoulder") for side in ("left", "right")]
MILLIMETRE = 1e-3


def test_two_bones_of_three_and_four_span_five_with_a_right_angle() -> None:
    first, second, axis = two_bones(np.array([[5.0, 0, 0]]), np.array([[2.0, 1, 0]]), 3.0, 4.0)
    np.testing.assert_allclose(3 * first, [[1.8, 2.4, 0]], atol=1e-12)
    np.testing.assert_allclose(3 * first + 4 * second, [[5, 0, 0]], atol=1e-12)
    np.testing.assert_allclose(axis, [[0, 0, -1]], atol=1e-12)


def test_two_bones_point_to_what_is_too_far() -> None:
    first, second, _ = two_bones(np.array([[0.0, 9, 0]]), np.array([[1.0, 0, 0]]), 3.0, 4.0)
    assert np.arccos((first * second).sum()) < np.radians(3)
    np.testing.assert_allclose(first + second, [[0, 2, 0]], atol=0.06)


@pytest.mark.parametrize("seed", range(3))
def test_feet_and_planted_hands_are_where_they_were_wanted(build: Build, pose: Pose, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for exercise in (lunge(build, rng), push_up(build, rng)):
        for _, posture in exercise.keys:
            joints = pose(posture, exercise.planted)
            np.testing.assert_allclose(joints[ANKLES], posture.ankles, atol=MILLIMETRE)
            if exercise.planted:
                np.testing.assert_allclose(joints[WRISTS], posture.hands, atol=MILLIMETRE)


def test_planted_hands_lie_flat_with_the_fingers_forwards(body: RestBody, build: Build) -> None:
    exercise = push_up(build, np.random.default_rng(0))
    rotations, _ = perform(exercise, body, 10, np.random.default_rng(0))
    pose = np.zeros((10, 24, 3))
    pose[:, :22] = rotations
    world, _ = forward_kinematics(local_rotations(pose, 24), body.joints[:24], SMPL_PARENTS, np.zeros((10, 3)))
    for side, fingers in (("left", 1), ("right", -1)):  # of a T-pose, along X
        hand = world[:, SMPL_JOINTS.index(f"{side}_wrist")]
        np.testing.assert_allclose(fingers * hand[:, :, 0], [[0, 0, 1]] * 10, atol=1e-9)
        np.testing.assert_allclose(hand[:, :, 1], [[0, 1, 0]] * 10, atol=1e-9)


def test_hips_come_down_where_a_foot_is_too_far(build: Build, pose: Pose) -> None:
    posture = Posture(hips=vector(y=2.0), ankles=pair(0.3, build.ankle, 0.0))
    joints = pose(posture)
    np.testing.assert_allclose(joints[ANKLES], posture.ankles, atol=MILLIMETRE)
    # The law of Pythagoras for straight legs.
    assert joints[0, 1] == pytest.approx(build.ankle + np.sqrt(build.leg**2 - (0.3 - build.hip) ** 2), abs=MILLIMETRE)


def test_free_hands_keep_their_distance_on_the_way(build: Build, pose: Pose) -> None:
    up = standing(build, np.random.default_rng(0))
    halfway = replace(up, hands=pair(0.5, -0.5, 0.0), reach=np.array([0.99, 0.99]))
    joints = pose(halfway)
    far = np.linalg.norm(joints[WRISTS] - joints[SHOULDERS], axis=-1)
    np.testing.assert_allclose(far, 0.99 * build.arm * (1 - (1 - np.sqrt(0.5) / 0.99) ** 3), atol=MILLIMETRE)


def test_knees_bend_as_told_and_the_person_keeps_their_balance(build: Build, pose: Pose) -> None:
    """The center of mass by Winter, "Biomechanics and Motor Control of Human Movement", table 4.1."""
    up = standing(build, np.random.default_rng(0), toes=0.0, width=build.hip)
    for knee in np.radians([60.0, 90.0, 120.0]):
        joints = dict(zip(H36M17.joints, pose(lowered(up, build, knee, 0.3 * knee)), strict=True))
        thigh, shin = joints["left_knee"] - joints["left_hip"], joints["left_ankle"] - joints["left_knee"]
        cosine = (thigh @ shin) / np.linalg.norm(thigh) / np.linalg.norm(shin)
        assert np.degrees(np.arccos(cosine)) == pytest.approx(np.degrees(knee), abs=0.5)
        hip, shoulder = joints["left_hip"], joints["left_shoulder"]
        center = 0.678 * (hip + 0.626 * (shoulder - hip))
        center += 0.2 * (hip + 0.433 * thigh) + 0.093 * (joints["left_knee"] + 0.433 * shin)
        center += 0.029 * joints["left_ankle"]
        assert -0.3 * build.foot < center[2] < build.foot


def test_a_mirrored_posture_gives_mirrored_joints(build: Build, pose: Pose) -> None:
    exercise = lunge(build, np.random.default_rng(1))
    for _, posture in exercise.keys:
        mirrored = pose(posture.mirrored())[list(H36M17.mirror)]
        np.testing.assert_allclose(mirrored * [-1, 1, 1], pose(posture), atol=2 * MILLIMETRE)
