"""Up and the floor, smoothed over time, for people who are lifted again with every new window. Numpy only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vidmotion.geometry.vectors import unit
from vidmotion.lifting import ground
from vidmotion.types import Floats

SMOOTHING = 0.1
"""Weight of each new estimate of up and of the floor."""


class SteadyGround:
    """A level world whose origin lies below the point where the first person began."""

    def __init__(self, height: float) -> None:
        """Begin without an estimate.

        Args:
            height: of the people, in metres.
        """
        self._height = height
        self._up: Floats | None = None
        self._start: Floats | None = None
        self._floors: dict[int, float] = {}

    def to_world(self, people: dict[int, Floats], times: Sequence[Floats]) -> dict[int, Floats]:
        """The people in the world, by id: metres, Y up, the floor at y = 0.

        Args:
            people: by id, (T, 17, 3) metres in camera axes.
            times: (T,) seconds of each person's frames.
        """
        seen = ground.level(list(people.values()), list(times))[1]
        self._up = seen if self._up is None else unit((1 - SMOOTHING) * self._up + SMOOTHING * seen)
        to_world = ground.world_axes(self._up)
        found = {}
        for (number, joints), at in zip(people.items(), times, strict=True):
            raised = joints @ to_world.T
            floor = ground.floor_height(raised, self._height, at)
            before = self._floors.get(number, floor)
            self._floors[number] = floor = before + SMOOTHING * (floor - before)
            if self._start is None:
                self._start = raised[-1, 0] * [1, 0, 1]
            found[number] = raised - self._start - np.array([0.0, floor, 0.0])
        return found
