"""Errors that are sampled are those of people in a like pose."""

import torch

from vidmotion.data.detector_noise import ErrorBank
from vidmotion.data.footage_windows import FootageWindows
from vidmotion.model.normalization import mirror, project

PEOPLE, FRAMES = 30, 50


def windows() -> FootageWindows:
    """Each person in a pose of its own, about 2 m tall and 8 m away, who grows with time by a thousandth a frame and is
    seen too far to the right by a hundredth of its number."""
    rng = torch.Generator().manual_seed(0)
    still = torch.rand(PEOPLE, 1, 17, 3, generator=rng) * 2 - 1
    joints = still * (1 + torch.arange(FRAMES) / 1000)[None, :, None, None] + torch.tensor([0.0, 0.0, 8.0])
    rays, people = project(joints), torch.arange(PEOPLE)
    size = (rays.amax(2) - rays.amin(2)).amax(-1) / 2
    said = rays + torch.stack([people / 100, torch.zeros(PEOPLE)], -1)[:, None, None] * size[..., None, None]
    score = (0.2 + people / 50)[:, None, None].expand(PEOPLE, FRAMES, 17).clone()
    score[:, :, 0] = 0
    return FootageWindows(said, score, joints, people, torch.arange(FRAMES).expand(PEOPLE, -1))


def sampled(rays: torch.Tensor, stride: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    """Offsets in sizes of the body, and scores."""
    said, score = ErrorBank(windows()).sample(rays, stride, torch.Generator().manual_seed(3))
    size = (rays.amax(2) - rays.amin(2)).amax(-1) / 2
    return (said - rays) / size[..., None, None], score


def test_the_same_pose_brings_its_own_errors_nearer_and_farther_away() -> None:
    seen = windows()
    for rays in (project(seen.joints)[:, :25], 0.5 * project(seen.joints)[:, 10:35] + 0.3):
        error, score = sampled(rays)
        expected = (torch.arange(PEOPLE) / 100)[:, None, None].expand(-1, 25, 16)
        torch.testing.assert_close(error[:, :, 1:, 0], expected, atol=1e-5, rtol=0)
        assert (error[..., 1].abs() < 1e-5).all()
        torch.testing.assert_close(score, seen.score[:, :25])


def test_points_that_were_missing_are_missing() -> None:
    error, score = sampled(project(windows().joints))
    assert (score[:, :, 0] == 0).all()
    assert error[:, :, 0].abs().max() < 1e-5


def test_mirrored_people_bring_mirrored_errors() -> None:
    seen = windows()
    said, score = ErrorBank(seen).sample(mirror(project(seen.joints)), 1, torch.Generator().manual_seed(0))
    torch.testing.assert_close(score[..., None], mirror(seen.score[..., None]).abs())
    there = score > 0
    torch.testing.assert_close(said[there], mirror(seen.rays)[there], atol=1e-5, rtol=0)
