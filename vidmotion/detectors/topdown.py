"""A top-down `Detector`: first the people, then the points of each. Depends on no library of networks."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from vidmotion.detectors.base import Detection, Picture, without_duplicates
from vidmotion.types import Floats

SAME_POSE = 0.05
"""Two poses are of one person if the median distance of their points is smaller, in diagonals of the pose with the
higher score. Poses are compared and not boxes, because boxes may overlap almost completely where people dance together.
mmpose's `nearby_joints_nms` uses the same value."""


class PersonFinder(Protocol):
    """Finds the boxes of people."""

    def find(self, rgb: Picture) -> tuple[Floats, Floats]:
        """Boxes (N, 4) in pixels and scores (N,) in 0..1."""
        ...


class PoseEstimator(Protocol):
    """Finds the points of people in boxes."""

    skeleton: str

    def read(self, rgb: Picture, boxes: Floats) -> tuple[Floats, Floats]:
        """(N, J, 2) pixels and scores (N, J) in 0..1 of the people in boxes (N, 4)."""
        ...


class TopDownDetector:
    """Treats each frame by itself; all people of a frame are one batch."""

    def __init__(self, name: str, licence: str, people: PersonFinder, poses: PoseEstimator) -> None:
        self.name, self.licence, self.skeleton = name, licence, poses.skeleton
        self._people, self._poses = people, poses

    def reset(self, rate: float) -> None:
        """Does nothing: no state is kept between frames."""

    def detect(self, rgb: Picture, index: int) -> list[Detection]:
        """The people in a frame, the highest score first."""
        boxes, person_score = self._people.find(rgb)
        if not len(boxes):
            return []
        xy, score = self._poses.read(rgb, boxes)
        found = [_detection(xy[one], score[one], rgb) for one in distinct(xy, person_score)]
        return [detection for detection in found if detection is not None]


def distinct(xy: Floats, person_score: Floats) -> list[int]:
    """Indices of the poses without duplicates of one person, the highest score first.

    Args:
        xy: (N, J, 2) pixels.
        person_score: (N,) scores of the people.
    """
    return without_duplicates(person_score, lambda better, other: _same(xy[better], xy[other]))


def _same(better: Floats, other: Floats) -> bool:
    apart = np.median(np.linalg.norm(better - other, axis=1))
    return bool(apart < SAME_POSE * np.linalg.norm(np.ptp(better, axis=0)))


def _detection(xy: Floats, score: Floats, rgb: Picture) -> Detection | None:
    """None if no point lies in the picture."""
    seen = xy[score > 0]
    if not len(seen):
        return None
    edges = np.array([rgb.shape[1], rgb.shape[0]])
    (x0, y0), (x1, y1) = seen.min(0).clip(0, edges), seen.max(0).clip(0, edges)
    if x1 <= x0 or y1 <= y0:
        return None
    return Detection(xy, score, np.array([x0, y0, x1, y1], np.float32))
