"""Skeletons are trees with mirrors; conversion keeps what is missing missing."""

import numpy as np
import pytest

from vidmotion.errors import InputError
from vidmotion.skeletons import BLAZEPOSE33, H36M17, OPENPOSE25, SKELETONS, Skeleton, by_name, convert
from vidmotion.types import Keypoints2D


def blaze(frames: int = 2) -> Keypoints2D:
    rng = np.random.default_rng(0)
    return Keypoints2D(rng.uniform(0, 500, (frames, 33, 2)), rng.uniform(0.5, 1, (frames, 33)), "blazepose33")


@pytest.mark.parametrize("skeleton", SKELETONS.values(), ids=lambda s: s.name)
def test_mirrors_pair_left_with_right(skeleton: Skeleton) -> None:
    for joint, other in enumerate(skeleton.mirror):
        swapped = skeleton.joints[joint].replace("left", "RIGHT").replace("right", "left").replace("RIGHT", "right")
        assert skeleton.joints[other] == swapped


def test_parents_come_before_their_children() -> None:
    assert all(parent < child for parent, child in H36M17.bones)
    assert len(H36M17.bones) == 16


def test_conversion_moves_with_the_picture() -> None:
    points = blaze()
    moved = Keypoints2D(points.xy + np.array([30.0, -7.0]), points.score, points.skeleton)
    difference = convert(moved, "h36m17").xy - convert(points, "h36m17").xy
    np.testing.assert_allclose(difference, np.broadcast_to([30.0, -7.0], difference.shape), atol=1e-3)


def test_conversion_keeps_left_and_right_apart() -> None:
    points = blaze()
    flipped = Keypoints2D(points.xy[:, BLAZEPOSE33.mirror], points.score[:, BLAZEPOSE33.mirror], points.skeleton)
    np.testing.assert_allclose(convert(flipped, "h36m17").xy, convert(points, "h36m17").xy[:, H36M17.mirror], atol=1e-3)


def test_a_joint_built_of_a_missing_point_is_missing() -> None:
    points = blaze()
    points.score[0, BLAZEPOSE33.joints.index("left_wrist")] = 0
    score = convert(points, "h36m17").score
    assert score[0, H36M17.joints.index("left_wrist")] == 0
    assert (score[1] > 0).all()


def test_unknown_skeletons_are_named() -> None:
    with pytest.raises(InputError, match="unknown skeleton 'coco'; known: h36m17"):
        by_name("coco")
    with pytest.raises(InputError, match="no conversion from skeleton 'h36m17' to 'blazepose33'"):
        convert(Keypoints2D(np.zeros((1, 17, 2)), np.ones((1, 17)), "h36m17"), "blazepose33")


@pytest.mark.parametrize("skeleton", ["coco17", "coco23", "halpe26", "openpose18", "openpose25", "posetrack17"])
def test_labelled_points_stand_where_bodies_have_them(skeleton: str) -> None:
    middle = {"nose": 160, "head_bottom": 148, "head_top": 174, "head": 174, "neck": 140, "hip": 90}
    place = {name: (0, y) for name, y in middle.items()} | {
        f"{side}_{name}": (sign * x, y)
        for side, sign in (("left", 1), ("right", -1))
        for name, x, y in (
            ("eye", 3, 164), ("ear", 8, 162), ("shoulder", 18, 140), ("elbow", 20, 110), ("wrist", 20, 85),
            ("hip", 10, 90), ("knee", 10, 50), ("ankle", 10, 8),
            ("heel", 10, 2), ("big_toe", 9, 1), ("small_toe", 14, 1),
        )
    }  # fmt: skip
    names = by_name(skeleton).joints
    points = Keypoints2D(np.array([[place[name] for name in names]], float), np.ones((1, len(names))), skeleton)
    joints = dict(zip(H36M17.joints, convert(points, "h36m17").xy[0], strict=True))
    assert joints["left_knee"].tolist() == [10, 50]
    assert joints["root"].tolist() == [0, 90]
    assert joints["spine"].tolist() == [0, 115]
    assert joints["thorax"].tolist() == [0, 140]
    np.testing.assert_allclose(joints["neck"], [0, 161], atol=2)
    np.testing.assert_allclose(joints["head"], [0, 174], atol=2)


def test_an_ear_behind_the_head_costs_no_head() -> None:
    rng = np.random.default_rng(1)
    points = Keypoints2D(rng.uniform(0, 500, (1, 25, 2)), np.full((1, 25), 0.8), "openpose25")
    left, right = (OPENPOSE25.joints.index(f"{side}_ear") for side in ("left", "right"))
    points.score[0, left] = 0
    joints = convert(points, "h36m17")
    neck = H36M17.joints.index("neck")
    np.testing.assert_allclose(joints.xy[0, neck], points.xy[0, right], atol=1e-3)
    np.testing.assert_allclose(joints.score[0, neck], 0.6, atol=1e-6)
