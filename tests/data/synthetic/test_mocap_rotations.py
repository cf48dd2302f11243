"""Poses at whole and fractional frames of a clip."""

from pathlib import Path

import numpy as np
import pytest

from tests.tiny_mocap import write, write_with_rotations
from vidmotion.data.mocap import ROTATION_STEP
from vidmotion.data.synthetic.mocap_rotations import MocapRotations, fold_back, read_mocap_rotations
from vidmotion.errors import InputError
from vidmotion.geometry.rotations import axis_angle_to_matrix, matrix_to_axis_angle


def test_whole_frames_are_what_is_stored(capture: MocapRotations) -> None:
    rotations, roots = capture.sample("b", np.array([0.0, 7.0, 299.0]))
    rows = np.array([40, 47, 339])
    np.testing.assert_allclose(
        matrix_to_axis_angle(rotations[:, :22]), capture.rotations[rows] * ROTATION_STEP, atol=1e-9
    )
    np.testing.assert_allclose(roots, capture.roots[rows], atol=1e-12)
    np.testing.assert_array_equal(rotations[:, 22:], np.broadcast_to(np.eye(3), (3, 2, 3, 3)))


def test_between_frames_joints_rotate_at_constant_speed(capture: MocapRotations) -> None:
    (before, between, after), _ = capture.sample("b", np.array([10.0, 10.25, 11.0]))
    rotation = matrix_to_axis_angle(before.swapaxes(-1, -2) @ after)
    np.testing.assert_allclose(between, before @ axis_angle_to_matrix(0.25 * rotation), atol=1e-9)


def test_a_clip_runs_backwards_from_its_ends() -> None:
    positions = fold_back(np.arange(0.0, 60.0), 40)
    assert 0 <= positions.min() <= positions.max() <= 39
    np.testing.assert_allclose(positions[:25], np.arange(25.0), atol=1e-6)
    assert (np.diff(positions[48:]) < 0).all()
    assert np.abs(np.diff(positions)).max() < 1 + 1e-6


def test_classes_and_legs_are_read(capture: MocapRotations) -> None:
    assert {clip.name: clip.group for clip in capture.clips.values()} == {"a": "walk", "b": "dance"}
    assert capture.clips["a"].leg == pytest.approx(0.8, abs=0.15)


def test_what_has_no_rotations_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no rotations \(\*_rot.npy\)"):
        read_mocap_rotations(write(tmp_path / "sticks"), "train")
    folder = write_with_rotations(tmp_path / "short")
    np.save(folder / "tiny_rot.npy", np.zeros((370, 21, 3), np.int16))
    with pytest.raises(InputError, match=r"wanted rotations of shape \(370, 22, 3\), received \(370, 21, 3\)"):
        read_mocap_rotations(folder, "train")


def test_unknown_clips_are_named(capture: MocapRotations) -> None:
    with pytest.raises(InputError, match="no clip 'c'"):
        capture.sample("c", np.zeros(1))
