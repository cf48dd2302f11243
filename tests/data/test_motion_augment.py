"""Motion that is varied in rotation space stays motion: joints keep their movement, knees their direction."""

import torch

from vidmotion.data.motion_augment import MotionRange, vary_motion
from vidmotion.geometry.rotations_torch import axis_angle_to_matrix
from vidmotion.skeletons import SMPL24

LEFT_KNEE, HEAD, SPINE = (SMPL24.joints.index(name) for name in ("left_knee", "head", "spine2"))
STRAIGHT = torch.zeros(8, 2)
"""Knees of eight windows that lack no extension."""


def _motion(seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Generator]:
    rng = torch.Generator().manual_seed(seed)
    angles = 0.3 * torch.randn(8, 5, 24, 3, generator=rng)
    angles[:, :, (4, 5), 0] = torch.rand(8, 5, 2, generator=rng)  # knees bend backwards, about their hinge
    angles[:, :, (4, 5), 1:] = 0
    return axis_angle_to_matrix(angles), torch.randn(8, 5, 1, 3, generator=rng), rng


def test_nothing_changes_by_default() -> None:
    rotations, roots, rng = _motion(0)
    for before, after in zip(
        (rotations, roots), vary_motion(rotations, roots, STRAIGHT, MotionRange(), rng), strict=True
    ):
        torch.testing.assert_close(after, before, rtol=0, atol=0)


def test_offsets_last_for_the_window() -> None:
    rotations, roots, rng = _motion(1)
    varied, _ = vary_motion(rotations, roots, STRAIGHT, MotionRange(offset=10.0), rng)
    offset = rotations.mT @ varied
    torch.testing.assert_close(offset, offset[:, :1].expand_as(offset), rtol=0, atol=1e-5)
    degrees = torch.rad2deg(((offset[:, 0, SPINE].diagonal(dim1=-2, dim2=-1).sum(-1) - 1) / 2).acos())
    assert 5 < degrees.mean() < 30
    torch.testing.assert_close(varied[:, :, HEAD], rotations[:, :, HEAD])


def test_offsets_do_not_bend_knees_forwards() -> None:
    for seed in range(5):
        rotations, roots, rng = _motion(seed)
        varied, _ = vary_motion(rotations, roots, STRAIGHT, MotionRange(offset=40.0), rng)
        bend = torch.rad2deg(torch.atan2(varied[:, :, LEFT_KNEE, 2, 1], varied[:, :, LEFT_KNEE, 1, 1]))
        assert bend.min() > -3.01


def test_the_upper_body_of_another_window() -> None:
    rotations, roots, rng = _motion(2)
    mixed, _ = vary_motion(rotations, roots, STRAIGHT, MotionRange(mixed=1.0), rng)
    torch.testing.assert_close(mixed[1:, :, HEAD], rotations[:-1, :, HEAD])
    torch.testing.assert_close(mixed[:, :, LEFT_KNEE], rotations[:, :, LEFT_KNEE])


def test_whole_people_are_turned() -> None:
    """All rotations but the pelvis' stay, and the path turns with the pelvis."""
    rotations, roots, rng = _motion(3)
    turned, path = vary_motion(rotations, roots, STRAIGHT, MotionRange(turned=1.0), rng)
    torch.testing.assert_close(turned[:, :, 1:], rotations[:, :, 1:])
    turn = turned[:, :, 0] @ rotations[:, :, 0].mT
    torch.testing.assert_close(turn, turn[:, :1].expand_as(turn), rtol=0, atol=1e-5)
    step, before = (torch.diff(each[:, :, 0], dim=1) for each in (path, roots))
    torch.testing.assert_close(step, (turn[:, 1:] @ before[..., None])[..., 0], rtol=0, atol=1e-5)
    torch.testing.assert_close(path.mean(1), roots.mean(1), rtol=0, atol=1e-5)


def test_knees_are_straightened_and_feet_keep_their_angle() -> None:
    rotations, roots, rng = _motion(4)
    rotations[:, :, LEFT_KNEE] = axis_angle_to_matrix(torch.tensor([0.3, 0.0, 0.0]))
    chain = [SMPL24.joints.index(f"left_{name}") for name in ("hip", "knee", "ankle")]
    rotations[:, :, (chain[0], chain[2])] = torch.eye(3)
    missing = torch.tensor([[0.2, 0.0]]).expand(8, 2)
    straight, _ = vary_motion(rotations, roots, missing, MotionRange(straightened=(1.0, 1.0)), rng)
    bends = torch.atan2(straight[:, :, chain, 2, 1], straight[:, :, chain, 1, 1])
    torch.testing.assert_close(bends, torch.tensor([0.1, 0.1, 0.1]).expand_as(bends), rtol=0, atol=1e-5)
    other = [SMPL24.joints.index(f"right_{name}") for name in ("hip", "knee", "ankle")]
    torch.testing.assert_close(straight[:, :, other], rotations[:, :, other], rtol=0, atol=1e-6)


def test_splices_begin_as_one_motion_and_end_as_another() -> None:
    frames = torch.arange(60.0)
    angles = torch.zeros(2, 60, 24, 3)
    angles[0, :, HEAD, 0] = 0.5
    angles[:, :, 0, 1] = torch.tensor([0.7, -1.9])[:, None]
    rotations = axis_angle_to_matrix(angles)
    roots = frames[None, :, None, None] * torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])[:, None, None] / 30
    for seed in range(4):
        rng = torch.Generator().manual_seed(seed)
        spliced, path = vary_motion(rotations, roots, STRAIGHT[:2], MotionRange(spliced=1.0), rng)
        torch.testing.assert_close(spliced[:, :, 0], rotations[:, :, 0], rtol=0, atol=1e-5)  # nobody turns suddenly
        speed = path.diff(dim=1).norm(dim=-1) * 30
        assert speed.min() > 0.1
        assert speed.max() < 1.5
        begin, end = spliced[:, 0, HEAD], spliced[:, -1, HEAD]
        assert not torch.allclose(begin, end, atol=0.05)
