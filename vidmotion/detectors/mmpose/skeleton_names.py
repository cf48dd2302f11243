"""Which skeleton a data set's points make, by their names. Numpy and skeletons only."""

from __future__ import annotations

from collections.abc import Sequence

from vidmotion.errors import InputError
from vidmotion.skeletons import COCO17, COCO23, HALPE26, POSETRACK17, Skeleton

SUPPORTED = (HALPE26, COCO23, COCO17, POSETRACK17)
"""Those with more of what is wanted first: feet and the top of the head."""


def match(names: Sequence[str], source: str) -> tuple[Skeleton, list[int]]:
    """The skeleton that is among the points, and where its joints are.

    Points that it has not, such as the face and hands of COCO-WholeBody, are left out.

    Args:
        names: of the points, in their order.
        source: where they come from, for the message.

    Raises:
        InputError: the points make no skeleton that can be lifted.
    """
    places = {_plain(name): place for place, name in enumerate(names)}
    for skeleton in SUPPORTED:
        if set(skeleton.joints) <= set(places):
            return skeleton, [places[joint] for joint in skeleton.joints]
    known = ", ".join(f"{skeleton.name} ({len(skeleton)} points)" for skeleton in SUPPORTED)
    some = ", ".join(list(names)[:3])
    raise InputError(f"{source}: its {len(names)} points ({some} ...) do not hold one of the skeletons {known}")


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(" ", "_")
