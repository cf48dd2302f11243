"""Skinning against closed forms, numpy's forward kinematics, and smplx where it is installed."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from vidmotion.body.joints import HEAD, to_h36m
from vidmotion.body.kinematics import forward_kinematics, local_rotations
from vidmotion.body.model import BodyModel
from vidmotion.body.posed_mesh import CHUNK, PosedMesh, skinning_for
from vidmotion.body.skinning import BodyJoints, Skinning
from vidmotion.errors import InputError
from vidmotion.types import BodyMotion


def motion(frames: int, name: str = "freebody") -> BodyMotion:
    rng = np.random.default_rng(3)
    pose = rng.normal(0, 0.4, (frames, 24, 3))
    return BodyMotion(name, pose, rng.normal(size=10), rng.normal(size=(frames, 3)), np.zeros(frames))


def test_a_turned_body_is_a_rigid_body(body: BodyModel) -> None:
    rest = body.shape(np.zeros(10))
    turn = np.array([0.3, -2.0, 0.7])
    pose = np.zeros((1, 24, 3))
    pose[0, 0] = turn
    moved = PosedMesh(body, BodyMotion(body.name, pose, np.zeros(10), np.array([[1.0, 2, 3]]), np.zeros(1)))
    matrix = Rotation.from_rotvec(turn).as_matrix()
    wanted = (rest.vertices - rest.joints[0]) @ matrix.T + rest.joints[0] + [1, 2, 3]
    np.testing.assert_allclose(moved.vertices(0), wanted, atol=2e-6)


def test_a_bent_elbow_carries_the_hand_alone(body: BodyModel) -> None:
    pose = np.zeros((1, 24, 3))
    pose[0, 18] = [0, -np.pi / 2, 0]
    betas = np.zeros(10)
    posed = PosedMesh(body, BodyMotion(body.name, pose, betas, np.zeros((1, 3)), np.zeros(1))).vertices(0)
    rest = body.shape(betas)
    hand, elsewhere = body.weights[:, [20, 22]].sum(1) > 0.999, body.weights[:, [16, 18, 20, 22]].sum(1) < 1e-6
    assert hand.sum() > 100
    elbow = rest.joints[18]
    offset = rest.vertices[hand] - elbow  # turned by a quarter about Y: x becomes z
    np.testing.assert_allclose(posed[hand] - elbow, np.stack([-offset[:, 2], offset[:, 1], offset[:, 0]], 1), atol=2e-6)
    np.testing.assert_allclose(posed[elsewhere], rest.vertices[elsewhere], atol=1e-6)


def test_joints_agree_with_forward_kinematics(body: BodyModel) -> None:
    moving = motion(5)
    rotations = local_rotations(moving.pose, 24)
    _, places = forward_kinematics(rotations, body.shape(moving.betas).joints, body.parents, moving.translation)
    _, joints = Skinning(body)(
        torch.tensor(rotations, dtype=torch.float32),
        torch.tensor(moving.betas[None], dtype=torch.float32),
        torch.tensor(moving.translation, dtype=torch.float32),
    )
    np.testing.assert_allclose(joints, places, atol=2e-6)


def test_joints_without_skin_agree_with_numpy(body: BodyModel) -> None:
    """Within what the stature of a strongly shaped body may change which vertex is its highest."""
    moving = motion(5)
    rotations, rest = local_rotations(moving.pose, 24), body.shape(moving.betas)
    world, places = forward_kinematics(rotations, rest.joints, body.parents, np.zeros((5, 3)))
    wanted = to_h36m(places, world[:, HEAD], rest.height)
    betas = torch.tensor(moving.betas[None], dtype=torch.float32).expand(5, -1)
    joints = BodyJoints(body)(torch.tensor(rotations, dtype=torch.float32), betas)
    np.testing.assert_allclose(joints, wanted, atol=2e-3)
    np.testing.assert_allclose(joints[:, :9], wanted[:, :9], atol=2e-6)


def test_frames_do_not_depend_on_the_order_in_which_they_are_asked_for(body: BodyModel) -> None:
    moving = motion(CHUNK + 3)
    whole = PosedMesh(body, moving)
    last, first = whole.vertices(CHUNK + 2).copy(), whole.vertices(0).copy()
    alone = PosedMesh(
        body, replace(moving, pose=moving.pose[-1:], translation=moving.translation[-1:], error=np.zeros(1))
    )
    np.testing.assert_allclose(last, alone.vertices(0), atol=1e-6)
    np.testing.assert_array_equal(first, whole.vertices(0))


def test_a_motion_of_another_model_is_refused(body: BodyModel) -> None:
    with pytest.raises(InputError, match="made for the body model other"):
        PosedMesh(body, motion(1, "other"))


def test_smplx_agrees_within_a_hundredth_of_a_millimetre(body: BodyModel) -> None:
    pytest.importorskip("smplx")
    from vidmotion.body.smplx_skinning import SmplxSkinning

    bends = np.random.default_rng(0).normal(0, 0.002, (len(body.template), 3, 207)).astype(np.float32)
    licensed = replace(body, name="SMPL_MINE", pose_directions=bends)
    assert isinstance(skinning_for(licensed), SmplxSkinning)
    assert type(skinning_for(body)) is Skinning
    moving = motion(6)
    given = (
        torch.tensor(local_rotations(moving.pose, 24), dtype=torch.float32),
        torch.tensor(moving.betas[None], dtype=torch.float32),
        torch.tensor(moving.translation, dtype=torch.float32),
    )
    for ours, theirs in zip(Skinning(licensed)(*given), SmplxSkinning(licensed)(*given), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
