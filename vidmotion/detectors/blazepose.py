"""BlazePose for several people: people are found now and then, and followed by their landmarks in between.

Follows MediaPipe's scheme (arXiv 2006.10204): the landmarks of a frame say where to look in the next one, and
the person network runs only when somebody is missing, or in turn over the whole picture and parts of it to
find newcomers. What is added to it: several people, windows onto wide and tall pictures, and a second opinion
from the person network where a followed region has drifted. Knows no identities: that is the tracker's work.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from vidmotion.detectors.base import Detection, Picture
from vidmotion.detectors.blazepose_networks import LandmarkNetwork, PersonNetwork, Pose, Region, Tile
from vidmotion.types import Floats
from vidmotion.weights import DetectorFiles

MAX_PEOPLE = 5

_PRESENCE = 0.5
_NEW_VISIBILITY = 0.5
"""Mean of the landmarks from which on somebody new is believed in: trees and wild poses stay below."""
_RATE = 30.0
"""Frames per second of a video that states none."""
_FASTEST = 120.0
"""Files with uneven times, such as browsers' recordings, may state 1000 frames per second."""
_LOOK_EVERY = 2 / 30
"""Seconds between looks for newcomers; each look takes the next window of the picture."""
_WIDE = 1.2
"""From this aspect ratio on, people are looked for in squares at the ends too: they are small where the whole
picture is fitted into a square."""
_CLOSE_OVERLAP = 1 / 3
"""By how much close windows overlap, in parts of their side."""
_CLOSEST = 160
"""Pixels; closer windows would show no more."""
_CLOSE_LARGEST = 1.5
"""Largest region that is believed in a close window, in parts of the window's side."""
_PART = 0.75
"""A find this much smaller than somebody whose box it lies in is a part of them: a close window on a torso
shows people where there are none."""
_SAME_PLACE = 0.25
_SAME_POSE = 0.08
_TURNED = np.pi / 4
_GROWN = 1.5
_SMALLEST, _LARGEST = 24.0, 4.0
_SEARCH = 1.0
"""Seconds for which somebody lost is looked for nearby."""
_NEARBY, _NEARBY_GROWTH = 1.25, 0.02


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
        self.reset(_RATE)

    def reset(self, rate: float) -> None:
        """Forget all frames so far; called before another video.

        Args:
            rate: frames per second of the video that comes.
        """
        rate = min(rate, _FASTEST)
        self._look_every, self._search = (max(round(rate * seconds), 1) for seconds in (_LOOK_EVERY, _SEARCH))
        self._regions: list[Region] = []
        self._lost: list[_Lost] = []
        self._turn = 0
        self._started = False

    def detect(self, rgb: Picture, index: int) -> list[Detection]:
        """The people in a frame; frames come in order."""
        followed, lost = [], []
        for region in self._regions:
            pose = self._landmarks.read(rgb, region)
            if _plausible(pose, rgb):
                followed.append(pose)
            else:
                lost.append(_Lost(region))
        self._lost += lost
        poses = list(followed)
        for look in self._looks(rgb, index, missing=bool(lost)):
            for found in self._people.find(rgb, look.tiles):
                if found.side <= look.largest:
                    self._add_newcomer(rgb, found, poses)
        kept = distinct(poses)[: self._max_people]
        self._regions = [pose.region for pose in kept]
        # Who has come to show the same person as another was lost behind that one.
        self._lost += [_Lost(pose.region) for pose in _without(followed, kept)]
        new = [pose.region for pose in _without(kept, followed)]
        self._lost = [gone.later() for gone in self._lost if gone.searched(new, self._search)]
        self._started = True
        return [_detection(pose, rgb) for pose in kept]

    def _add_newcomer(self, rgb: Picture, found: Region, poses: list[Pose]) -> None:
        if any(_agrees(found, pose.region) or _is_part(found, pose) for pose in poses):
            return
        pose = self._landmarks.read(rgb, found)
        if _plausible(pose, rgb) and pose.visibility.mean() >= _NEW_VISIBILITY:
            poses.append(pose)

    def _looks(self, rgb: Picture, index: int, missing: bool) -> list[_Look]:
        """Where to look for people in this frame, from afar first.

        Args:
            missing: somebody has just got lost.
        """
        far, *close = windows(rgb.shape[1], rgb.shape[0])
        near = [_Look([gone.tile]) for gone in self._lost]
        if not self._started:
            return [_Look(far), *(_Look(tiles, _CLOSE_LARGEST * tiles[0].side) for tiles in close)]
        if missing:
            return [_Look(far), *near]
        if len(self._regions) >= self._max_people or (self._regions and index % self._look_every):
            return near
        self._turn += 1
        in_turn = [[_Look([tile]) for tile in far]]
        in_turn += [[_Look([tile], _CLOSE_LARGEST * tile.side) for tile in tiles] for tiles in close]
        return [_in_turn(in_turn, self._turn), *near]


@dataclass(frozen=True)
class _Look:
    """Windows in which people are looked for together."""

    tiles: list[Tile]
    largest: float = math.inf
    """Pixels; a region with a longer side is no find."""


@dataclass(frozen=True)
class _Lost:
    """Somebody who was followed until a moment ago, and is looked for nearby."""

    region: Region
    frames: int = 0
    """Frames since then."""

    @property
    def tile(self) -> Tile:
        """Where to look: closer than at the whole picture, wider with every frame."""
        side = self.region.side * (_NEARBY + _NEARBY_GROWTH * self.frames)
        return Tile(self.region.x - side / 2, self.region.y - side / 2, side)

    def later(self) -> _Lost:
        return _Lost(self.region, self.frames + 1)

    def searched(self, new: list[Region], most: int) -> bool:
        """Whether the search goes on: for `most` frames, and not where somebody has been found."""
        near = self.region.side / 2
        back = any(np.hypot(other.x - self.region.x, other.y - self.region.y) < near for other in new)
        return self.frames < most and not back


def _in_turn(layers: list[list[_Look]], turn: int) -> _Look:
    """One look of each layer after the other, so that the many windows of the closest do not hold up the first."""
    layer = layers[turn % len(layers)]
    return layer[turn // len(layers) % len(layer)]


def windows(width: int, height: int) -> list[list[Tile]]:
    """Where people are looked for, layer by layer: from afar, and close up for small people.

    From afar: the whole picture, and where it is wide or tall two squares at its ends. Close up: squares of half
    the shorter side all over the picture; closest: of a quarter.
    """
    short, long = min(width, height), max(width, height)
    far = [Tile((width - long) / 2, (height - long) / 2, long)]
    if long >= _WIDE * short:
        far += [Tile(0, 0, short), Tile(width - short, height - short, short)]
    layers = [far]
    for side in (short / 2, short / 4):
        if side >= _CLOSEST:
            layers.append([Tile(x, y, side) for y in _starts(height, side) for x in _starts(width, side)])
    return layers


def _starts(length: int, side: float) -> list[float]:
    """Where windows begin that cover a length."""
    count = 1 + math.ceil((length - side) / (side * (1 - _CLOSE_OVERLAP)))
    return [float(start) for start in np.linspace(0, length - side, count)]


def distinct(poses: list[Pose]) -> list[Pose]:
    """Poses without those that show somebody again; of two, the one with more presence stays."""
    kept: list[Pose] = []
    for pose in sorted(poses, key=lambda pose: -pose.presence):
        if not any(_same_person(pose, other) for other in kept):
            kept.append(pose)
    return [pose for pose in poses if any(pose is other for other in kept)]


def _without(poses: list[Pose], others: list[Pose]) -> list[Pose]:
    return [pose for pose in poses if not any(pose is other for other in others)]


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


def _is_part(found: Region, pose: Pose) -> bool:
    (x0, y0), (x1, y1) = pose.xy.min(axis=0), pose.xy.max(axis=0)
    inside = x0 <= found.x <= x1 and y0 <= found.y <= y1
    return bool(inside and found.side < _PART * pose.region.side)


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
