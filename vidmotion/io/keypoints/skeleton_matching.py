"""Which skeleton the points of a file are, and where its joints stand among them.

By the user's word, by names, or by what the format's documentation states; never by their number alone.
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
"""Without these there is nothing to lift."""
LONGER = {"coco23": (133,), "halpe26": (68, 136)}
"""Numbers of points of which a skeleton is the beginning: COCO-WholeBody, Halpe without and with the face."""
SPELLINGS = {"midhip": "hip"}
"""Names of the same points that differ by more than the side, capitals and underscores."""


@dataclass(frozen=True)
class Layout:
    """Where the joints of a skeleton stand among the points of a file."""

    skeleton: str
    places: tuple[int, ...]
    """Of each joint; -1 for one that the file lacks."""
    points: int
    """How many the file has."""

    def take(self, points: Floats, frame: int) -> Floats:
        """(J, 3) from (P, 3); joints that are lacking are missing points.

        Raises:
            InputError: another number of points.
        """
        if len(points) != self.points:
            raise InputError(
                f"frame {frame}: wanted {self.points} points as in the first frame, received {len(points)}"
            )
        places = np.array(self.places)
        taken: Floats = np.where(places[:, None] < 0, 0, points[places])
        return taken


def find_layout(
    form: str, points: int, names: Sequence[str], documented: Mapping[int, str], told: str | None
) -> Layout:
    """The layout of a file.

    Args:
        form: name of the format, for messages.
        points: how many there are.
        names: of them, if the file tells.
        documented: skeletons by number of points, where the format's documentation states them.
        told: the user's word.

    Raises:
        InputError: it cannot be told, or what is told does not fit.
    """
    if told is not None:
        return _told(by_name(told), points, "leave --skeleton out" if names else "choose another --skeleton")
    if names:
        if len(names) != points:
            raise InputError(f"names {len(names)} points and has {points}; the file is damaged")
        return _named(names)
    if points in documented:
        return _told(by_name(documented[points]), points)
    fitting = [name for name in SKELETONS if points in _lengths(SKELETONS[name])]
    if not fitting:
        known = ", ".join(f"{name} ({'/'.join(map(str, _lengths(one)))})" for name, one in SKELETONS.items())
        raise InputError(f"{form} with {points} points is not known; --skeleton can be {known}")
    raise InputError(
        f"{form} does not say what its {points} points are; say it with --skeleton {' or --skeleton '.join(fitting)}"
    )


def _lengths(skeleton: Skeleton) -> tuple[int, ...]:
    return (len(skeleton), *LONGER.get(skeleton.name, ()))


def _told(skeleton: Skeleton, points: int, advice: str = "") -> Layout:
    if points not in _lengths(skeleton):
        wanted = " or ".join(map(str, _lengths(skeleton)))
        raise InputError(f"skeleton {skeleton.name} has {wanted} points, the file {points}; {advice}")
    return Layout(skeleton.name, tuple(range(len(skeleton))), points)


def _named(names: Sequence[str]) -> Layout:
    """The skeleton with most of the names; of several the smallest."""
    places: dict[str, int] = {}
    for place, name in enumerate(names):
        places.setdefault(canonical(name), place)
    lacking = [joint for joint in LIMBS if joint not in places]
    if lacking:
        raise InputError(f"lacks points named {', '.join(lacking)}; it has {', '.join(names)[:300]}")
    skeleton = max(SKELETONS.values(), key=lambda one: (len(places.keys() & set(one.joints)), -len(one)))
    return Layout(skeleton.name, tuple(places.get(joint, -1) for joint in skeleton.joints), len(names))


def canonical(name: str) -> str:
    """`LShoulder`, `LEFT_SHOULDER`, `left shoulder`: left_shoulder; a name that is not known stays."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    return _KNOWN.get(plain, plain)


def _spellings() -> dict[str, str]:
    known = dict(SPELLINGS)
    for skeleton in SKELETONS.values():
        for joint in skeleton.joints:
            side, _, rest = joint.partition("_")
            plain = rest.replace("_", "")
            known[joint.replace("_", "")] = joint
            if side in ("left", "right"):
                known[side[0] + plain] = joint
    return known


_KNOWN = _spellings()
