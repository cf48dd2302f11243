"""Sampled errors are those of people in a similar pose."""

import torch

from vidmotion.data.detector_noise import ErrorBank
from vidmotion.data.footage_windows import FootageWindows
from vidmotion.model.normalization import mirror, project

PEOPLE, FRAMES = 30, 50


def windows() -> FootageWindows:
    """People about 2 m tall and 8 m away, each in another pose.

    They grow by a thousandth in each frame. Person n is detected n hundredths of its size too far to the right.
    """
    rng = torch.Generator().manual_seed(0)
    still = torch.rand(PEOPLE, 1, 17, 3, generator=rng) * 2 - 1
    joints = still * (1 + torch.arange(FRAMES) / 1000)[None, :, None, None] + torch.tensor([0.0, 0.0, 8.0])
    rays, people = project(joints), torch.arange(PEOPLE)
    size = (rays.amax(2) - rays.amin(2)).amax(-1) / 2
    output = rays + torch.stack([people / 100, torch.zeros(PEOPLE)], -1)[:, None, None] * size[..., None, None]
    score = (0.2 + people / 50)[:, None, None].expand(PEOPLE, FRAMES, 17).clone()
    score[:, :, 0] = 0
    return FootageWindows(output, score, joints, people, torch.arange(FRAMES).expand(PEOPLE, -1))


def sampled(rays: torch.Tensor, stride: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    """Errors in units of the body's size, and scores."""
    output, score = ErrorBank(windows()).sample(rays, stride, torch.Generator().manual_seed(3))
    size = (rays.amax(2) - rays.amin(2)).amax(-1) / 2
    return (output - rays) / size[..., None, None], score


def test_the_same_pose_gets_its_own_errors_at_any_distance() -> None:
    seen = windows()
    for rays in (project(seen.joints)[:, :25], 0.5 * project(seen.joints)[:, 10:35] + 0.3):
        error, score = sampled(rays)
        expected = (torch.arange(PEOPLE) / 100)[:, None, None].expand(-1, 25, 16)
        torch.testing.assert_close(error[:, :, 1:, 0], expected, atol=1e-5, rtol=0)
        assert (error[..., 1].abs() < 1e-5).all()
        torch.testing.assert_close(score, seen.score[:, :25])


def test_missing_points_stay_missing() -> None:
    error, score = sampled(project(windows().joints))
    assert (score[:, :, 0] == 0).all()
    assert error[:, :, 0].abs().max() < 1e-5


def test_mirrored_people_get_mirrored_errors() -> None:
    seen = windows()
    output, score = ErrorBank(seen).sample(mirror(project(seen.joints)), 1, torch.Generator().manual_seed(0))
    torch.testing.assert_close(score[..., None], mirror(seen.score[..., None]).abs())
    there = score > 0
    torch.testing.assert_close(output[there], mirror(seen.rays)[there], atol=1e-5, rtol=0)
