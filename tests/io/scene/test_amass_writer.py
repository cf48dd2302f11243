"""AMASS' NPZ: the same body in a world with Z up."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from tests.io.scene.scenes import embodied, joints_of, scene_of, wander
from vidmotion.body.kinematics import forward_kinematics, local_rotations
from vidmotion.body.load import free_body, with_finger_joints
from vidmotion.body.posed_mesh import PosedMesh
from vidmotion.io.scene.formats import existing_targets, export
from vidmotion.types import Person


def test_joints_are_the_bodys_with_z_up(walker: Person, tmp_path: Path) -> None:
    assert walker.body
    (path,) = export(scene_of(walker), tmp_path / "walk.amass.npz")
    with np.load(path, allow_pickle=False) as file:
        content = {name: file[name] for name in file.files}
    assert set(content) == {"trans", "poses", "betas", "mocap_framerate", "gender", "model"}
    assert content["poses"].shape == (120, 156)
    assert (float(content["mocap_framerate"]), str(content["model"])) == (30.0, "freebody")
    model = free_body()
    rest = model.shape(content["betas"]).joints[:22]
    _, places = forward_kinematics(
        local_rotations(content["poses"][:, :66].reshape(-1, 22, 3), 22), rest, model.parents[:22], content["trans"]
    )
    expected = joints_of(walker.body)[1][:, :22]
    np.testing.assert_allclose(places, np.stack([expected[..., 0], -expected[..., 2], expected[..., 1]], -1), atol=1e-5)


def test_hands_are_those_of_smplh(tmp_path: Path) -> None:
    """The 52 joints of a file, posed as the body model of the file does, are those of the body with its fingers."""
    body = wander(5)
    body = replace(body, fingers=np.random.default_rng(0).normal(0, 0.4, (5, 2, 15, 3)))
    (path,) = export(scene_of(embodied(body)), tmp_path / "hands.amass.npz")
    poses, trans = (np.load(path)[name] for name in ("poses", "trans"))
    model = with_finger_joints(free_body())
    rest = model.shape(body.betas)
    local = Rotation.from_rotvec(poses.reshape(-1, 3)).as_matrix().reshape(5, 52, 3, 3)
    worlds, places = forward_kinematics(local, rest.joints, model.parents, trans)
    skin = PosedMesh(free_body(), body).vertices(4)[:, [0, 2, 1]] * [1, -1, 1]
    for side, first in enumerate((22, 37)):
        for joint in range(first, first + 15):
            rigid = model.weights[:, joint] > 0.999
            moved = (rest.vertices[rigid] - rest.joints[joint]) @ worlds[4, joint].T + places[4, joint]
            np.testing.assert_allclose(moved, skin[rigid], atol=1e-5, err_msg=f"{side} {joint}")


def test_without_hands_their_poses_are_0(walker: Person, tmp_path: Path) -> None:
    (path,) = export(scene_of(walker), tmp_path / "walk.amass.npz")
    assert not np.load(path)["poses"][:, 66:].any()


def test_who_comes_late_is_held_until_then(tmp_path: Path) -> None:
    late = embodied(wander(20), np.arange(45, 65), number=1)
    paths = export(scene_of(embodied(wander(90)), late), tmp_path / "out.amass.npz")
    trans, poses = (np.load(paths[1])[name] for name in ("trans", "poses"))
    assert len(trans) == len(poses) == 90
    assert (trans[:45] == trans[45]).all()
    assert (poses[65:] == poses[64]).all()
    assert (trans[46] != trans[45]).any()


def test_several_people_are_several_files(walker: Person, tmp_path: Path) -> None:
    other = replace(walker, track=replace(walker.track, id=3))
    paths = export(scene_of(walker, other), tmp_path / "a.b.amass.npz")
    assert [path.name for path in paths] == ["a.b.0.amass.npz", "a.b.3.amass.npz"]
    assert existing_targets(tmp_path / "a.b.amass.npz") == paths
    assert existing_targets(tmp_path / "a.b.npz") == []
