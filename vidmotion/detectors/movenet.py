"""MoveNet for several people, with BlazePose beside it: two opinions of everybody's limbs.

MultiPose finds people in the whole picture, every few frames and while somebody is lost. Thunder then follows each of
them, in a crop turned so that the neck lies above the hips, guided by where the points were. BlazePose's landmark
network reads the same person: it adds feet, hands and face, and its limbs are averaged with Thunder's where the two
agree. Where both disagree with MultiPose, MultiPose counts. BlazePose's person network, in its windows, is a second
finder for small, distant and backlit people, and MultiPose on the picture turned by 180 degrees for people upside down.

Assigns no identities; the tracker does.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from vidmotion.detectors.base import Detection, Picture, without_duplicates
from vidmotion.detectors.blazepose import first_searches, search_in_turn
from vidmotion.detectors.blazepose_networks import LandmarkNetwork, PersonNetwork, Pose, Region
from vidmotion.detectors.movenet_networks import HIPS, SHOULDERS, Crop, Found, MultiPoseNetwork, ThunderNetwork
from vidmotion.skeletons import BLAZEPOSE33, COCO17
from vidmotion.types import Bools, Floats
from vidmotion.weights import DetectorFiles

MAX_PEOPLE = 12
"""Default for the number of people that are followed at a time."""

COCO = np.array([BLAZEPOSE33.joints.index(joint) for joint in COCO17.joints])
"""COCO's 17 points among BlazePose's 33."""
LIMBS = np.arange(5, 17)
WITHOUT_THUNDER = 2
"""Frames in a row in which BlazePose's landmarks alone may follow somebody."""
_MIRROR, _MIRROR17 = np.array(BLAZEPOSE33.mirror), np.array(COCO17.mirror)
_COCO_ARMS, _COCO_LEGS = np.arange(5, 11), np.arange(11, 17)
_ARMS, _LEGS = np.arange(11, 23), np.arange(23, 33)
"""Of BlazePose's 33."""
_HANDS = {15: (17, 19, 21), 16: (18, 20, 22), 27: (29, 31), 28: (30, 32)}
"""Points that move with a wrist or an ankle."""
_FACE = np.array([1, 3, 4, 6, 9, 10])
"""Points of the face that COCO lacks; they move with the nose."""

_RAW_SCORES = np.linspace(0, 1, 11)
_WITHIN = np.array([0.0, 0.2, 0.28, 0.45, 0.65, 0.8, 0.9, 0.95, 0.975, 0.995, 1.0])
"""Share of the points with a raw score that lie within 6 % of the height from the truth, on rendered test clips.
BlazePose's own scores, which the lifting network was trained on, mean about the same."""

_RATE, _FASTEST = 30.0, 120.0
_SEARCH_SECONDS = 0.3
"""Between two looks of MultiPose at the whole picture."""
_SEARCH_OFTEN = 2
"""Frames from one such look to the next while somebody is lost. While people touch, each frame is looked at."""
_LOST_SECONDS = 1.0
"""For which a lost person is searched for so often."""
_TURNED_EVERY = 3
"""Searches until one is done on the turned picture, too."""
_AGREE = 0.06
"""Median distance of limbs, in body sizes, below which two opinions agree."""
_SAME = 0.15
"""The same, below which what two networks found is one person."""
_DOUBLE = 0.07
"""The same, for what one network found: people who hide each other come near."""
_SWAP = 0.6
"""BlazePose's sides are exchanged where that brings its limbs nearer to Thunder's by this factor."""
_MOVED = 0.08
"""Body sizes by which a limb may move against the body from one frame to the next, for Thunder to be left out."""
_NEW_CONFIDENCE = 0.2
"""Of MultiPose, for a new person."""
_SURE_CONFIDENCE = 0.3
"""Of MultiPose, for a person whom it alone may decide about."""
_NEW_SCORE = 0.35
"""Mean score of a new person's limbs for Thunder."""
_KEPT_SCORE = 0.2
"""The same for somebody who is followed."""
_AGREED_SCORE = 0.15
"""The same for a new person on whom MultiPose and Thunder agree."""
_FEW = 0.5
"""Weight of the upper quartile of the limbs' distances beside their median."""
_PRESENCE = 0.5
_SMALLEST = 16.0
"""Pixels of a body's size."""
_PART, _PART_OF_MULTIPOSE, _PART_OF_TURNED = 0.6, 0.35, 2.0
"""A person found within another one, smaller than this share of it, is a part of it. MultiPose hardly finds parts; on
the turned picture it finds upright people again, badly."""


@dataclass(frozen=True, eq=False)
class _Person:
    """Somebody in one frame."""

    body: Found
    """COCO's points: what the next frame is guided by."""
    xy: Floats
    """(33, 2) pixels."""
    score: Floats
    """(33,) in 0..1."""
    certainty: float
    """0..1; of two readings of one person the more certain one is kept."""
    offset: Floats
    """(33, 2) pixels, from BlazePose's landmarks to `xy`."""
    since_thunder: int = 0
    """Frames since Thunder looked at this person."""

    @property
    def size(self) -> float:
        return body_size(self.body.xy, self.body.score)


class MoveNet:
    """A `Detector` with BlazePose's 33 points for each person."""

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
        self.name, self.licence = name, files.licence
        self._multipose = MultiPoseNetwork(files.multipose, threads)
        self._thunder = ThunderNetwork(files.thunder, threads)
        self._people_network = PersonNetwork(files.person, threads)
        self._landmarks = LandmarkNetwork(files.landmarks, threads)
        self._max_people = max_people
        self._without_thunder = 0 if name == "best" else WITHOUT_THUNDER
        self.reset(_RATE)

    def reset(self, rate: float) -> None:
        """Drop the state of the frames so far. Called before each video.

        Args:
            rate: frames per second of the next video.
        """
        rate = min(rate, _FASTEST)
        self._search_every = max(round(rate * _SEARCH_SECONDS), 1)
        self._lost_frames = max(round(rate * _LOST_SECONDS), 1)
        self._people: list[_Person] = []
        self._missing = 0
        self._searches = 0
        self._since_search = self._search_every

    def detect(self, rgb: Picture, index: int) -> list[Detection]:
        """The people in a frame; frames must come in order."""
        followed = [(before, self._follow(rgb, before)) for before in self._people]
        people = [now for before, now in followed if _is_followed(before, now, rgb)]
        self._since_search += 1
        every = _SEARCH_OFTEN if self._missing else self._search_every
        lost = len(people) < len(followed)
        if lost or touching(people) or self._since_search >= every:
            people = self._search(rgb, people)
        kept = distinct(people)[: self._max_people]
        self._missing = self._still_missing(len(kept))
        self._people = kept
        return [_detection(person, rgb) for person in kept]

    def _still_missing(self, count: int) -> int:
        """Frames for which somebody is searched for: from when the number of people falls until it rises again."""
        if count < len(self._people):
            return self._lost_frames
        return 0 if count > len(self._people) else max(self._missing - 1, 0)

    def _search(self, rgb: Picture, people: list[_Person]) -> list[_Person]:
        """Correct the people who are followed by MultiPose, and add those whom it or BlazePose finds."""
        self._since_search = 0
        self._searches += 1
        candidates = unique(self._multipose.find(rgb))
        own = nearest_candidates(people, candidates)
        corrected = kept_apart([self._corrected(rgb, *pair) for pair in zip(people, own, strict=True)], own)
        turned = self._searches % _TURNED_EVERY == 1
        for found in candidates:
            if not any(found is one for one in own) and not _is_part_of(found, corrected, _PART_OF_MULTIPOSE):
                self._add(rgb, found, corrected, _PART_OF_MULTIPOSE)
        for found in unique(self._find_turned(rgb)) if turned else []:
            if not _known(found, corrected, _PART_OF_TURNED):
                self._add(rgb, found, corrected, _PART_OF_TURNED)
        for region in self._regions(rgb):
            if not _in_region(region, corrected):
                self._add_region(rgb, region, corrected)
        return corrected

    def _corrected(self, rgb: Picture, person: _Person, first: Found | None) -> _Person:
        """A person whose points MultiPose contradicts is looked at again, from MultiPose's points."""
        if first is None or disagreement(first, person) < _AGREE:
            return person
        again = self._look(rgb, first)
        if disagreement(first, again) < _AGREE:
            return again
        return person if first.confidence < _NEW_CONFIDENCE else _from_points(first, again)

    def _add(self, rgb: Picture, found: Found, people: list[_Person], part: float, least: float = _NEW_SCORE) -> None:
        if found.confidence < _NEW_CONFIDENCE:
            return
        person = self._look(rgb, found)
        apart = disagreement(found, person)
        taken = any(_same(person.body, other.body, _DOUBLE) for other in people)
        if taken or (apart >= 2 * _AGREE and found.confidence >= _SURE_CONFIDENCE):
            person, apart = _from_points(found, person), 0.0
        if apart < _AGREE:
            least = min(least, _KEPT_SCORE if found.confidence >= _SURE_CONFIDENCE else _AGREED_SCORE)
        sure = apart < 2 * _AGREE and _limb_score(person.body) >= least and _plausible(person, rgb)
        if sure and not _is_part_of(person.body, people, part):
            people.append(person)

    def _add_region(self, rgb: Picture, region: Region, people: list[_Person]) -> None:
        pose = self._landmarks.read(rgb, region)
        if pose.presence < _PRESENCE or pose.visibility.mean() < _PRESENCE:
            return
        found = Found(pose.xy[COCO], pose.visibility[COCO], pose.presence)
        if not _known(found, people, _PART):
            self._add(rgb, found, people, _PART, _KEPT_SCORE)

    def _find_turned(self, rgb: Picture) -> Iterator[Found]:
        """People whom MultiPose finds upside down."""
        edge = np.array([rgb.shape[1], rgb.shape[0]]) - 1.0
        for found in self._multipose.find(np.ascontiguousarray(rgb[::-1, ::-1])):
            yield replace(found, xy=edge - found.xy)

    def _regions(self, rgb: Picture) -> list[Region]:
        """People whom BlazePose finds: in large windows at first, then in one window at a time."""
        height, width = rgb.shape[:2]
        first = self._searches == 1
        searches = first_searches(width, height) if first else [search_in_turn(width, height, self._searches)]
        return [
            region
            for search in searches
            for region in self._people_network.find(rgb, search.tiles)
            if region.side <= search.largest
        ]

    def _follow(self, rgb: Picture, before: _Person) -> _Person:
        """Somebody of the frame before, now.

        In some frames, BlazePose's landmarks alone are enough where they move as a body does: Thunder takes twice their
        time.
        """
        if before.since_thunder < self._without_thunder:
            pose = self._landmarks.read(rgb, landmark_region(before.body.xy, before.body.score))
            moved = moved_along(before, pose)
            if moved is not None:
                return moved
            return combined(self._read_thunder(rgb, before.body), pose)
        return self._look(rgb, before.body)

    def _look(self, rgb: Picture, first: Found) -> _Person:
        """Both networks' opinions of somebody who was, or was found, at these points."""
        region = landmark_region(first.xy, first.score)
        return combined(self._read_thunder(rgb, first), self._landmarks.read(rgb, region))

    def _read_thunder(self, rgb: Picture, first: Found) -> Found:
        return self._thunder.read(rgb, Crop.around(first.xy, first.score), first.xy)


def _is_followed(before: _Person, now: _Person, rgb: Picture) -> bool:
    grown = max(now.size, before.size) / max(min(now.size, before.size), 1e-6)
    return _limb_score(now.body) >= _KEPT_SCORE and grown < 2 and _plausible(now, rgb)


def landmark_region(xy: Floats, score: Floats) -> Region:
    """The region for BlazePose's landmark network, from COCO points (17, 2)."""
    hips, neck = xy[list(HIPS)].mean(0), xy[list(SHOULDERS)].mean(0)
    up = neck - hips
    sure = score >= 0.15
    reach = float(np.linalg.norm(xy[sure] - hips, axis=1).max()) if sure.any() else 0.0
    radius = max(reach, 1.6 * float(np.hypot(*up)), 1.0)
    return Region(float(hips[0]), float(hips[1]), 2 * 1.25 * 1.05 * radius, float(np.arctan2(up[0], -up[1])))


def combined(thunder: Found, pose: Pose) -> _Person:
    """One person from Thunder's points and BlazePose's landmarks."""
    size = body_size(thunder.xy, thunder.score)
    landmarks, visibility = _sides_as(thunder, pose)
    apart = np.linalg.norm(landmarks[COCO] - thunder.xy, axis=1)
    present = pose.presence >= _PRESENCE and np.median(apart[LIMBS]) < 2 * _AGREE * size
    weight = np.where(present & (apart < _AGREE * size), 0.5, 0.0)
    # Where one network does not see a point and the other does, the other counts.
    unseen = present & (thunder.score < 0.15) & (visibility[COCO] > 0.5) & (apart >= _AGREE * size)
    weight[unseen] = 1.0
    body = thunder.xy * (1 - weight[:, None]) + landmarks[COCO] * weight[:, None]
    certainty = np.where(weight > 0, np.maximum(thunder.score, 0.5 * visibility[COCO]), 0.8 * thunder.score)
    xy, score = landmarks.copy(), visibility * pose.presence * present
    for source, moved in _HANDS.items():
        xy[list(moved)] += body[source == COCO] - landmarks[source]
    xy[_FACE] += body[0] - landmarks[0]
    xy[COCO], score[COCO] = body, certainty
    return _Person(Found(body, certainty), xy, score, float(certainty[LIMBS].mean()), xy - landmarks)


def moved_along(before: _Person, pose: Pose) -> _Person | None:
    """Somebody of the frame before as BlazePose's landmarks move them; None where they do not move as one body does.

    What the two networks disagreed on in the frame before is added to the landmarks.
    """
    xy, step = pose.xy + before.offset, pose.xy[COCO] + before.offset[COCO] - before.body.xy
    away = np.linalg.norm(step[LIMBS] - np.median(step[LIMBS], axis=0), axis=1)
    sure = before.body.score[LIMBS] >= _KEPT_SCORE
    steady = pose.presence >= _PRESENCE and float(pose.visibility[COCO][LIMBS].mean()) >= _PRESENCE
    if not steady or not sure.any() or away[sure].max() > _MOVED * before.size:
        return None
    body = Found(xy[COCO], before.body.score)
    return _Person(body, xy, before.score, before.certainty, before.offset, before.since_thunder + 1)


def _sides_as(thunder: Found, pose: Pose) -> tuple[Floats, Floats]:
    """BlazePose's landmarks (33, 2) and visibilities (33,), with arms or legs exchanged where Thunder sees them so."""
    xy, visibility = pose.xy.copy(), pose.visibility.copy()
    for group in (_ARMS, _LEGS):
        points = np.flatnonzero(np.isin(COCO, group))
        own = distance_of(pose.xy[COCO][points], thunder.xy[points])
        other = distance_of(pose.xy[_MIRROR][COCO][points], thunder.xy[points])
        if other < _SWAP * own:
            xy[group], visibility[group] = pose.xy[_MIRROR][group], pose.visibility[_MIRROR][group]
    return xy, visibility


def _from_points(first: Found, look: _Person) -> _Person:
    """MultiPose's points where closer looks contradict them."""
    xy, score = look.xy.copy(), np.zeros_like(look.score)
    xy[COCO], score[COCO] = first.xy, 0.8 * first.score
    return _Person(first, xy, score, 0.5 * float(first.score[LIMBS].mean()), np.zeros_like(xy))


def body_size(xy: Floats, score: Floats) -> float:
    """Pixels: the larger extent of the points, or what the trunk's length stands for."""
    sure = score >= 0.15 if (score >= 0.15).sum() > 3 else np.ones(len(score), bool)
    trunk = float(np.linalg.norm(xy[list(SHOULDERS)].mean(0) - xy[list(HIPS)].mean(0)))
    return max(float(np.ptp(xy[sure], axis=0).max()), 2.2 * trunk, 1e-6)


def distance_of(one: Floats, other: Floats) -> float:
    """Pixels, mean distance of points (N, 2)."""
    return float(np.linalg.norm(one - other, axis=1).mean())


def disagreement(found: Found, person: _Person) -> float:
    """Body sizes by which MultiPose's limbs differ from a person's: most of them, or a few that do not fit at all."""
    away = distances(found.xy, person.body.xy) / person.size
    return max(float(np.median(away)), _FEW * float(np.quantile(away, 0.75)))


def distance(one: Floats, other: Floats) -> float:
    """Pixels, median distance of the limbs of two bodies (17, 2), whichever sides they have."""
    return float(np.median(distances(one, other)))


def distances(one: Floats, other: Floats) -> Floats:
    """(12,) pixels between the limbs of two bodies (17, 2); left and right of arms or of legs may be exchanged."""
    apart = []
    for group in _COCO_ARMS, _COCO_LEGS:
        as_named, exchanged = (np.linalg.norm(one[group] - other[sides], axis=1) for sides in (group, _MIRROR17[group]))
        apart.append(min(as_named, exchanged, key=np.sum))
    return np.concatenate(apart)


def nearest_candidates(people: list[_Person], candidates: list[Found]) -> list[Found | None]:
    """For each person, the candidate that shows the same person; no candidate is given to two people."""
    pairs = sorted(
        (distance(found.xy, person.body.xy) / person.size, row, column)
        for row, person in enumerate(people)
        for column, found in enumerate(candidates)
        if _same(found, person.body)
    )
    own: dict[int, int] = {}
    for _, row, column in pairs:
        if row not in own and column not in own.values():
            own[row] = column
    return [candidates[own[row]] if row in own else None for row in range(len(people))]


def kept_apart(people: list[_Person], own: list[Found | None]) -> list[_Person]:
    """The people; where Thunder sees one person twice and MultiPose sees two, one gets MultiPose's points."""
    out = list(people)
    seen_twice = [(row, found) for row, found in enumerate(own) if found is not None]
    for (row, found), (other, theirs) in itertools.combinations(seen_twice, 2):
        if not _same(out[row].body, out[other].body):
            continue
        apart, theirs_apart = disagreement(found, out[row]), disagreement(theirs, out[other])
        worse, points = (row, found) if apart > theirs_apart else (other, theirs)
        out[worse] = _from_points(points, out[worse])
    return out


def unique(found: Iterable[Found]) -> list[Found]:
    """The people without doubles; of two, the more certain is kept."""
    all_found = list(found)
    confidence = [one.confidence for one in all_found]
    kept = without_duplicates(confidence, lambda better, other: _same(all_found[better], all_found[other], _DOUBLE))
    return [all_found[index] for index in kept]


def distinct(people: list[_Person]) -> list[_Person]:
    """The people without doubles, in their order; of two, the more certain is kept."""
    certainty = [person.certainty for person in people]
    kept = without_duplicates(certainty, lambda better, other: _same(people[better].body, people[other].body, _DOUBLE))
    return [people[index] for index in sorted(kept)]


def _same(one: Found, other: Found, within: float = _SAME) -> bool:
    size = min(body_size(one.xy, one.score), body_size(other.xy, other.score))
    return distance(one.xy, other.xy) < within * size


def touching(people: list[_Person]) -> bool:
    """Whether the boxes of any two people overlap."""
    boxes = [(person.body.xy.min(0), person.body.xy.max(0)) for person in people]
    return any(
        bool((np.maximum(one[0], other[0]) < np.minimum(one[1], other[1])).all())
        for one, other in itertools.combinations(boxes, 2)
    )


def _known(found: Found, people: list[_Person], part: float) -> bool:
    return any(_same(found, person.body) for person in people) or _is_part_of(found, people, part)


def _is_part_of(found: Found, people: list[_Person], part: float) -> bool:
    """Whether a body lies within somebody else's and is smaller than a share of it."""
    middle, size = found.xy[LIMBS].mean(0), body_size(found.xy, found.score)
    for person in people:
        low, high = person.body.xy.min(0), person.body.xy.max(0)
        if (low <= middle).all() and (middle <= high).all() and size < part * person.size:
            return True
    return False


def _in_region(region: Region, people: list[_Person]) -> bool:
    """Whether a region of BlazePose's finder shows somebody who is known."""
    for person in people:
        hips = person.body.xy[list(HIPS)].mean(0)
        low, high = person.body.xy.min(0), person.body.xy.max(0)
        near = np.hypot(hips[0] - region.x, hips[1] - region.y) < 0.25 * person.size
        inside = low[0] <= region.x <= high[0] and low[1] <= region.y <= high[1] and region.side < 2 * person.size
        if near or inside:
            return True
    return False


def _limb_score(body: Found) -> float:
    return float(body.score[LIMBS].mean())


def _plausible(person: _Person, rgb: Picture) -> bool:
    height, width = rgb.shape[:2]
    low, high = person.body.xy.min(0), person.body.xy.max(0)
    inside = high[0] > 0 and high[1] > 0 and low[0] < width and low[1] < height
    return bool(inside and _SMALLEST <= person.size <= 4 * max(width, height))


def _detection(person: _Person, rgb: Picture) -> Detection:
    edges = np.array([rgb.shape[1], rgb.shape[0]])
    seen: Bools = person.score > 0.1 if (person.score > 0.1).sum() > 3 else np.ones(len(person.score), bool)
    low, high = person.xy[seen].min(0).clip(0, edges), person.xy[seen].max(0).clip(0, edges)
    box = np.concatenate([low, high]).astype(np.float32)
    score = person.score.clip(0, 1)
    score[COCO] = np.interp(score[COCO], _RAW_SCORES, _WITHIN)
    return Detection(person.xy.astype(np.float32), score.astype(np.float32), box)
