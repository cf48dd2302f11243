"""The rotation of a head, from points that were projected from known rotations."""

from dataclasses import replace

import numpy as np
import pytest

from vidmotion.geometry.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from vidmotion.skeletons import COCO17
from vidmotion.tracking.head import PLACES, POINTS, face_rotation, head_from
from vidmotion.types import Floats, Keypoints2D, Track

PIXELS = 400.0
"""A metre."""


def track(rotations: Floats, score: float = 1.0) -> Track:
    """A person whose head is rotated by (T, 3, 3), seen from far away."""
    count = len(rotations)
    xy, scores = np.zeros((count, 17, 2)), np.full((count, 17), score)
    for name, place in {"left_shoulder": (0.2, 0.2), "right_shoulder": (-0.2, 0.2), "left_hip": (0.1, 0.7),
                        "right_hip": (-0.1, 0.7)}.items():  # fmt: skip
        xy[:, COCO17.joints.index(name)] = place
    for name, place in zip(POINTS, PLACES, strict=True):
        xy[:, COCO17.joints.index(name)] = (rotations @ place)[:, :2]
    frames = np.arange(count)
    points = Keypoints2D(300 + PIXELS * xy, scores, "coco17")
    return Track(0, frames, frames / 30, np.tile([0.0, 0, 600, 600], (count, 1)), points, np.ones(count, bool))


def away(found: Floats, wanted: Floats) -> float:
    """Degrees between rotations, axis times angle and (3, 3)."""
    return float(np.degrees(np.linalg.norm(matrix_to_axis_angle(axis_angle_to_matrix(found).T @ wanted))))


@pytest.mark.parametrize("yaw", [0, 30, -60, 85, 120, 175])
@pytest.mark.parametrize("roll", [0, 20])
def test_nose_eyes_and_ears_tell_the_rotation(yaw: float, roll: float) -> None:
    wanted = axis_angle_to_matrix(np.radians([0, 0, roll])) @ axis_angle_to_matrix(np.radians([0, yaw, 0]))
    head = head_from(track(np.tile(wanted, (20, 1, 1))))
    assert away(head.rotation[10], wanted) < 3
    assert head.confidence[10] > 0.4


def test_a_face_counts_more_than_the_points() -> None:
    level, nod = np.tile(np.eye(3), (20, 1, 1)), np.tile(axis_angle_to_matrix(np.radians([20, 0, 0])), (20, 1, 1))
    head = head_from(track(level), (nod, np.ones(20)))
    assert away(head.rotation[10], nod[0]) < 0.1
    assert head.confidence[10] > 0.9


def test_a_single_wrong_face_is_an_outlier() -> None:
    rotations = np.tile(np.eye(3), (30, 1, 1))
    rotations[15] = axis_angle_to_matrix(np.radians([0, 90, 0]))
    head = head_from(track(np.tile(np.eye(3), (30, 1, 1))), (rotations, np.ones(30)))
    assert away(head.rotation[15], np.eye(3)) < 2


def test_without_points_of_the_face_nothing_is_claimed() -> None:
    head = head_from(track(np.tile(np.eye(3), (5, 1, 1)), score=0.0))
    assert not head.confidence.any()
    assert not head.rotation.any()


def test_one_frame_is_enough() -> None:
    assert len(head_from(track(np.eye(3)[None]))) == 1


def test_axes_of_a_face() -> None:
    points = np.zeros((468, 3))
    points[[234, 127, 33]], points[[454, 356, 263]] = [-1, 0, 0], [1, 0, 0]
    points[10], points[152] = [0, -1, 0], [0, 1, 0]
    turned = axis_angle_to_matrix(np.array([0.2, -0.5, 0.1]))
    np.testing.assert_allclose(face_rotation(points @ turned.T), turned, atol=1e-9)


def test_points_do_not_outnumber_faces_in_fast_videos() -> None:
    """Faces are read 15 times a second; the points of the body's detector look level all the time."""
    nod, found = axis_angle_to_matrix(np.radians([20, 0, 0])), {}
    for rate in (30, 60, 240):
        person = track(np.tile(np.eye(3), (2 * rate, 1, 1)))
        person = replace(person, times=np.arange(2 * rate) / rate)
        presence = np.zeros(2 * rate)
        presence[:: rate // 15] = 1
        head = head_from(person, (np.where(presence[:, None, None] > 0, nod, np.eye(3)), presence))
        found[rate] = away(head.rotation[rate], nod)
    assert found[60] == pytest.approx(found[30], abs=0.5)
    assert found[240] == pytest.approx(found[30], abs=0.5)
