"""The floor under people who are lifted again and again: it settles instead of jumping. Numpy only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vidmotion.geometry.vectors import unit
from vidmotion.lifting import ground
from vidmotion.types import Floats

SETTLES = 0.1
"""Share by which each new look moves what is known of up and of the floor."""


class Ground:
    """A level world, in which the first person began above the origin."""

    def __init__(self, height: float) -> None:
        """
        Args:
            height: stature in metres.
        """
        self._height = height
        self._up: Floats | None = None
        self._start: Floats | None = None
        self._floors: dict[int, float] = {}

    def stand(self, people: dict[int, Floats], times: Sequence[Floats]) -> dict[int, Floats]:
        """Everybody in the world: metres, Y up, the floor at y = 0.

        Args:
            people: by id, (T, 17, 3) metres in camera axes.
            times: (T,) seconds of each.
        """
        seen = ground.level(list(people.values()), list(times))[1]
        self._up = seen if self._up is None else unit((1 - SETTLES) * self._up + SETTLES * seen)
        to_world = ground.world_axes(self._up)
        found = {}
        for (number, joints), at in zip(people.items(), times, strict=True):
            raised = joints @ to_world.T
            floor = ground.floor_height(raised, self._height, at)
            before = self._floors.get(number, floor)
            self._floors[number] = floor = before + SETTLES * (floor - before)
            if self._start is None:
                self._start = raised[-1, 0] * [1, 0, 1]
            found[number] = raised - self._start - np.array([0.0, floor, 0.0])
        return found
