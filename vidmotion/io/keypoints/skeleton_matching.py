"""Which skeleton the points of a file form, and the index of each joint among them.

The user names the skeleton, or the names of the points or the format's documentation determine it. It is never guessed
from the number of points alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vidmotion.errors import InputError
from vidmotion.skeletons import SKELETONS, Skeleton, by_name
from vidmotion.types import Floats

LIMBS = tuple(
    f"{side}_{joint}" for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle") for side in ("left", "right")
)
"""Joints without which a person cannot be lifted."""
LONGER = {"coco23": (133,), "halpe26": (68, 136)}
"""Numbers of points in sets that begin with a skeleton: COCO-WholeBody, Halpe without and with the face."""
SYNONYMS = {"midhip": "hip"}
"""Other names of joints; differences in the side, in capitals and in underscores are handled anyway."""


@dataclass(frozen=True)
class Layout:
    """The index of each joint of a skeleton among the points of a file."""

    skeleton: str
    indices: tuple[int, ...]
    """One for each joint; -1 if the file lacks it."""
    point_count: int
    """Number of points in the file."""

    def select(self, points: Floats, frame: int | str) -> Floats:
        """The joints (J, 3) among the points (P, 3) of a frame; joints that the file lacks are missing points.

        Raises:
            InputError: the number of points is another one.
        """
        if len(points) != self.point_count:
            raise InputError(
                f"frame {frame}: wanted {self.point_count} points as in the first frame, received {len(points)}"
            )
        indices = np.array(self.indices)
        joints: Floats = np.where(indices[:, None] < 0, 0, points[indices])
        return joints


def find_layout(
    format_name: str,
    point_count: int,
    point_names: Sequence[str],
    documented_skeletons: Mapping[int, str],
    skeleton: str | None,
) -> Layout:
    """The layout of a file.

    Args:
        format_name: for messages.
        point_count: number of points of a person.
        point_names: names of the points, if the file has them.
        documented_skeletons: by number of points, if the format's documentation states them.
        skeleton: the user's choice; None determines it from the other arguments.

    Raises:
        InputError: the skeleton cannot be determined, or does not fit.
    """
    if skeleton is not None:
        advice = "leave `skeleton` out" if point_names else "choose another `skeleton`"
        return _in_order(by_name(skeleton), point_count, advice)
    if point_names:
        if len(point_names) != point_count:
            raise InputError(f"names {len(point_names)} points and has {point_count}; the file is damaged")
        return _by_names(point_names)
    if point_count in documented_skeletons:
        return _in_order(by_name(documented_skeletons[point_count]), point_count)
    fitting = [name for name in SKELETONS if point_count in _lengths(SKELETONS[name])]
    if not fitting:
        known = ", ".join(f"{name} ({'/'.join(map(str, _lengths(one)))})" for name, one in SKELETONS.items())
        raise InputError(f"{format_name} with {point_count} points is not known; `skeleton` can be {known}")
    choices = " or ".join(f"`skeleton={name}`" for name in fitting)
    raise InputError(f"{format_name} does not name the skeleton of its {point_count} points; pass {choices}")


def _lengths(skeleton: Skeleton) -> tuple[int, ...]:
    return (len(skeleton), *LONGER.get(skeleton.name, ()))


def _in_order(skeleton: Skeleton, point_count: int, advice: str = "") -> Layout:
    """The layout of points in the order of a skeleton, with or without further points after them."""
    if point_count not in _lengths(skeleton):
        wanted = " or ".join(map(str, _lengths(skeleton)))
        raise InputError(f"skeleton {skeleton.name} has {wanted} points, the file {point_count}; {advice}")
    return Layout(skeleton.name, tuple(range(len(skeleton))), point_count)


def _by_names(names: Sequence[str]) -> Layout:
    """The layout for the skeleton that has most of the names; if several have, for the smallest one."""
    index_of: dict[str, int] = {}
    for index, name in enumerate(names):
        index_of.setdefault(canonical_name(name), index)
    lacking = [joint for joint in LIMBS if joint not in index_of]
    if lacking:
        raise InputError(f"lacks points named {', '.join(lacking)}; it has {', '.join(names)[:300]}")
    skeleton = max(SKELETONS.values(), key=lambda one: (len(index_of.keys() & set(one.joints)), -len(one)))
    return Layout(skeleton.name, tuple(index_of.get(joint, -1) for joint in skeleton.joints), len(names))


def canonical_name(name: str) -> str:
    """Our name of a joint, such as left_shoulder for `LShoulder`, `LEFT_SHOULDER` or `shoulder_l`.

    An unknown name comes back in small letters and digits.
    """
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    return _SPELLINGS.get(plain, plain)


def _spellings() -> dict[str, str]:
    spellings = dict(SYNONYMS)
    for skeleton in SKELETONS.values():
        for joint in skeleton.joints:
            side, _, rest = joint.partition("_")
            plain = rest.replace("_", "")
            spellings[joint.replace("_", "")] = joint
            if side in ("left", "right"):
                for spelling in (side[0] + plain, plain + side, plain + side[0]):
                    spellings.setdefault(spelling, joint)
    return spellings


_SPELLINGS = _spellings()
