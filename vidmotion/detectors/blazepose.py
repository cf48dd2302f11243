"""BlazePose for several people: people are searched for from time to time and followed by their landmarks in between.

Based on MediaPipe's scheme (arXiv 2006.10204): the landmarks of a frame give the region of the person in the next
frame. The person network runs only if a person is lost, and from time to time to search the whole picture and parts of
it for new people. Added to that scheme: several people, search windows for wide and tall pictures, and a check by the
person network whether a followed region has drifted. Assigns no identities; the tracker does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from vidmotion.detectors.base import Detection, Picture, without_duplicates
from vidmotion.detectors.blazepose_networks import LandmarkNetwork, PersonNetwork, Pose, Region, Tile
from vidmotion.types import Floats
from vidmotion.weights import DetectorFiles

MAX_PEOPLE = 5
"""Default for the number of people that are followed at a time."""

_PRESENCE = 0.5
_NEW_VISIBILITY = 0.5
"""Lowest mean visibility of the landmarks of a new person: trees and wrong poses stay below."""
_RATE = 30.0
"""Frames per second before `reset` gives those of a video."""
_FASTEST = 120.0
"""Highest frame rate that is used: files with uneven times, such as recordings of browsers, may claim 1000."""
_SEARCH_EVERY = 2 / 30
"""Seconds between searches for new people; each searches the next window of the picture."""
_WIDE = 1.2
"""From this aspect ratio on, squares at both ends of the picture are searched too: people are small if the whole
picture is scaled into one square."""
_CLOSE_OVERLAP = 1 / 3
"""Overlap of close windows, as a share of their side."""
_MIN_WINDOW = 160
"""Pixels; smaller windows would show no more detail."""
_CLOSE_LARGEST = 1.5
"""Largest region that is accepted in a close window, as a share of the side of the window."""
_PART = 0.75
"""A region in the box of a person that is smaller than this share of the person's region is a part of this person: in
close windows on a torso, the network finds people where there are none."""
_SAME_PLACE = 0.25
_SAME_POSE = 0.08
_TURNED = np.pi / 4
_GROWN = 1.5
_SMALLEST, _LARGEST = 24.0, 4.0
_LOST_SEARCH = 1.0
"""Seconds for which a lost person is searched for nearby."""
_NEARBY, _NEARBY_GROWTH = 1.25, 0.02


class BlazePose:
    """A `Detector` with 33 landmarks for each person."""

    skeleton = "blazepose33"

    def __init__(self, name: str, files: DetectorFiles, threads: int, max_people: int = MAX_PEOPLE) -> None:
        """Load the networks.

        Args:
            name: of the detector in `vidmotion.weights`.
            files: its weights.
            threads: of each network.
            max_people: largest number of people that are followed at a time.

        Raises:
            MissingExtraError: LiteRT cannot be loaded on this machine.
            WeightsError: a file is not a network.
        """
        self.name = name
        self.licence = files.licence
        self._people = PersonNetwork(files.person, threads)
        self._landmarks = LandmarkNetwork(files.landmarks, threads)
        self._max_people = max_people
        self.reset(_RATE)

    def reset(self, rate: float) -> None:
        """Drop the state of the frames so far. Called before each video.

        Args:
            rate: frames per second of the next video.
        """
        rate = min(rate, _FASTEST)
        self._search_every, self._lost_search = (
            max(round(rate * seconds), 1) for seconds in (_SEARCH_EVERY, _LOST_SEARCH)
        )
        self._regions: list[Region] = []
        self._lost: list[_Lost] = []
        self._turn = 0
        self._started = False

    def detect(self, rgb: Picture, index: int) -> list[Detection]:
        """The people in a frame; frames must come in order."""
        followed, lost = [], []
        for region in self._regions:
            pose = self._landmarks.read(rgb, region)
            if _plausible(pose, rgb):
                followed.append(pose)
            else:
                lost.append(_Lost(region))
        self._lost += lost
        poses = list(followed)
        for search in self._searches(rgb, index, missing=bool(lost)):
            for found in self._people.find(rgb, search.tiles):
                if found.side <= search.largest:
                    self._add_newcomer(rgb, found, poses)
        kept = distinct(poses)[: self._max_people]
        self._regions = [pose.region for pose in kept]
        # A person whose pose became a duplicate of another one was lost behind that person.
        self._lost += [_Lost(pose.region) for pose in _without(followed, kept)]
        new = [pose.region for pose in _without(kept, followed)]
        self._lost = [gone.later() for gone in self._lost if gone.searched(new, self._lost_search)]
        self._started = True
        return [_detection(pose, rgb) for pose in kept]

    def _add_newcomer(self, rgb: Picture, found: Region, poses: list[Pose]) -> None:
        if any(_agrees(found, pose.region) or _is_part(found, pose) for pose in poses):
            return
        pose = self._landmarks.read(rgb, found)
        if _plausible(pose, rgb) and pose.visibility.mean() >= _NEW_VISIBILITY:
            poses.append(pose)

    def _searches(self, rgb: Picture, index: int, missing: bool) -> list[Search]:
        """The searches of this frame, those in large windows first.

        Args:
            missing: whether a person was lost in this frame.
        """
        height, width = rgb.shape[:2]
        near = [Search([gone.tile]) for gone in self._lost]
        if not self._started:
            return first_searches(width, height)
        if missing:
            return [Search(windows(width, height)[0]), *near]
        if len(self._regions) >= self._max_people or (self._regions and index % self._search_every):
            return near
        self._turn += 1
        return [search_in_turn(width, height, self._turn), *near]


@dataclass(frozen=True)
class Search:
    """Windows in which people are searched for together."""

    tiles: list[Tile]
    largest: float = math.inf
    """Pixels; regions with a longer side are ignored."""


@dataclass(frozen=True)
class _Lost:
    """A person who was followed until recently and is searched for nearby."""

    region: Region
    frames: int = 0
    """Frames since the person was lost."""

    @property
    def tile(self) -> Tile:
        """The window to search: smaller than the picture, larger with every frame."""
        side = self.region.side * (_NEARBY + _NEARBY_GROWTH * self.frames)
        return Tile(self.region.x - side / 2, self.region.y - side / 2, side)

    def later(self) -> _Lost:
        return _Lost(self.region, self.frames + 1)

    def searched(self, new: list[Region], most: int) -> bool:
        """Whether to go on searching: for `most` frames, and only while no new person is found there."""
        near = self.region.side / 2
        back = any(np.hypot(other.x - self.region.x, other.y - self.region.y) < near for other in new)
        return self.frames < most and not back


def first_searches(width: int, height: int) -> list[Search]:
    """The searches of the first frame: in all windows, the large ones first."""
    far, *close = windows(width, height)
    return [Search(far), *(Search(tiles, _CLOSE_LARGEST * tiles[0].side) for tiles in close)]


def search_in_turn(width: int, height: int, turn: int) -> Search:
    """The search of this turn, in one window.

    Layers take turns, so that the many small windows do not delay the large ones.
    """
    layers = windows(width, height)
    number = turn % len(layers)
    layer = layers[number]
    tile = layer[turn // len(layers) % len(layer)]
    return Search([tile]) if number == 0 else Search([tile], _CLOSE_LARGEST * tile.side)


def windows(width: int, height: int) -> list[list[Tile]]:
    """The search windows in layers: large ones, and small ones for small people.

    First layer: the whole picture, and squares along a wide or tall picture: two at its ends, or more where these would
    leave a gap. Second layer: squares of half the shorter side all over the picture. Third layer: squares of a quarter.
    """
    short, long = min(width, height), max(width, height)
    far = [Tile((width - long) / 2, (height - long) / 2, long)]
    if long > 2 * short and short >= _MIN_WINDOW:
        far += [Tile(x, y, short) for y in _starts(height, short) for x in _starts(width, short)]
    elif long >= _WIDE * short:
        far += [Tile(0, 0, short), Tile(width - short, height - short, short)]
    sides = [side for side in (short / 2, short / 4) if side >= _MIN_WINDOW]
    close = [[Tile(x, y, side) for y in _starts(height, side) for x in _starts(width, side)] for side in sides]
    return [far, *close]


def _starts(length: int, side: float) -> list[float]:
    """Starts of the windows that cover a length."""
    count = 1 + math.ceil((length - side) / (side * (1 - _CLOSE_OVERLAP)))
    return [float(start) for start in np.linspace(0, length - side, count)]


def distinct(poses: list[Pose]) -> list[Pose]:
    """The poses without duplicates of one person; of two, the one with the higher presence is kept."""
    presence = [pose.presence for pose in poses]
    kept = without_duplicates(presence, lambda better, other: _same_person(poses[better], poses[other]))
    return [poses[index] for index in sorted(kept)]


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
    """Whether the person network and the landmarks found the same person in the same posture."""
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
