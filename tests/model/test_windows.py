"""Long tracks go through short windows without seams, and nothing is squeezed."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
import torch

from vidmotion.geometry.rotations_torch import mirror_rotations
from vidmotion.model import windows
from vidmotion.model.dstformer import DSTformer, DSTformerConfig
from vidmotion.model.head_set import HeadSet
from vidmotion.model.heads import HeadConfig
from vidmotion.model.network import MotionNetwork
from vidmotion.model.windows import OVERLAP, Points, TrackOutput, run_windows, window_starts


@pytest.fixture(scope="module")
def model() -> MotionNetwork:
    torch.manual_seed(0)
    heads = [
        HeadConfig("action", 8, classes=("a", "b")),
        HeadConfig("mesh", 8, body="freebody"),
        HeadConfig("error", 8),
    ]
    return MotionNetwork(DSTformer(DSTformerConfig(16, 16, 1, 2, 2.0, 17, 243)), heads).eval()


def walk(frames: int) -> np.ndarray:
    """Rays (T, 17, 2) of points that move smoothly."""
    t = np.arange(frames)[:, None, None] / 30
    joint = np.arange(17)[None, :, None]
    return 0.2 * np.sin(t + joint + np.array([0.0, 1.0])) + 0.01 * t


def run(model: MotionNetwork, rays: np.ndarray, score: np.ndarray, heads: tuple[str, ...] = ()) -> TrackOutput:
    (output,) = run_windows(HeadSet([model]), [Points(rays, score)], heads)
    return output


@pytest.mark.parametrize("total", [1, 2, 243, 244, 400, 486, 1000])
def test_windows_cover_every_frame_and_overlap(total: int) -> None:
    starts = window_starts(total, 243)
    assert starts[0] == 0
    assert starts[-1] + min(243, total) == total
    assert all(0 < b - a <= 243 - OVERLAP for a, b in pairwise(starts))


@pytest.mark.parametrize("total", [1, 5, 243, 500])
def test_every_frame_is_lifted(model: MotionNetwork, total: int) -> None:
    lifted = run(model, walk(total), np.ones((total, 17)))
    assert lifted.joints.shape == (total, 17, 3)
    assert np.isfinite(lifted.joints).all()
    assert (lifted.joints[:, 0] == 0).all()


def test_no_seam_is_visible(model: MotionNetwork) -> None:
    rays = walk(700)
    steps = np.linalg.norm(np.diff(run(model, rays, np.ones((700, 17))).joints, axis=0), axis=-1).max(1)
    borders = [*window_starts(700, 243)[1:], 243, 405]
    assert max(steps[b - 2 : b + 2].max() for b in borders) < 2 * np.median(steps) + 1e-4


def test_flip_makes_left_and_right_alike(model: MotionNetwork) -> None:
    rays = walk(60)
    swapped = rays[:, [0, 4, 5, 6, 1, 2, 3, 7, 8, 9, 10, 14, 15, 16, 11, 12, 13]] * np.array([-1.0, 1.0])
    score = np.ones((60, 17))
    one = run(model, rays, score).joints
    other = run(model, swapped, score).joints
    back = other[:, [0, 4, 5, 6, 1, 2, 3, 7, 8, 9, 10, 14, 15, 16, 11, 12, 13]] * np.array([-1.0, 1.0, 1.0])
    np.testing.assert_allclose(one, back, atol=1e-5)


def test_missing_points_do_not_matter(model: MotionNetwork) -> None:
    rays, score = walk(40), np.ones((40, 17))
    score[:, 16] = 0
    elsewhere = rays.copy()
    elsewhere[:, 16] = 99
    np.testing.assert_array_equal(run(model, rays, score).joints, run(model, elsewhere, score).joints)


def test_a_window_without_points_is_no_disaster(model: MotionNetwork) -> None:
    assert np.isfinite(run(model, walk(20), np.zeros((20, 17))).joints).all()


def test_scale_of_the_picture_scales_the_pose(model: MotionNetwork) -> None:
    # Far away, perspective is nothing: half as large in the picture is half as large in metres per metre.
    rays, score = 0.001 * walk(30), np.ones((30, 17))
    near, far = (run(model, k * rays, score).joints for k in (1.0, 0.5))
    np.testing.assert_allclose(near, 2 * far, atol=1e-6)


def test_bodies_turn_with_the_camera_and_the_mirror(model: MotionNetwork) -> None:
    """Rotations stay rotations across windows; a mirrored person has mirrored ones."""
    rays, score = walk(300), np.ones((300, 17))
    swapped = rays[:, [0, 4, 5, 6, 1, 2, 3, 7, 8, 9, 10, 14, 15, 16, 11, 12, 13]] * np.array([-1.0, 1.0])
    one, other = (run(model, each, score, ("mesh",)) for each in (rays, swapped))
    assert one.rotations is not None
    assert other.rotations is not None
    np.testing.assert_allclose(
        one.rotations @ one.rotations.swapaxes(-1, -2), np.tile(np.eye(3), (300, 24, 1, 1)), atol=1e-5
    )
    np.testing.assert_allclose(mirror_rotations(torch.from_numpy(other.rotations)), one.rotations, atol=1e-4)
    assert one.betas is not None
    assert other.betas is not None
    np.testing.assert_allclose(one.betas, other.betas, atol=1e-5)


def test_people_do_not_depend_on_each_other(model: MotionNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a CPU to the last bit; on a GPU, windows of all people are multiplied together."""
    people = [Points(walk(frames) * size, np.ones((frames, 17))) for frames, size in ((40, 1.0), (500, 0.5), (40, 0.8))]
    shares: list[float] = []
    together = run_windows(HeadSet([model]), people, ("mesh",), advance=shares.append)
    for one, person in zip(together, people, strict=True):
        alone = run(model, person.rays, person.score, ("mesh",))
        np.testing.assert_array_equal(one.joints, alone.joints)
        np.testing.assert_array_equal(one.rotations, alone.rotations)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    batches, sizes = windows._batches, list[int]()

    def as_on_a_gpu(pieces: list[windows._Piece], on_cpu: bool) -> Iterator[list[windows._Piece]]:
        for batch in batches(pieces, False):
            sizes.append(len(batch))
            yield batch

    monkeypatch.setattr(windows, "_batches", as_on_a_gpu)
    for one, other in zip(together, run_windows(HeadSet([model]), people, ("mesh",)), strict=True):
        np.testing.assert_allclose(one.joints, other.joints, atol=1e-5)
    assert sizes == [2, 3]


def test_features_of_both_passes_are_kept(model: MotionNetwork) -> None:
    output = run(model, walk(300), np.ones((300, 17)), ("action",))
    assert output.action_features is not None
    assert output.action_features.shape == (300, 2, 8)
    assert output.rotations is None


def test_expected_errors_are_shares_of_the_body_and_change_sides_in_the_mirror(model: MotionNetwork) -> None:
    """However large the person is in the picture; a mirrored person has them on the other side."""
    swapped = [0, 4, 5, 6, 1, 2, 3, 7, 8, 9, 10, 14, 15, 16, 11, 12, 13]
    rays, seen = walk(40), np.ones((40, 17))
    plain, large, other = (
        run(model, each, seen, ("error",)).error for each in (rays, rays * 1.01, (rays * [-1, 1])[:, swapped])
    )
    assert plain is not None
    assert plain.shape == (40, 17)
    assert (plain[:, 0] == 0).all()
    assert (plain[:, 1:] > 0).all()
    assert large == pytest.approx(plain, rel=0.02)
    assert other == pytest.approx(plain[:, swapped], rel=1e-4)
