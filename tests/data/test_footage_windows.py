"""Windows of footage: detections, normalized as at inference, beside the exact 3D."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests import tiny_footage
from tests.tiny_footage import CAMERA, FOCAL, FRAMES, joints_of, pose_of
from vidmotion.data.augment import NoiseRange, ObservedWindow
from vidmotion.data.footage_windows import (
    FootageSampler,
    FootageWindows,
    cut_off,
    drop_points,
    observe_footage,
    well_seen,
)
from vidmotion.data.mocap_windows import WindowShape
from vidmotion.data.store import read_store
from vidmotion.errors import InputError
from vidmotion.geometry.rotations import axis_angle_to_matrix
from vidmotion.model.normalization import project

CPU = torch.device("cpu")


@pytest.fixture
def footage(tmp_path: Path) -> FootageSampler:
    return FootageSampler(read_store(tiny_footage.write(tmp_path / "store")), CPU)


def observed(windows: FootageWindows) -> tuple[torch.Tensor, ObservedWindow]:
    normalized, view = observe_footage(windows.rays, windows.score, windows.joints)
    return normalized.x, view


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_undetected_people_are_left_out(footage: FootageSampler) -> None:
    assert (footage.people, footage.length) == (7, FRAMES)


def test_windows_contain_the_numbers_of_the_store(footage: FootageSampler) -> None:
    windows = footage.all_frames(range(2))
    np.testing.assert_allclose(windows.joints[1], joints_of(1), atol=1e-4)
    exact = project(windows.joints)
    seen = windows.score > 0
    assert (~seen[0, 5:8]).all()
    assert (~seen).sum() == 3 * 17
    assert (windows.rays - exact)[seen].abs().max() < 1 / 16 / FOCAL
    assert abs(float(windows.score[1, 0, 0]) - 0.8) < 1 / 255


def test_bodies_and_classes_are_read(footage: FootageSampler) -> None:
    assert footage.labels == ("walk", "walk", "jump", "jump", "", "", "walk")
    assert footage.clips == (0, 0, 1, 1, 2, 2, 3)
    assert footage.subjects[:3] == ("s0", "s1", "s0")
    torch.testing.assert_close(footage.betas[3], torch.full((10,), 0.3))
    windows = footage.cut(torch.tensor([3]), WindowShape(5, 2, 1), generator())
    pose = footage.pose[windows.person[:, None], windows.at][0].numpy()
    true = pose_of(3)[windows.at[0].numpy()]
    np.testing.assert_allclose(pose[:, 1:], true[:, 1:], atol=1e-4)
    np.testing.assert_allclose(axis_angle_to_matrix(pose[:, 0]), CAMERA @ axis_angle_to_matrix(true[:, 0]), atol=1e-3)


def test_people_are_drawn_by_weight(footage: FootageSampler) -> None:
    weights = torch.tensor([0.0, 1, 0, 0, 0, 3, 0])
    counts = torch.bincount(footage.choose(4000, generator(), weights), minlength=7)
    assert counts[[0, 2, 3, 4, 6]].sum() == 0
    assert 0.7 < counts[5] / 4000 < 0.8


def test_draws_depend_on_the_generator_alone(footage: FootageSampler) -> None:
    shape = WindowShape(9, 3, 5)
    one, two, other = (footage.draw(shape, generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(one.joints, two.joints)
    assert not torch.equal(one.joints, other.joints)
    assert one.rays.shape == (5, 9, 17, 2)


def test_windows_never_leave_a_person(footage: FootageSampler) -> None:
    assert footage.fitting(81, 1) == (FRAMES, 1)
    assert footage.fitting(9, 9) == (9, 3)
    assert footage.fitting(1, 4) == (1, 4)
    for seed in range(20):
        windows = footage.draw(WindowShape(9, 3, 4), generator(seed))
        # One person's root moves by centimetres; two people stand a metre apart in depth.
        assert windows.joints[:, :, 0, 2].diff(dim=1).abs().max() < 0.2


def test_exact_detections_are_normalized_onto_the_target(footage: FootageSampler) -> None:
    x, view = observed(footage.all_frames(range(1, 2)))
    assert x.shape == (1, FRAMES, 17, 3)
    assert (x[..., :2] - view.clean).abs().max() < 1e-3
    assert x[..., :2].abs().max() < 1 + 1e-5
    # The target is the rotated pose without perspective, its root on the 2D.
    torch.testing.assert_close(view.target[:, :, 0, :2], view.clean[:, :, 0])
    apart = (view.target - view.target[:, :, :1]) * view.metres
    exact = torch.from_numpy(joints_of(1)).float()
    bones = (exact - exact[:, :1]).norm(dim=-1)
    torch.testing.assert_close(apart[0].norm(dim=-1), bones, atol=2e-4, rtol=1e-4)


def test_hidden_joints_are_missing(footage: FootageSampler) -> None:
    score = torch.ones(50, 40, 17)
    hidden = drop_points(score, NoiseRange(joint_mask=0.2, frame_mask=0.3), generator())
    whole_joints = (hidden == 0).all(1)
    whole_frames = (hidden == 0).all(2)
    assert 0.1 < whole_joints.float().mean() < 0.3
    assert 0.1 < whole_frames.float().mean() < 0.5
    assert ((hidden == 0) == (whole_joints[:, None] | whole_frames[..., None])).all()
    x, _ = observed(footage.all_frames(range(1)))
    assert not x[0, 5:8].any()


def test_windows_with_few_points_are_not_used() -> None:
    score = torch.zeros(3, 10, 17)
    score[0, :4], score[1, :6], score[2] = 0.9, 0.1, 1.0
    assert well_seen(score).tolist() == [False, True, True]
    assert well_seen(score[:1]).tolist() == [True]


def test_a_store_without_detected_people_is_an_error(tmp_path: Path) -> None:
    store = read_store(tiny_footage.write(tmp_path / "store", clips=1))
    nobody = {**store.detections, "state": np.zeros(2 * FRAMES, np.uint8)}
    with pytest.raises(InputError, match="the detector saw nobody in"):
        FootageSampler(type(store)(store.folder, store.settings, store.clips, nobody, store.truth), CPU)


def test_the_edge_of_the_picture_cuts_off_what_lies_beyond() -> None:
    rays = torch.randn(40, 6, 17, 2, generator=generator())
    score = torch.ones(40, 6, 17)
    left = cut_off(rays, score, 1.0, generator(1))
    assert torch.equal(cut_off(rays, score, 0.0, generator(1)), score)
    assert 0.55 < left.mean() < 0.95
    for points, seen in zip(rays.flatten(1, 2), left.flatten(1).bool(), strict=True):
        inside, outside = points[seen], points[~seen]
        beyond = (outside.amin(0) > inside.amax(0)) | (outside.amax(0) < inside.amin(0))
        assert beyond.any()
