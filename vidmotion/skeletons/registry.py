"""Skeletons by name."""

from __future__ import annotations

from vidmotion.errors import InputError
from vidmotion.skeletons.keypoint_sets import BLAZEPOSE33, COCO17, COCO23, HALPE26, OPENPOSE18, OPENPOSE25, POSETRACK17
from vidmotion.skeletons.kinematic_trees import H36M17
from vidmotion.skeletons.skeleton import Skeleton

SKELETONS = {
    skeleton.name: skeleton
    for skeleton in (
        H36M17, BLAZEPOSE33, COCO17, COCO23, HALPE26, OPENPOSE18, OPENPOSE25, POSETRACK17,
    )
}  # fmt: skip


def by_name(name: str) -> Skeleton:
    """The skeleton called `name`.

    Raises:
        InputError: there is none.
    """
    try:
        return SKELETONS[name]
    except KeyError:
        raise InputError(f"unknown skeleton {name!r}; known: {', '.join(SKELETONS)}") from None


def foot_points(name: str) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """The indices of the heels and of the toes of a skeleton, left first; None if it has none.

    Raises:
        InputError: unknown skeleton.
    """
    joints = by_name(name).joints
    for toe in ("foot_index", "big_toe"):
        if f"left_{toe}" in joints:
            (left_heel, right_heel), (left_toe, right_toe) = (
                tuple(joints.index(f"{side}_{part}") for side in ("left", "right")) for part in ("heel", toe)
            )
            return (left_heel, right_heel), (left_toe, right_toe)
    return None
