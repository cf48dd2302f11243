"""The heights of people: stated by the user, or told by the floor under a known camera.

A person who is lifted with another height stands at another distance, and the floor under the feet as far below the
camera as the height is larger. So where the height of the camera above the floor is known, the floor tells heights.
Needs numpy only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vidmotion.lifting.ground import floor_height
from vidmotion.types import ASSUMED, FLOOR, GIVEN, Floats

HEIGHTS = (0.6, 2.2)
"""Metres; heights that the floor may tell. Others come from people who stand on something else."""
LEAST_DROP = 0.5
"""Metres from the floor up to a camera whose height is known, at least: from below, all feet look equally high."""


@dataclass(frozen=True)
class Height:
    """The height of one person."""

    metres: float
    source: str
    """`ASSUMED`, `GIVEN` or `FLOOR`."""


@dataclass(frozen=True, eq=False)
class Standing:
    """A person in axes with Y up, lifted with the stated height."""

    from_camera: Floats
    """(T, 17, 3) metres from the camera to the joints."""
    camera: Floats
    """(T, 3) or (1, 3) metres, where the camera is."""
    times: Floats
    """(T,) seconds."""

    def drop(self, height: float, factor: float = 1.0) -> float:
        """Metres from the camera down to the floor under the person, with `factor` times the stated height."""
        joints = self.camera[:, None] + factor * self.from_camera
        return float(self.camera[:, 1].mean()) - floor_height(joints, factor * height, self.times)


def stated(person: int, general: float, given: Mapping[int, float]) -> Height:
    """The height that the user states for a person, or the general one."""
    return Height(given[person], GIVEN) if person in given else Height(general, ASSUMED)


def from_floor(stated: Sequence[Height], people: Sequence[Standing], camera_is_known: bool) -> list[Height]:
    """The heights of people of one shot; those that were only assumed follow from the floor, where it tells them.

    Args:
        stated: of each person, with which `people` were lifted.
        camera_is_known: whether the floor is at y = 0 in the axes of `people`.
    """
    if not camera_is_known:
        return list(stated)
    return [_above_known_floor(height, person) for height, person in zip(stated, people, strict=True)]


def _above_known_floor(height: Height, person: Standing) -> Height:
    """The height with which the floor under a person is at y = 0."""
    above = float(person.camera[:, 1].mean())
    if height.source == GIVEN or above < LEAST_DROP:
        return height
    factor = 1.0
    for _ in range(3):  # more than once as the camera may rise and fall
        factor *= above / max(person.drop(height.metres, factor), 1e-3)
    metres = factor * height.metres
    return Height(metres, FLOOR) if HEIGHTS[0] <= metres <= HEIGHTS[1] else height
