"""Losses against cases worked out by hand."""

import math

import pytest
import torch

from vidmotion.data.augment import CameraRange, observe, random_cameras
from vidmotion.model.normalization import (
    NormalizedWindow,
    bounding_square,
    normalize,
    project,
    rotate,
    rotation_towards,
)
from vidmotion.skeletons import H36M17
from vidmotion.train.losses import (
    bone_loss,
    contrastive_loss,
    flat_loss,
    joint_loss,
    limb_loss,
    reproject,
    velocity_loss,
)


def test_joint_loss_of_a_constant_offset() -> None:
    truth = torch.rand(2, 5, 17, 3, generator=torch.Generator().manual_seed(0))
    predicted = truth + torch.tensor([0.0, 0.3, 0.4])
    assert joint_loss(predicted, truth, 1, 0, 20).item() == pytest.approx(0.5, rel=1e-4)
    assert joint_loss(2 * truth, truth, 1, 7, 0).item() == pytest.approx(truth.norm(dim=-1).mean().item(), rel=1e-5)


def test_velocity_is_a_frames() -> None:
    truth = torch.zeros(1, 4, 17, 3)
    predicted = truth + 0.6 * torch.arange(4)[None, :, None, None] * torch.tensor([1.0, 0, 0])
    assert velocity_loss(predicted, truth, 3).item() == pytest.approx(0.2)


def _bent_knee(degrees: float) -> torch.Tensor:
    """(1, 1, 17, 3): bones of length 1 along x, but for the left shin, which is turned by an angle."""
    joints = torch.zeros(17, 3)
    bones = torch.tensor([1.0, 0.0, 0.0]).repeat(17, 1)
    angle = math.radians(degrees)
    bones[H36M17.joints.index("left_ankle")] = torch.tensor([math.cos(angle), math.sin(angle), 0.0])
    for child, parent in enumerate(H36M17.parents[1:], start=1):
        joints[child] = joints[parent] + bones[child]
    return joints[None, None]


def test_bone_and_limb_losses_of_one_bent_knee() -> None:
    straight, bent = _bent_knee(0), _bent_knee(20)
    assert bone_loss(bent, straight).item() == pytest.approx(2 * math.sin(math.radians(10)) / 16, rel=1e-4)
    assert limb_loss(bent, straight).item() == pytest.approx(2 * math.sin(math.radians(10)) / 4, rel=1e-2)
    assert limb_loss(3 * bent, bent).item() == pytest.approx(0, abs=1e-5)


def test_a_true_pose_projects_onto_its_2d() -> None:
    """The target of training, which holds no perspective, seen again through its own close camera."""
    rng = torch.Generator().manual_seed(0)
    body = torch.rand(6, 8, 17, 3, generator=rng) * torch.tensor([0.8, 1.8, 0.8])
    points = random_cameras(body, CameraRange(distance=(1.5, 3.0)), rng).to_camera_axes(body)
    view = observe(points)
    rays = project(points)
    normalized = normalize(rays, torch.ones(6, 8, 17))
    torch.testing.assert_close(normalized.x[..., :2], view.clean, atol=1e-4, rtol=1e-4)
    # The turned camera's square is that of the target, whose root lies on the 2D.
    turned = rotate(rotation_towards(bounding_square(rays)[0]), points)
    offset = turned[:, :, :1, :2] / turned[:, :, :1, 2:]
    torch.testing.assert_close(
        normalized.center[:, None, None] + normalized.half[:, None, None, None] * view.target[:, :, :1, :2], offset
    )
    torch.testing.assert_close(reproject(view.target, normalized), view.clean, atol=1e-4, rtol=1e-4)
    assert flat_loss(view.target, normalized, torch.ones(6, 8, 17)).item() < 1e-4


def test_flat_loss_counts_by_confidence() -> None:
    x = torch.zeros(1, 1, 2, 3)
    normalized = NormalizedWindow(x, torch.eye(3)[None], torch.zeros(1, 2), torch.full((1,), 1e-6))
    predicted = torch.tensor([[[[3.0, 4.0, 0.0], [1.0, 0.0, 0.0]]]])
    assert flat_loss(predicted, normalized, torch.tensor([[[1.0, 3.0]]])).item() == pytest.approx(
        (5 + 3 * 1) / 4, rel=1e-4
    )


def test_contrastive_loss_by_hand() -> None:
    """Two alike along x, one of another label along y: by equation 2 of the paper."""
    places = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    label = torch.tensor([0, 0, 1])
    wanted = -math.log(math.exp(1 / 0.5) / (math.exp(1 / 0.5) + math.exp(0)))
    assert contrastive_loss(places, label, 0.5).item() == pytest.approx(wanted, rel=1e-5)
    assert contrastive_loss(places, torch.tensor([0, 1, 2]), 0.5).item() == 0
