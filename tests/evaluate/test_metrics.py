"""Errors against scipy's Procrustes and closed forms."""

import numpy as np
import pytest
import torch
from scipy.spatial import procrustes
from scipy.spatial.transform import Rotation

from vidmotion.evaluate.metrics import mpjpe, n_mpjpe, p_mpjpe, velocity_error


@pytest.fixture
def pose() -> torch.Tensor:
    return torch.randn(1, 5, 17, 3, generator=torch.Generator().manual_seed(0))


def test_mpjpe_of_one_moved_joint(pose: torch.Tensor) -> None:
    other = pose + torch.tensor([5.0, 6.0, 7.0])
    other[..., 3, 0] += 0.17
    torch.testing.assert_close(mpjpe(other, pose), torch.full((1, 5), 0.01), atol=1e-6, rtol=0)


def test_n_mpjpe_ignores_scale(pose: torch.Tensor) -> None:
    assert n_mpjpe(3 * pose, pose).max() < 1e-6


def test_p_mpjpe_ignores_rotation_scale_and_place_but_no_mirror(pose: torch.Tensor) -> None:
    turn = torch.tensor(Rotation.from_euler("xyz", [0.3, 1.0, -2.0]).as_matrix(), dtype=torch.float32)
    assert p_mpjpe(0.4 * pose @ turn + 2, pose).max() < 1e-6
    assert p_mpjpe(pose * torch.tensor([-1.0, 1.0, 1.0]), pose).min() > 0.1


def test_p_mpjpe_agrees_with_scipy(pose: torch.Tensor) -> None:
    truth, guess = pose[0, 0].numpy(), (pose[0, 0] + 0.1 * pose[0, 1]).numpy()
    # scipy scales the truth to norm 1 first
    norm = np.linalg.norm(truth - truth.mean(0))
    a, b, _ = procrustes(truth, guess)
    expected = np.linalg.norm(a - b, axis=1).mean() * norm
    found = p_mpjpe(torch.from_numpy(guess), torch.from_numpy(truth))
    assert float(found) == pytest.approx(expected, rel=1e-4)


def test_velocity_error_of_a_drift(pose: torch.Tensor) -> None:
    drift = torch.arange(5.0)[:, None, None] * torch.tensor([0.02, 0.0, 0.0])
    moved = pose.clone()
    moved[..., 1:, :] += drift
    torch.testing.assert_close(velocity_error(moved, pose), torch.full((1, 4), 0.02 * 16 / 17), atol=1e-6, rtol=0)
