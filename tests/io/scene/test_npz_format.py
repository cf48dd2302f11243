"""NPZ: full precision, documented names, no pickle."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vidmotion.errors import InputError
from vidmotion.io.scene.formats import export, load
from vidmotion.types import Scene


def test_round_trip_is_exact(scene: Scene, tmp_path: Path) -> None:
    (path,) = export(scene, tmp_path / "scene.npz")
    again = load(path)
    assert (again.source, again.fps, again.size, again.frame_count, again.provenance) == (
        scene.source, scene.fps, scene.size, scene.frame_count, scene.provenance,
    )  # fmt: skip
    assert again.people[1].motion is None
    for one, other in zip(scene.people, again.people, strict=True):
        for name in ("frames", "times", "observed", "boxes"):
            assert (getattr(one.track, name) == getattr(other.track, name)).all()
        assert (one.track.keypoints.xy == other.track.keypoints.xy).all()
        assert one.track.keypoints.skeleton == other.track.keypoints.skeleton
    first, second = scene.people[0].motion, again.people[0].motion
    assert first
    assert second
    assert (first.joints == second.joints).all()
    assert (first.camera.rotation == second.camera.rotation).all()
    assert (first.camera.focal, first.height) == (second.camera.focal, second.height)
    one_body, other_body = scene.people[0].body, again.people[0].body
    assert one_body
    assert other_body
    assert one_body.model == other_body.model
    for name in ("pose", "betas", "translation", "error"):
        assert (getattr(one_body, name) == getattr(other_body, name)).all()


def test_cuts(scene: Scene, tmp_path: Path) -> None:
    (path,) = export(replace(scene, cuts=(50, 98)), tmp_path / "scene.npz")
    assert load(path).cuts == (50, 98)


def test_names(scene: Scene, tmp_path: Path) -> None:
    with np.load(export(scene, tmp_path / "scene.npz")[0], allow_pickle=False) as file:
        both = [f"person{n}_{k}" for n in (0, 3) for k in ("frames", "times", "observed", "boxes", "xy", "score")]
        lifted = ("joints", "confidence", "pose", "betas", "translation", "error")
        assert sorted(file.files) == sorted([*both, *(f"person0_{name}" for name in lifted), "scene"])
        assert file["person0_joints"].shape == (120, 17, 3)
        assert file["person0_pose"].shape == (120, 24, 3)


def test_missing_array_is_named(scene: Scene, tmp_path: Path) -> None:
    (path,) = export(scene, tmp_path / "scene.npz")
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files if name != "person0_joints"}
    np.savez(path, **arrays)
    with pytest.raises(InputError, match="person0_joints is missing"):
        load(path)


def test_wrong_shape_is_named(scene: Scene, tmp_path: Path) -> None:
    (path,) = export(scene, tmp_path / "scene.npz")
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    np.savez(path, **(arrays | {"person0_joints": np.zeros((120, 3))}))
    with pytest.raises(InputError, match=r"motion\.joints: wanted 17 joints"):
        load(path)


def test_pickles_and_noise_are_refused(scene: Scene, tmp_path: Path) -> None:
    path = tmp_path / "bad.npz"
    whole = export(scene, path)[0].read_bytes()
    for content in (b"", b"noise", whole[: len(whole) // 2], whole[:-100].replace(b"\x01", b"\x07")):
        path.write_bytes(content)
        with pytest.raises(InputError):
            load(path)
    np.savez(path, scene=np.array([{"a": 1}], dtype=object))
    with pytest.raises(InputError):
        load(path)
    np.save(tmp_path / "plain.npy", np.zeros(3))
    (tmp_path / "plain.npy").replace(path)
    with pytest.raises(InputError):
        load(path)
