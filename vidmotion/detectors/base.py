"""The interface of all 2D detectors. A detection has no identity; tracking assigns it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vidmotion.types import Floats, check_shape

Picture = NDArray[np.uint8]
"""(H, W, 3) RGB, upright."""


@dataclass(frozen=True, eq=False)
class Detection:
    """One person in one frame."""

    xy: Floats
    """(J, 2) pixels of the upright picture; points may lie outside it."""
    score: Floats
    """(J,) in 0..1; 0 where a point is missing."""
    box: Floats
    """(4,) x0, y0, x1, y1 in pixels: the bounding box of the points, clipped to the picture."""
    appearance: Floats | None = None
    """(PATCHES, BINS) color histograms of `vidmotion.tracking.appearance`; None if they were not computed."""

    def __post_init__(self) -> None:
        check_shape("Detection", "score", self.score, ("J",))
        check_shape("Detection", "xy", self.xy, (len(self.score), 2))
        check_shape("Detection", "box", self.box, (4,))


class Detector(Protocol):
    """Finds people frame by frame. It may keep state between frames, so it processes one video at a time."""

    @property
    def name(self) -> str:
        """Name of the detector."""
        ...

    @property
    def skeleton(self) -> str:
        """Name of the skeleton of the points."""
        ...

    @property
    def licence(self) -> str:
        """Licence of the weights."""
        ...

    def detect(self, rgb: Picture, index: int) -> list[Detection]:
        """The people in a frame.

        Args:
            rgb: (H, W, 3).
            index: number of the frame in its video; frames come in order.
        """
        ...

    def reset(self, rate: float) -> None:
        """Drop the state of the frames so far. Called before each video.

        A shallow copy of a detector shares its networks, and no state once it was reset.

        Args:
            rate: frames per second of the next video.
        """
        ...


def without_duplicates(certainty: Sequence[float] | Floats, same: Callable[[int, int], bool]) -> list[int]:
    """Indices of N candidates without duplicates of one person, the most certain first.

    Args:
        certainty: (N,) of two candidates for one person, the more certain one is kept.
        same: whether two candidates, the more certain one first, are one person.
    """
    kept: list[int] = []
    for one in sorted(range(len(certainty)), key=lambda index: -certainty[index]):
        if not any(same(other, one) for other in kept):
            kept.append(one)
    return kept
