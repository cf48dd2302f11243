"""Random cameras, bone lengths and simulated detector noise."""

from dataclasses import replace

import pytest
import torch

from vidmotion.data.augment import CameraRange, NoiseRange, corrupt, observe, random_cameras, vary_bones
from vidmotion.model.normalization import mirror
from vidmotion.skeletons import H36M17


@pytest.fixture
def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def joints() -> torch.Tensor:
    """(B, T, 17, 3) a body of about 1.5 m that drifts."""
    rng = torch.Generator().manual_seed(1)
    pose = torch.rand(4, 1, 17, 3, generator=rng) * 1.5
    return pose + torch.linspace(0, 1, 12)[None, :, None, None]


def lengths(joints: torch.Tensor) -> torch.Tensor:
    return (joints[..., 1:, :] - joints[..., list(H36M17.parents[1:]), :]).norm(dim=-1)


def test_cameras_keep_shape_and_handedness(joints: torch.Tensor, rng: torch.Generator) -> None:
    seen = random_cameras(joints, CameraRange(), rng).to_camera_axes(joints)
    torch.testing.assert_close(lengths(seen), lengths(joints), atol=1e-5, rtol=1e-5)
    assert (seen[..., 2] > 0.2).all()
    bones = [joint[:, :, [1, 7, 11]] - joint[:, :, :1] for joint in (joints, seen)]
    torch.testing.assert_close(torch.det(bones[0]).sign(), torch.det(bones[1]).sign())


def test_most_cameras_see_the_world_upright(rng: torch.Generator) -> None:
    up = torch.zeros(200, 1, 17, 3)
    up[:, :, 1:, 1] = 1.0
    seen = random_cameras(up, CameraRange(), rng).to_camera_axes(up)
    assert ((seen[:, 0, 5, 1] - seen[:, 0, 0, 1]) < -0.5).float().mean() > 0.95


def test_left_and_right_bones_get_the_same_factor(joints: torch.Tensor, rng: torch.Generator) -> None:
    ratio = lengths(vary_bones(joints, rng)) / lengths(joints)
    torch.testing.assert_close(ratio[..., 0:3], ratio[..., 3:6], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(ratio[:, :1].expand_as(ratio), ratio, atol=1e-4, rtol=1e-4)
    assert ratio.std() > 0.05


def test_a_window_fills_the_square_and_agrees_at_the_root(joints: torch.Tensor, rng: torch.Generator) -> None:
    window = observe(random_cameras(joints, CameraRange(), rng).to_camera_axes(joints))
    assert window.clean.abs().amax((1, 2, 3)).sub(1).abs().max() < 1e-4
    torch.testing.assert_close(window.target[:, :, 0, :2], window.clean[:, :, 0])
    assert (window.target[:, :, 0, 2] == 0).all()


def test_target_is_metric(joints: torch.Tensor, rng: torch.Generator) -> None:
    window = observe(random_cameras(joints, CameraRange(), rng).to_camera_axes(joints))
    torch.testing.assert_close(lengths(window.target * window.metres), lengths(joints), atol=1e-4, rtol=1e-4)


def test_the_target_contains_no_perspective() -> None:
    near = torch.zeros(1, 1, 17, 3)
    near[..., 2] = 3.0
    near[..., 5, :] = torch.tensor([0.5, 0.0, 2.0])  # a knee towards the camera
    near[..., 6, :] = torch.tensor([-0.5, 0.0, 2.0])
    window = observe(near)
    assert (window.clean[0, 0, 5, 0] - window.clean[0, 0, 0, 0]).item() == pytest.approx(1)
    assert (window.target[0, 0, 5, 0] - window.target[0, 0, 0, 0]).item() == pytest.approx(2 / 3, rel=1e-5)


def test_noise_has_the_given_size_and_masked_points_are_zeros(rng: torch.Generator) -> None:
    clean = torch.linspace(-1, 1, 17)[None, None, :, None].expand(64, 27, 17, 2)
    quiet = NoiseRange(jitter=0.0, sigma=(0.01, 0.01), uniform=0.01, joint_mask=0.0, frame_mask=0.0, bias=0.0)
    x = corrupt(clean, torch.arange(27), 27, replace(quiet, keyframes=27), rng)
    assert (x[..., :2] - clean)[..., 0, :].std() == pytest.approx(0.01, rel=0.1)
    masked = corrupt(clean, torch.arange(27), 27, NoiseRange(joint_mask=0.3, frame_mask=0.3), rng)
    gone = (masked == 0).all(-1)
    assert gone.float().mean() == pytest.approx(1 - 0.7 * 0.7, abs=0.12)
    assert ((masked[..., 2] >= 0) & (masked[..., 2] <= 1)).all()


def test_noise_between_key_frames_is_linear(rng: torch.Generator) -> None:
    still = NoiseRange(keyframes=3, jitter=0.0, joint_mask=0.0, frame_mask=0.0, bias=0.0)
    clean = torch.linspace(-1, 1, 17)[None, None, :, None].expand(1, 41, 17, 2)
    x = corrupt(clean, torch.arange(41), 41, still, rng)[..., :2]
    assert x.diff(dim=1).diff(dim=1)[:, :18].abs().max() < 1e-6


def test_mirror_twice_is_nothing(joints: torch.Tensor) -> None:
    torch.testing.assert_close(mirror(mirror(joints)), joints)
    assert torch.equal(mirror(joints)[..., 4, 0], -joints[..., 1, 0])


def test_left_and_right_are_exchanged_in_segments(joints: torch.Tensor, rng: torch.Generator) -> None:
    clean = observe(random_cameras(joints, CameraRange(), rng).to_camera_axes(joints)).clean
    still = NoiseRange(4, 0, (0, 0), 0, 0, doubt=0, joint_mask=0, frame_mask=0)
    positions = torch.arange(clean.shape[1]) * 6
    plain, always, half = (
        corrupt(clean, positions, 67, replace(still, exchange=share), torch.Generator().manual_seed(3))
        for share in (0, 1, 0.5)
    )
    torch.testing.assert_close(always, mirror(plain * torch.tensor([-1.0, 1, 1])))
    legs = half[:, :, 1:7, :2]
    swapped = (legs - always[:, :, 1:7, :2]).abs().amax((2, 3)) < 1e-6
    kept = (legs - plain[:, :, 1:7, :2]).abs().amax((2, 3)) < 1e-6
    assert (swapped ^ kept).all()
    assert swapped.any()
    assert kept.any()
    stretches = swapped.view(4, 3, 4)  # 12 frames, 4 in each stretch
    assert (stretches == stretches[..., :1]).all()


def test_scaled_noise_is_a_share_of_all_errors() -> None:
    scaled = NoiseRange(exchange=0.04).scaled(0.5)
    assert (scaled.jitter, scaled.sigma, scaled.exchange, scaled.frame_mask) == (0.002, (0.003, 0.011), 0.02, 0.05)
    assert scaled.trust == NoiseRange().trust
