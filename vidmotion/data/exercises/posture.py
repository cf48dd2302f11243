"""A posture in terms that people use: where hips, feet and hands are, how far the trunk bends. Numpy only.

World axes: metres, Y up, the floor at y = 0; a person who stands faces +Z, and their left is +X.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace

import numpy as np

from vidmotion.types import Floats

LEFT, RIGHT = 0, 1


def vector(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Floats:
    """(3,) a point, a direction, or the three angles of a part of the body."""
    return np.array([x, y, z])


def both(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Floats:
    """(2, 3) the same for both sides."""
    return np.array([[x, y, z], [x, y, z]])


def pair(outwards: float, up: float, forwards: float) -> Floats:
    """(2, 3) a vector of the left side and its mirror image."""
    return np.array([[outwards, up, forwards], [-outwards, up, forwards]])


@dataclass(frozen=True, eq=False)
class Posture:
    """One posture, or, with an axis of time before the others, T of them."""

    hips: Floats
    """(3,) metres, the middle between the hip joints."""
    ankles: Floats
    """(2, 3) metres, left and right."""
    pelvis: Floats = field(default_factory=vector)
    """(3,) radians: tilted forwards, turned to the left, bent to the right."""
    trunk: Floats = field(default_factory=vector)
    """(3,) radians, the same of the chest against the pelvis."""
    head: Floats = field(default_factory=vector)
    """(3,) radians, the same of the head against the chest."""
    soles: Floats = field(default_factory=lambda: np.zeros((2, 3)))
    """(2, 3) radians: toes down, toes turned outwards, soles turned inwards. 0 lies flat on the floor and points
    forwards."""
    knees: Floats = field(default_factory=lambda: pair(0.1, 0.0, 1.0))
    """(2, 3) directions in the world in which bent knees point."""
    hands: Floats = field(default_factory=lambda: pair(0.12, -0.985, 0.06))
    """(2, 3) from the shoulders to the wrists, in arm's lengths, in axes of the chest: x to its left, y up, z forwards;
    or metres in the world where the hands are planted, palms down and fingers along +Z."""
    reach: Floats = field(default_factory=lambda: np.full(2, 0.994))
    """(2,) arm's lengths that the wrists are from the shoulders, also on their way to another posture; not used where
    the hands are planted."""
    elbows: Floats = field(default_factory=lambda: pair(0.4, -0.5, -0.8))
    """(2, 3) directions in axes of the chest in which bent elbows point."""

    def shifted(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Posture:
        """The posture with the hips moved by metres to the left, up and forwards; feet stay where they are."""
        return replace(self, hips=self.hips + vector(x, y, z))

    def at_height(self, y: float) -> Posture:
        """The posture with the hips `y` metres above the floor."""
        return replace(self, hips=vector(self.hips[0], y, self.hips[2]))

    def with_leg(self, side: int, ankle: Floats, sole: Floats | None = None, knee: Floats | None = None) -> Posture:
        """The posture with one foot elsewhere.

        Args:
            side: `LEFT` or `RIGHT`.
            ankle: (3,) metres.
            sole: (3,) radians as in `soles`; None is flat.
            knee: (3,) direction in which the knee points; None leaves it as it is.
        """
        ankles, soles, knees = self.ankles.copy(), self.soles.copy(), self.knees.copy()
        ankles[side], soles[side] = ankle, vector() if sole is None else sole
        if knee is not None:
            knees[side] = knee
        return replace(self, ankles=ankles, soles=soles, knees=knees)

    def mirrored(self) -> Posture:
        """The posture with left and right exchanged."""
        sides, flip, turn = [RIGHT, LEFT], np.array([-1.0, 1.0, 1.0]), np.array([1.0, -1.0, -1.0])
        swapped = {name: getattr(self, name)[sides] * flip for name in ("ankles", "knees", "hands", "elbows")}
        turned = {name: getattr(self, name) * turn for name in ("pelvis", "trunk", "head")}
        soles, reach = self.soles[sides], self.reach[sides]
        return replace(self, hips=self.hips * flip, soles=soles, reach=reach, **swapped, **turned)


PARTS = tuple(part.name for part in fields(Posture))


def flatten(postures: Sequence[Posture]) -> Floats:
    """(N, D) all numbers of N postures."""
    return np.stack([np.concatenate([np.ravel(getattr(one, part)) for part in PARTS]) for one in postures])


def unflatten(numbers: Floats, like: Posture) -> Posture:
    """T postures in one, of numbers (T, D) in the order of `flatten`; `like` is one of them, for its shapes."""
    parts, start = {}, 0
    for part in PARTS:
        shape = getattr(like, part).shape
        end = start + int(np.prod(shape))
        parts[part] = numbers[:, start:end].reshape(-1, *shape)
        start = end
    return Posture(**parts)
