"""Highs and lows of a signal. Numpy only."""

from __future__ import annotations

from dataclasses import dataclass

from vidmotion.types import Floats


@dataclass(frozen=True)
class TurningPoint:
    """A value from which a signal turns back."""

    index: int
    is_high: bool


def turning_points(values: Floats, least_swing: float) -> list[TurningPoint]:
    """The turning points of a signal (T,), highs and lows by turns.

    After each of them, and before each but the first, the signal moves by `least_swing` at least. What the signal does
    after its last turning point is no turning point yet.
    """
    found: list[TurningPoint] = []
    low = high = 0
    rising: bool | None = None
    for index in range(len(values)):
        if values[index] > values[high]:
            high = index
        if values[index] < values[low]:
            low = index
        if rising is not False and values[high] - values[index] >= least_swing:
            found.append(TurningPoint(high, is_high=True))
            rising, low = False, index
        elif rising is not True and values[index] - values[low] >= least_swing:
            found.append(TurningPoint(low, is_high=False))
            rising, high = True, index
    return found
