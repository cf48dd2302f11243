"""People first, then the points of each: a `Detector` of two networks that remembers nothing. Imports no mmpose."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from vidmotion.detectors.base import Detection, Picture
from vidmotion.types import Floats

SAME_POSE = 0.05
"""Median distance of the points, in diagonals of the surer pose, below which two poses are one person's: boxes may
overlap by much where people dance together, poses do not. mmpose's `nearby_joints_nms` takes the same."""


class People(Protocol):
    """Finds people."""

    def find(self, rgb: Picture) -> tuple[Floats, Floats]:
        """Boxes (N, 4) in pixels and scores (N,) in 0..1."""
        ...


class Poses(Protocol):
    """Reads people's points."""

    skeleton: str

    def read(self, rgb: Picture, boxes: Floats) -> tuple[Floats, Floats]:
        """(N, J, 2) pixels and scores (N, J) in 0..1 of the people in boxes (N, 4)."""
        ...


class TopDown:
    """Every frame for itself; all people of a frame in one batch."""

    def __init__(self, name: str, licence: str, people: People, poses: Poses) -> None:
        self.name, self.licence, self.skeleton = name, licence, poses.skeleton
        self._people, self._poses = people, poses

    def reset(self, rate: float) -> None:
        """Nothing is remembered."""

    def detect(self, rgb: Picture, index: int) -> list[Detection]:
        """The people in a frame, the surest first."""
        boxes, sure = self._people.find(rgb)
        if not len(boxes):
            return []
        xy, score = self._poses.read(rgb, boxes)
        found = [_detection(xy[one], score[one], rgb) for one in distinct(xy, sure)]
        return [detection for detection in found if detection is not None]


def distinct(xy: Floats, sure: Floats) -> list[int]:
    """Places of the poses without those that show somebody again, the surest first.

    Args:
        xy: (N, J, 2) pixels.
        sure: (N,) how sure it is that there is somebody.
    """
    kept: list[int] = []
    for one in np.argsort(-sure, kind="stable").tolist():
        if not any(_same(xy[other], xy[one]) for other in kept):
            kept.append(one)
    return kept


def _same(surer: Floats, other: Floats) -> bool:
    apart = np.median(np.linalg.norm(surer - other, axis=1))
    return bool(apart < SAME_POSE * np.linalg.norm(np.ptp(surer, axis=0)))


def _detection(xy: Floats, score: Floats, rgb: Picture) -> Detection | None:
    """None where no point lies in the picture."""
    seen = xy[score > 0]
    if not len(seen):
        return None
    edges = np.array([rgb.shape[1], rgb.shape[0]])
    (x0, y0), (x1, y1) = seen.min(0).clip(0, edges), seen.max(0).clip(0, edges)
    if x1 <= x0 or y1 <= y0:
        return None
    return Detection(xy, score, np.array([x0, y0, x1, y1], np.float32))
