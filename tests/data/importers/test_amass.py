"""Bodies from AMASS files have the stored pose and stand upright."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vidmotion.body.joints import HEAD, to_h36m
from vidmotion.body.kinematics import forward_kinematics, local_rotations
from vidmotion.body.load import free_body
from vidmotion.data.mocap import ROTATION_STEP, read_mocap
from vidmotion.data.synthetic.mocap_rotations import read_mocap_rotations

Run = Callable[..., tuple[int, str]]
UPRIGHT = Rotation.from_euler("X", 90, degrees=True)
"""From SMPL's Y up to AMASS' Z up."""


def save(path: Path, poses: np.ndarray | None, rate: float = 30.0, **changes: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = 4 if poses is None else len(poses)
    arrays = {
        "poses": poses, "trans": np.zeros((frames, 3)), "betas": np.zeros(16), "gender": np.array("female"),
        "mocap_framerate": np.array(rate),
    } | changes  # fmt: skip
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path


def standing(frames: int) -> np.ndarray:
    """(T, 156) radians: a T-pose with Z up."""
    poses = np.zeros((frames, 156))
    poses[:, :3] = UPRIGHT.as_rotvec()
    return poses


def test_a_t_pose_stands_on_the_floor_and_follows_its_path(data: Run, tmp_path: Path) -> None:
    path = np.stack([np.zeros(41), -np.arange(41) * 0.01, np.full(41, 1.2)], 1)  # AMASS' -Y is our +Z
    save(tmp_path / "in" / "anna" / "walk.npz", standing(41), 120.0, trans=path)
    save(tmp_path / "in" / "anna" / "shape.npz", None)
    code, message = data("import", "amass", tmp_path / "in", "-o", tmp_path / "out", "--val", "anna")
    assert code == 0, message
    mocap = read_mocap(tmp_path / "out", "val")
    joints = mocap.clip(0).numpy()
    assert [(clip.name, clip.frames) for clip in mocap.clips] == [("anna/walk", 11)]
    assert joints[0, 3, 1] == pytest.approx(0.043 * 1.7, abs=0.01)
    assert joints[0, 10, 1] > 1.5
    assert joints[0, 11, 0] > 0.1  # the left is +X
    np.testing.assert_allclose(joints[:, 0, 2] - joints[0, 0, 2], np.arange(11) * 0.04, atol=1e-5)


def test_the_user_s_body_model_gets_the_betas(data: Run, tmp_path: Path) -> None:
    model = free_body()
    body = tmp_path / "own.npz"  # under another name it is not the free body
    np.savez(
        body, v_template=model.template, shapedirs=model.shape_directions, J_regressor=model.regressor,
        weights=model.weights, kintree_table=np.array([model.parents, range(24)]), f=model.faces,
    )  # fmt: skip
    rng = np.random.default_rng(0)
    betas, poses, path = rng.normal(0, 1, 16), rng.normal(0, 0.4, (6, 156)), rng.normal(0, 1, (6, 3))
    poses[:, 66:] = 0
    save(tmp_path / "a.npz", poses, trans=path, betas=betas, mocap_framerate=None, mocap_frame_rate=np.array(30))
    code, message = data("import", "amass", tmp_path / "a.npz", "-o", tmp_path / "out", "--body-model", body)
    assert code == 0, message
    rest = model.shape(betas[:10])
    pose = np.zeros((6, 24, 3))
    pose[:, :22] = poses[:, :66].reshape(6, 22, 3)
    world, places = forward_kinematics(local_rotations(pose, 24), rest.joints, model.parents, path)
    wanted = UPRIGHT.inv().apply(to_h36m(places, world[:, HEAD], rest.height).reshape(-1, 3)).reshape(6, 17, 3)
    joints = read_mocap(tmp_path / "out", "train").joints.numpy()
    floor = (wanted - joints)[0, 0, 1]
    np.testing.assert_allclose(joints + np.array([0, floor, 0]), wanted, atol=2e-4)
    assert f"its floor is at {floor:.2f} m and is moved to 0" in message
    turns = read_mocap_rotations(tmp_path / "out", "train").rotations * ROTATION_STEP
    root = UPRIGHT.inv() * Rotation.from_rotvec(poses[:, :3])
    assert (root.inv() * Rotation.from_rotvec(turns[:, 0])).magnitude().max() < 3e-4
    np.testing.assert_allclose(turns[:, 5], poses[:, 15:18], atol=1e-4)


def test_what_is_missing_is_named(data: Run, tmp_path: Path) -> None:
    for name, changes, words in (
        ("a", {"trans": None}, "a.npz: lacks trans; wanted a motion of AMASS"),
        ("b", {"mocap_framerate": None}, "b.npz: lacks mocap_framerate or mocap_frame_rate"),
        ("c", {"trans": np.zeros((3, 3))}, "c.npz: wanted poses (N, 66 or more) and trans (N, 3)"),
        ("d", {"mocap_framerate": np.array(0)}, "d.npz: has a frame rate of 0 frames/s, wanted 0.1 to 10000"),
        ("g", {"mocap_framerate": np.array(b"60")}, "g.npz: its mocap_framerate is not one number; pass --fps"),
        ("h", {"mocap_framerate": np.array([60, 60])}, "h.npz: its mocap_framerate is not one number; pass --fps"),
        ("i", {"mocap_framerate": np.array(np.inf)}, "i.npz: has a frame rate of inf frames/s"),
        ("j", {"mocap_framerate": np.array(0.1)}, "j.npz: has 1,000,200 frames, and at most 1,000,000 are read"),
        ("k", {"betas": np.array(["a"] * 16)}, "k.npz: its betas holds no numbers"),
        ("e", {"trans": np.full((4, 3), np.nan)}, "not finite"),
        ("f", {"betas": np.array([object()])}, "f.npz: is not an .npz file of arrays"),
    ):
        path = save(tmp_path / f"{name}.npz", standing(3334 if name == "j" else 4), **changes)
        code, message = data("import", "amass", path, "-o", tmp_path / "out")
        assert (code, words in message) == (1, True), message
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("rate", [60, 60.0, [60], [[60.0]]])
def test_the_rate_is_a_number_in_an_array_of_any_shape(rate: Any, data: Run, tmp_path: Path) -> None:
    save(tmp_path / "a.npz", standing(9), mocap_framerate=np.array(rate))
    assert data("import", "amass", tmp_path / "a.npz", "-o", tmp_path / "out")[0] == 0
    assert read_mocap(tmp_path / "out", "train").clips[0].frames == 5


def test_what_is_no_array_is_named_and_the_others_are_kept(data: Run, tmp_path: Path) -> None:
    save(tmp_path / "in" / "b.npz", standing(4))
    save(tmp_path / "in" / "a.npz", standing(4), betas=None)
    with zipfile.ZipFile(tmp_path / "in" / "a.npz", "a") as archive:
        archive.writestr("betas", b"no array")
    code, message = data("import", "amass", tmp_path / "in", "-o", tmp_path / "out")
    assert (code, "a.npz: lacks betas" in message) == (1, True), message
    assert [clip.name for clip in read_mocap(tmp_path / "out", "train").clips] == ["b"]
