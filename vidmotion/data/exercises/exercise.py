"""An exercise: the key postures of one repetition, and how keys are put together. Numpy only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from vidmotion.data.exercises.build import Build
from vidmotion.data.exercises.posture import PARTS, Posture, pair, vector
from vidmotion.geometry.vectors import unit
from vidmotion.types import Bools

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


_OPPOSITE = 0.0
"""Cosine of the angle between two directions of a hand from which on the hand moves around its shoulder."""
_AROUND = (0.7, 0.5, 0.8)
"""Direction, outwards, up and forwards, in which it does so."""

Drawn = Callable[[Build, Rng], Exercise]
"""Draws one person's way of doing an exercise."""


def degrees(rng: Rng, low: float, high: float) -> float:
    """Radians, drawn between two angles in degrees."""
    return float(np.radians(rng.uniform(low, high)))


def chosen(rng: Rng, *choices: Choice) -> Choice:
    """One of several, each as often as the others."""
    return choices[rng.integers(len(choices))]


def way(start: Posture, end: Posture, seconds: float) -> list[Key]:
    """Keys from one posture to another, by way of `halfway` where a hand moves to the opposite side of its shoulder."""
    if _opposite(start, end).any():
        return [(seconds / 2, halfway(start, end)), (seconds / 2, end)]
    return [(seconds, end)]


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
    return [*way(near, far, pace), (hold, far), *way(far, near, back), (rest, near)]


def both_sides(keys: list[Key]) -> list[Key]:
    """The keys, and then the same with left and right exchanged."""
    return keys + _mirrored(keys)


def halfway(start: Posture, end: Posture) -> Posture:
    """The mean of two postures; a hand that moves to the opposite side of its shoulder is outwards and in front."""
    half = Posture(**{part: (getattr(start, part) + getattr(end, part)) / 2 for part in PARTS})
    around = unit(unit(start.hands) + unit(end.hands) + pair(*_AROUND)) * half.reach[:, None]
    return replace(half, hands=np.where(_opposite(start, end)[:, None], around, half.hands))


def stepping(start: Posture, end: Posture, lift: float) -> Posture:
    """Half the way between two postures, with the feet `lift` metres higher that are moved."""
    half = halfway(start, end)
    moving = np.linalg.norm(end.ankles - start.ankles, axis=1) > 0.1
    return replace(half, ankles=half.ankles + lift * moving[:, None] * vector(y=1.0))


def _opposite(start: Posture, end: Posture) -> Bools:
    """(2,) whether the directions of each hand are nearly opposite."""
    return (unit(start.hands) * unit(end.hands)).sum(axis=-1) < _OPPOSITE


def _mirrored(keys: list[Key]) -> list[Key]:
    return [(seconds, posture.mirrored()) for seconds, posture in keys]
