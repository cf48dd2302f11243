"""An exercise: the key postures of one repetition, and how keys are put together. Numpy only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from vidmotion.data.exercises.build import Build
from vidmotion.data.exercises.posture import PARTS, Posture, pair, vector
from vidmotion.geometry.vectors import unit

Rng = np.random.Generator
Choice = TypeVar("Choice")
Key = tuple[float, Posture]
"""Seconds from the key before, and the posture that is reached then."""


@dataclass(frozen=True, eq=False)
class Exercise:
    """One repetition of an exercise: it begins and ends with the last key."""

    name: str
    keys: list[Key]
    planted: bool = False
    """Whether the hands are in the world and not relative to the shoulders."""

    sway: float = 1.0
    """Share of the sway of somebody who stands."""

    def mirrored(self) -> Exercise:
        """The exercise with left and right exchanged."""
        return replace(self, keys=_mirrored(self.keys))


_OPPOSITE = -0.4
"""Cosine of the angle between two directions of a hand beyond which the hand moves around its shoulder."""
_AROUND = (0.8, 0.0, 0.7)
"""Direction, outwards, up and forwards, in which it does so."""

Drawn = Callable[[Build, Rng], Exercise]
"""Draws one person's way of doing an exercise."""


def degrees(rng: Rng, low: float, high: float) -> float:
    """Radians, drawn between two angles in degrees."""
    return float(np.radians(rng.uniform(low, high)))


def chosen(rng: Rng, *choices: Choice) -> Choice:
    """One of several, each as often as the others."""
    return choices[rng.integers(len(choices))]


def there_and_back(
    far: Posture, near: Posture, pace: float, hold: float, rest: float, back: float | None = None
) -> list[Key]:
    """From `near` to `far`, and back.

    Args:
        pace: seconds of the way there.
        hold: seconds at `far`.
        rest: seconds at `near`.
        back: seconds of the way back; as many as there if it is None.
    """
    back = pace if back is None else back
    return [*_way(near, far, pace), (hold, far), *_way(far, near, back), (rest, near)]


def both_sides(keys: list[Key]) -> list[Key]:
    """The keys, and then the same with left and right exchanged."""
    return keys + _mirrored(keys)


def halfway(start: Posture, end: Posture) -> Posture:
    """The mean of two postures."""
    return Posture(**{part: (getattr(start, part) + getattr(end, part)) / 2 for part in PARTS})


def stepping(start: Posture, end: Posture, lift: float) -> Posture:
    """Half the way between two postures, with the feet `lift` metres higher that are moved."""
    half = halfway(start, end)
    moving = np.linalg.norm(end.ankles - start.ankles, axis=1) > 0.1
    return replace(half, ankles=half.ankles + lift * moving[:, None] * vector(y=1.0))


def _way(start: Posture, end: Posture, seconds: float) -> list[Key]:
    """To another posture, with a key between them for hands that move to the opposite side of their shoulders."""
    opposite = (unit(start.hands) * unit(end.hands)).sum(axis=-1) < _OPPOSITE
    if not opposite.any():
        return [(seconds, end)]
    half = halfway(start, end)
    around = unit(start.hands) + unit(end.hands) + pair(*_AROUND)
    hands = np.where(opposite[:, None], unit(around) * half.reach[:, None], half.hands)
    return [(seconds / 2, replace(half, hands=hands)), (seconds / 2, end)]


def _mirrored(keys: list[Key]) -> list[Key]:
    return [(seconds, posture.mirrored()) for seconds, posture in keys]
