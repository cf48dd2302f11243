"""BlazePose for several people: people are found now and then, and followed by their landmarks in between.

Follows MediaPipe's scheme (arXiv 2006.10204): the landmarks of a frame say where to look in the next one, and
the person network runs only when somebody is missing, or in turn over the whole picture and parts of it to
find newcomers. What is added to it: several people, windows onto wide and tall pictures, and a second opinion
from the person network where a followed region has drifted. Knows no identities: that is the tracker's work.
"""

from __future__ import annotations

import numpy as np

from vidmotion.detect.base import Detection, Picture
from vidmotion.detect.blazepose_networks import LandmarkNetwork, PersonNetwork, Pose, Region, Tile
from vidmotion.types import Floats
from vidmotion.weights import DetectorFiles

MAX_PEOPLE = 5

_PRESENCE = 0.5
_LOOK_EVERY = 5
"""Frames between looks for newcomers; each look takes the next window of the picture."""
_WIDE = 1.2
"""From this aspect ratio on, people are looked for in square windows too: they are small where the whole
picture is fitted into a square."""
_SAME_PLACE = 0.25
_SAME_POSE = 0.08
_TURNED = np.pi / 4
_GROWN = 1.5
_SMALLEST, _LARGEST = 24.0, 4.0


class BlazePose:
    """A `Detector` of 33 landmarks a person."""

    skeleton = "blazepose33"

    def __init__(self, name: str, files: DetectorFiles, threads: int, max_people: int = MAX_PEOPLE) -> None:
        """
        Args:
            name: what it is called in `vidmotion.weights`.
            threads: for the networks.
            max_people: the most people that are followed at a time.

        Raises:
            MissingExtraError: LiteRT cannot be loaded on this machine.
            WeightsError: a file is no network.
        """
        self.name = name
        self.licence = files.licence
        self._people = PersonNetwork(files.person, threads)
        self._landmarks = LandmarkNetwork(files.landmarks, threads)
        self._max_people = max_people
        self._regions: list[Region] = []
        self._turn = 0

    def reset(self) -> None:
        """Forget all frames so far; called before another video."""
        self._regions = []
        self._turn = 0

    def detect(self, rgb: Picture, index: int) -> list[Detection]:
        """The people in a frame; frames come in order."""
        followed = [self._landmarks.read(rgb, region) for region in self._regions]
        poses = [pose for pose in followed if _plausible(pose, rgb)]
        tiles = self._windows(rgb, index, everywhere=len(poses) < len(followed) or not poses)
        for region in self._people.find(rgb, tiles) if tiles else []:
            if not any(_agrees(region, pose.region) for pose in poses):
                pose = self._landmarks.read(rgb, region)
                if _plausible(pose, rgb):
                    poses.append(pose)
        kept = distinct(poses)[: self._max_people]
        self._regions = [pose.region for pose in kept]
        return [_detection(pose, rgb) for pose in kept]

    def _windows(self, rgb: Picture, index: int, everywhere: bool) -> list[Tile]:
        """Where to look for people in this frame."""
        every = windows(rgb.shape[1], rgb.shape[0])
        if everywhere:
            return every
        if index % _LOOK_EVERY or len(self._regions) >= self._max_people:
            return []
        self._turn += 1
        return [every[self._turn % len(every)]]


def windows(width: int, height: int) -> list[Tile]:
    """The whole picture, and where it is wide or tall two squares at its ends as well."""
    short, long = min(width, height), max(width, height)
    whole = Tile((width - long) / 2, (height - long) / 2, long)
    if long < _WIDE * short:
        return [whole]
    return [whole, Tile(0, 0, short), Tile(width - short, height - short, short)]


def distinct(poses: list[Pose]) -> list[Pose]:
    """Poses without those that show somebody again; of two, the one with more presence stays."""
    kept: list[Pose] = []
    for pose in sorted(poses, key=lambda pose: -pose.presence):
        if not any(_same_person(pose, other) for other in kept):
            kept.append(pose)
    return [pose for pose in poses if any(pose is other for other in kept)]


def _same_person(one: Pose, other: Pose) -> bool:
    side = min(one.region.side, other.region.side)
    apart = np.median(np.linalg.norm(one.xy[11:] - other.xy[11:], axis=1))
    return bool(apart < _SAME_POSE * side) or _same_place(one.region, other.region)


def _same_place(one: Region, other: Region) -> bool:
    apart = np.hypot(one.x - other.x, one.y - other.y)
    return bool(apart < _SAME_PLACE * min(one.side, other.side) / 2)


def _agrees(found: Region, followed: Region) -> bool:
    """The person network and the landmarks mean the same person in the same posture."""
    turned = abs((found.angle - followed.angle + np.pi) % (2 * np.pi) - np.pi)
    grown = max(found.side, followed.side) / min(found.side, followed.side)
    return _same_place(found, followed) and turned < _TURNED and grown < _GROWN


def _plausible(pose: Pose, rgb: Picture) -> bool:
    height, width = rgb.shape[:2]
    x0, y0, x1, y1 = _box(pose.xy, width, height)
    sized = _SMALLEST <= pose.region.side <= _LARGEST * max(width, height)
    return bool(pose.presence >= _PRESENCE and sized and x1 > x0 and y1 > y0)


def _box(xy: Floats, width: int, height: int) -> Floats:
    edges = np.array([width, height])
    return np.concatenate([xy.min(axis=0).clip(0, edges), xy.max(axis=0).clip(0, edges)]).astype(np.float32)


def _detection(pose: Pose, rgb: Picture) -> Detection:
    score = (pose.visibility * pose.presence).astype(np.float32)
    return Detection(pose.xy.astype(np.float32), score, _box(pose.xy, rgb.shape[1], rgb.shape[0]))
