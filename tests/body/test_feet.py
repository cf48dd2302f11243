"""Feet that are seen point as they are seen."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vidmotion.body.feet import LIFTED_ANKLES
from vidmotion.body.foot_points import LENGTH, PITCH, rotate_feet_to_keypoints
from vidmotion.skeletons import BLAZEPOSE33, foot_points
from vidmotion.types import Camera, Keypoints2D

STATURE, RATE, FRAMES = 1.7, 30.0, 30
CAMERA = Camera(1000.0, (640.0, 360.0), np.diag([1.0, -1.0, -1.0]), np.array([0.0, 1.0, 4.0]))


def seen(heading: float, pitch: float, score: float = 1.0) -> tuple[np.ndarray, np.ndarray, Keypoints2D]:
    """Flat feet, joints, and the points of feet that are turned by degrees about up, and raised at the heel."""
    flat = Rotation.from_euler("y", heading, degrees=True).as_matrix()
    true = flat @ Rotation.from_euler("x", pitch, degrees=True).as_matrix()
    joints = np.zeros((FRAMES, 17, 3))
    joints[:, LIFTED_ANKLES] = [[0.1, 0.07, 0.0], [-0.1, 0.07, 0.0]]
    heel = joints[:, LIFTED_ANKLES] - [0.0, 0.05, 0.0]
    toe = heel + LENGTH * STATURE * true @ [0.0, -np.sin(PITCH), np.cos(PITCH)]
    xy, scores = np.zeros((FRAMES, 33, 2)), np.zeros((FRAMES, 33))
    points = foot_points("blazepose33")
    assert points
    for places, numbers in zip((heel, toe), points, strict=True):
        xy[:, numbers], scores[:, numbers] = CAMERA.project(places), score
    return np.tile(flat, (FRAMES, 2, 1, 1)), joints, Keypoints2D(xy, scores, BLAZEPOSE33.name)


def angle(feet: np.ndarray, heading: float, pitch: float) -> float:
    """Degrees between where feet point and the truth."""
    wanted = Rotation.from_euler("YX", [heading, pitch], degrees=True).apply([0.0, 0.0, 1.0])
    return float(np.degrees(np.arccos(np.clip(feet[..., 2] @ wanted, -1, 1))).max())


@pytest.mark.parametrize("heading", [90.0, -70.0, 110.0])
@pytest.mark.parametrize("pitch", [40.0, -20.0])
def test_raised_heels_and_toes_are_seen_from_the_side(heading: float, pitch: float) -> None:
    flat, joints, points = seen(heading, pitch)
    feet = rotate_feet_to_keypoints(flat, joints, points, CAMERA, STATURE, RATE)
    assert angle(feet, heading, pitch) < 0.45 * abs(pitch)
    assert angle(flat, heading, pitch) == pytest.approx(abs(pitch), abs=1e-3)
    np.testing.assert_allclose(np.linalg.det(feet), 1)


@pytest.mark.parametrize("heading", [0.0, 45.0, 160.0])
def test_flat_feet_stay_flat(heading: float) -> None:
    flat, joints, points = seen(heading, 0.0)
    assert angle(rotate_feet_to_keypoints(flat, joints, points, CAMERA, STATURE, RATE), heading, 0.0) < 4


def test_what_is_not_seen_changes_nothing() -> None:
    flat, joints, points = seen(90.0, 40.0, score=0.0)
    np.testing.assert_allclose(rotate_feet_to_keypoints(flat, joints, points, CAMERA, STATURE, RATE), flat, atol=1e-9)
    bare = Keypoints2D(np.zeros((FRAMES, 17, 2)), np.ones((FRAMES, 17)), "h36m17")
    np.testing.assert_array_equal(rotate_feet_to_keypoints(flat, joints, bare, CAMERA, STATURE, RATE), flat)
