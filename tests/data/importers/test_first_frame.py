"""A first frame that programs add for retargeting is no part of the motion."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.data.importers.rigs import bvh
from vidmotion.data.mocap import read_mocap

Run = Callable[..., tuple[int, str]]
ARMS_DOWN = {"left_shoulder": [-75.0, 0, 0], "right_shoulder": [75.0, 0, 0], "left_knee": [0, 0, 20.0]}


def imported(data: Run, path: Path) -> tuple[np.ndarray, bool]:
    """The joints, and whether a first frame was left out."""
    code, message = data("import", "bvh", path, "-o", path.parent / "out", "-y")
    assert code == 0, message
    joints = read_mocap(path.parent / "out", "train").clip(0).numpy()
    return joints, "its first frame is a T-pose or rest pose from which the motion jumps; it is left out" in message


def poses(shares: np.ndarray) -> dict[str, np.ndarray]:
    """Angles from a T-pose (0) to hanging arms (1)."""
    return {joint: shares[:, None] * np.array(angles) for joint, angles in ARMS_DOWN.items()}


def test_a_pose_from_which_the_motion_jumps_is_left_out(data: Run, tmp_path: Path) -> None:
    shares = np.array([0, 1.0, 0.99, 0.98, 0.97, 0.96])
    path = np.tile([0, 90.0, 0], (6, 1))
    (tmp_path / "a.bvh").write_text(bvh(6, 30, poses(shares), path))
    (tmp_path / "b.bvh").write_text(bvh(5, 30, poses(shares[1:]), path[1:]))
    joints, left_out = imported(data, tmp_path / "a.bvh")
    whole, untouched = imported(data, tmp_path / "b.bvh")
    assert (left_out, untouched) == (True, False)
    np.testing.assert_allclose(joints, whole, atol=2e-4)


@pytest.mark.parametrize(
    "shares",
    [
        np.linspace(0, 1, 12),  # who really stands so lowers the arms
        np.array([0.6, 1, 0.99, 0.98, 0.97]),  # a jump from another pose is part of the motion
        np.array([0, 1.0]),  # one step alone tells nothing
        np.array([0, 1.0, 0, 1.0, 0]),  # neither does one of many
    ],
)
def test_other_first_frames_stay(shares: np.ndarray, data: Run, tmp_path: Path) -> None:
    (tmp_path / "a.bvh").write_text(bvh(len(shares), 30, poses(shares), np.tile([0, 90.0, 0], (len(shares), 1))))
    joints, left_out = imported(data, tmp_path / "a.bvh")
    assert (len(joints), left_out) == (len(shares), False)
