"""How people hold their arms, in axes of the chest. Numpy only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from vidmotion.data.exercises.exercise import Rng, chosen
from vidmotion.data.exercises.posture import LEFT, RIGHT, Posture, pair
from vidmotion.geometry.vectors import unit
from vidmotion.types import Floats

Direction = tuple[float, float, float]


@dataclass(frozen=True)
class Arms:
    """Where the left hand is; the right one is its mirror image."""

    hand: Direction
    """From the shoulder to the wrist, in arm's lengths: outwards, up, forwards."""
    elbow: Direction = (0.7, -1.0, 0.0)
    """In which the elbow points."""


HANGING = Arms((0.12, -0.985, 0.06), (0.4, -0.5, -0.8))
SIDEWAYS = Arms((0.993, 0.02, 0.05), (0.2, -1.0, -0.4))
FORWARDS = Arms((0.02, 0.0, 0.993))
OVERHEAD = Arms((0.06, 0.99, 0.05), (1.0, 0.0, 0.1))
JOINED_OVERHEAD = Arms((-0.26, 0.9, 0.05), (1.0, 0.0, 0.1))
ON_HIPS = Arms((0.16, -0.6, 0.02), (0.9, 0.1, -0.8))
CLASPED = Arms((-0.28, -0.2, 0.42))
BEHIND_HEAD = Arms((-0.26, 0.34, -0.06), (1.0, 0.7, 0.3))
AT_SHOULDERS = Arms((0.12, 0.02, 0.2))


def with_arms(posture: Posture, left: Arms, right: Arms | None = None) -> Posture:
    """The posture with the hands elsewhere; the right arm does as the left one if it is None."""
    sides = (left, left if right is None else right)
    hands = np.stack([pair(*arms.hand)[side] for side, arms in zip((LEFT, RIGHT), sides, strict=True)])
    elbows = np.stack([pair(*arms.elbow)[side] for side, arms in zip((LEFT, RIGHT), sides, strict=True)])
    return with_hands(posture, hands, elbows)


def with_hands(posture: Posture, hands: Floats, elbows: Floats) -> Posture:
    """The posture with the hands elsewhere.

    Args:
        hands: (2, 3) from the shoulders to the wrists, in arm's lengths, in axes of the chest.
        elbows: (2, 3) directions in which the elbows point.
    """
    return replace(posture, hands=hands, reach=np.linalg.norm(hands, axis=-1), elbows=elbows)


Hold = Callable[[Posture, bool], Posture]
"""The posture with the arms that belong to its lower (True) or upper (False) end."""
_HOLDS = (
    HANGING, FORWARDS, CLASPED, ON_HIPS, BEHIND_HEAD, AT_SHOULDERS, OVERHEAD, SIDEWAYS,
)  # fmt: skip
_STILL = 0.35
"""Share of the people who hold their arms in a squat or a lunge as they do upright."""


def draw_hold(rng: Rng) -> Hold:
    """How somebody holds their arms in a squat or a lunge."""
    up, down = chosen(rng, HANGING, chosen(rng, *_HOLDS)), chosen(rng, *_HOLDS)
    up, down = (down, down) if rng.random() < _STILL else (up, down)
    shift, reach = rng.normal(0, 0.05, 3), rng.uniform(0.985, 1.003)

    def hold(posture: Posture, low: bool) -> Posture:
        arms = down if low else up
        place = np.array(arms.hand)
        outwards, upwards, forwards = unit(place + shift) * np.linalg.norm(place) * reach
        return with_arms(posture, Arms((outwards, upwards, forwards), arms.elbow))

    return hold
