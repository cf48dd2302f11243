"""A motion that cannot be right is pointed out, and one that can be is not."""

import numpy as np
import pytest

from vidmotion.lifting.doubts import doubts
from vidmotion.types import Camera, Keypoints2D, Motion, Track

FRAMES = 90


def _person(joints: np.ndarray, confidence: float = 0.9) -> tuple[Motion, Track]:
    count = len(joints)
    frames = np.arange(count)
    points = Keypoints2D(np.zeros((count, 17, 2), np.float32), np.ones((count, 17), np.float32), "coco17")
    track = Track(0, frames, frames / 30, np.zeros((count, 4), np.float32), points, np.ones(count, bool))
    scores = np.full((count, 17), confidence, np.float32)
    return Motion(joints.astype(np.float32), scores, "h36m17", Camera.at_origin(900.0, (640, 480)), 1.7), track


def _running(speed: float) -> np.ndarray:
    """(T, 17, 3) above the floor, along X."""
    joints = np.tile(np.linspace(0.05, 1.7, 17)[:, None] * [0.0, 1.0, 0.0], (FRAMES, 1, 1))
    joints[..., 0] += speed * np.arange(FRAMES)[:, None] / 30
    return joints


@pytest.mark.parametrize("frames", [1, FRAMES])
def test_a_runner_is_not_doubted(frames: int) -> None:
    assert doubts(*_person(_running(9.0)[:frames])) == []


def test_nobody_runs_that_fast() -> None:
    (line,) = doubts(*_person(_running(25.0)))
    assert "25 m/s" in line


def test_sinking_is_told_with_depth_and_frames() -> None:
    joints = _running(1.0)
    joints[-20:, :, 1] -= 2.05
    (line,) = doubts(*_person(joints))
    assert line == "up to 2.0 m below the floor, in 20 frames"


def test_low_confidence_is_told() -> None:
    (line,) = doubts(*_person(_running(1.0), 0.31))
    assert "0.31" in line
