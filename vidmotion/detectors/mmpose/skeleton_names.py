"""Finds the skeleton of a model by the names of its points. Does not import mmpose."""

from __future__ import annotations

from collections.abc import Sequence

from vidmotion.errors import InputError
from vidmotion.skeletons import COCO17, COCO23, HALPE26, POSETRACK17, Skeleton

SUPPORTED = (HALPE26, COCO23, COCO17, POSETRACK17)
"""Skeletons with feet and the top of the head come first."""


def match_skeleton(names: Sequence[str], source: str) -> tuple[Skeleton, list[int]]:
    """The first supported skeleton whose joints are all among the points, and the indices of these joints.

    Other points, such as the face and hands of COCO-WholeBody, are left out.

    Args:
        names: names of the points, in order.
        source: where the names come from, for the error message.

    Raises:
        InputError: the points contain no supported skeleton.
    """
    places = {_normalized(name): place for place, name in enumerate(names)}
    for skeleton in SUPPORTED:
        if set(skeleton.joints) <= set(places):
            return skeleton, [places[joint] for joint in skeleton.joints]
    known = ", ".join(f"{skeleton.name} ({len(skeleton)} points)" for skeleton in SUPPORTED)
    some = ", ".join(list(names)[:3])
    raise InputError(f"{source}: its {len(names)} points ({some} ...) do not contain any of the skeletons {known}")


def _normalized(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(" ", "_")
