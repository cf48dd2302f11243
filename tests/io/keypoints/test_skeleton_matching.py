"""The skeleton follows from names, documentation or the user; never from the number of points alone."""

import pytest

from vidmotion.errors import InputError
from vidmotion.io.keypoints.skeleton_matching import canonical_name, find_layout
from vidmotion.skeletons import SKELETONS


@pytest.mark.parametrize(
    ("name", "joint"),
    [
        ("LShoulder", "left_shoulder"),
        ("Lknee", "left_knee"),
        ("RIGHT_EYE_INNER", "right_eye_inner"),
        ("MOUTH_LEFT", "mouth_left"),
        ("MidHip", "hip"),
        ("R.BigToe", "right_big_toe"),
        ("face-0", "face0"),
    ],
)
def test_spellings(name: str, joint: str) -> None:
    assert canonical_name(name) == joint


@pytest.mark.parametrize("skeleton", list(SKELETONS))
def test_a_skeletons_own_names_mean_it(skeleton: str) -> None:
    names = SKELETONS[skeleton].joints
    layout = find_layout("x", len(names), names, {}, None)
    assert (layout.skeleton, layout.indices) == (skeleton, tuple(range(len(names))))


def test_the_body_comes_first_in_wholebody_and_halpe136() -> None:
    names = (*SKELETONS["coco23"].joints, *(f"face-{i}" for i in range(68)), *(f"left_hand_{i}" for i in range(42)))
    assert find_layout("x", 133, names, {}, None).skeleton == "coco23"
    assert find_layout("x", 133, (), {}, "coco23").indices == tuple(range(23))
    assert find_layout("x", 136, (), {}, "halpe26").indices == tuple(range(26))


@pytest.mark.parametrize(
    ("points", "skeleton", "message"),
    [
        (17, None, "pass `skeleton=h36m17` or `skeleton=coco17` or `skeleton=posetrack17`"),
        (133, None, "`skeleton=coco23`"),
        (26, None, "`skeleton=halpe26`"),
        (21, None, "not known.*`skeleton` can be.*coco17 .17."),
        (26, "coco17", "coco17 has 17 points, the file 26; choose another `skeleton`"),
        (17, "stickman", "unknown skeleton 'stickman'; known: h36m17"),
    ],
)
def test_a_number_of_points_alone_is_not_enough(points: int, skeleton: str | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        find_layout("AlphaPose's results", points, (), {}, skeleton)


def test_names_without_limbs_are_refused() -> None:
    with pytest.raises(InputError, match=r"lacks points named .*left_knee"):
        find_layout("x", 2, ("nose", "left_hip"), {}, None)
