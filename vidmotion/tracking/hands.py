"""Follows the hands and the face of each person through a video whose people are known.

A hand is searched for at the wrist of the body's track and then followed by its own landmarks, which move with that
wrist in between. It belongs to the wrist at which it was found: left and right are those of the body. In videos of 23
frames a second and more the two hands are read in turn, since that takes as long as finding the body.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from vidmotion.detectors.base import Picture
from vidmotion.detectors.blazepose_networks import Region
from vidmotion.detectors.hand_face_networks import FaceNetwork, FoundHand, HandNetwork, face_region, hand_region
from vidmotion.geometry.filters import frame_rate
from vidmotion.skeletons import by_name
from vidmotion.tracking.hand_cleaning import clean_hands
from vidmotion.tracking.head import EYES, face_rotation, head_from
from vidmotion.tracking.parts import Part
from vidmotion.types import Floats, Hands, Head, Track
from vidmotion.video.reader import Frame

RATE = 15.0
"""How often a second each hand and face is read."""
SEEN = 0.5
"""Presence from which a network's landmarks mean something."""
SMALLEST_HAND, SMALLEST_FACE = 28.0, 20.0
"""Pixels; sides of regions below which nothing is read: nearly all would be refused."""
POINT_SCORE = 0.3
"""Score of a body's points from which a hand or face is searched for at them."""
AWAY = 0.3
"""Largest distance of a hand's wrist from that of the body, in sides of the hand's region."""
FOLLOWED = 0.35
"""Seconds for which a hand's landmarks tell where it is."""
TRIES = 3
"""Readings of a hand or face without success after which only every so manieth one is done."""
HAND_LENGTH = 0.36
"""From the wrist to the tip of the middle finger, as a share of the trunk from shoulders to hips."""
OTHER_SIDE = 0.9
"""How sure the network must be that a hand is one of the other side to refuse it."""
TOGETHER = 0.2
"""Mean distance of two hands' landmarks, in sides of a region, below which they are one and the same hand."""
SIDES = ("left", "right")


@dataclass(frozen=True, eq=False)
class HandRows:
    """What is read of one person's hands and face, before it is cleaned, in N rows of the person's track."""

    xy: Floats
    """(N, 2, 21, 2) pixels, as `Hands.xy`."""
    points: Floats
    """(N, 2, 21, 3) metres, as `Hands.points`."""
    score: Floats
    """(N, 2) in 0..1, as `Hands.score`."""
    face_rotation: Floats
    """(N, 3, 3) from a head that looks at the camera."""
    face_presence: Floats
    """(N,) in 0..1; 0 where no face is seen."""

    def __len__(self) -> int:
        return len(self.score)

    @classmethod
    def empty(cls, count: int) -> HandRows:
        """Nothing is seen."""
        hands = np.zeros((count, 2, 21, 2)), np.zeros((count, 2, 21, 3)), np.zeros((count, 2))
        return cls(*hands, np.tile(np.eye(3), (count, 1, 1)), np.zeros(count))

    def part(self, rows: slice) -> HandRows:
        """Some of the rows, which share their memory with these."""
        return HandRows(*(array[rows] for array in self.arrays()))

    def arrays(self) -> list[Floats]:
        """All arrays, in the order of the fields."""
        return [getattr(self, one.name) for one in fields(self)]


@dataclass(frozen=True, eq=False)
class ReadHands:
    """What was read of one person in one part of a video."""

    person: int
    """Position among the tracks."""
    first: int
    """The first of the rows in the track."""
    rows: HandRows


class HandReader:
    """A `PartReader` of the hands and faces of the people in one part of a video."""

    def __init__(self, part: Part, hand: HandNetwork, face: FaceNetwork, tracks: Sequence[Track]) -> None:
        self._people = [_PersonReader(part, number, hand, face, track) for number, track in enumerate(tracks)]

    def update(self, frame: Frame) -> tuple[()]:
        """Read the next frame."""
        for person in self._people:
            person.read(frame)
        return ()

    def finish(self) -> list[ReadHands]:
        """What was read of everybody who is in the part."""
        found = [person.finish() for person in self._people]
        return [one for one in found if len(one.rows)]


def hand_of_side(found: FoundHand, side: int) -> FoundHand | None:
    """What was found, as a hand of one side; None if it is no hand, or surely one of the other side.

    From afar, a left hand looks like a right one that is mirrored in depth. So a hand that is taken for one of the
    other side is mirrored.

    Args:
        side: 0 is the left hand, 1 the right one.
    """
    of_side = found.rightness if side else 1 - found.rightness
    if found.presence < SEEN or of_side <= 1 - OTHER_SIDE:
        return None
    return found if of_side >= 0.5 else replace(found, points=found.points * [1, 1, -1])


def hands_and_heads(tracks: Sequence[Track], read: Iterable[ReadHands]) -> list[tuple[Hands, Head]]:
    """The hands and heads of all people of a video, in the order of their tracks, from what was read in all parts."""
    people = [HandRows.empty(len(track)) for track in tracks]
    for one in read:
        into = people[one.person].part(slice(one.first, one.first + len(one.rows)))
        for array, values in zip(into.arrays(), one.rows.arrays(), strict=True):
            array[:] = values
    return [_cleaned(track, rows) for track, rows in zip(tracks, people, strict=True)]


def _cleaned(track: Track, rows: HandRows) -> tuple[Hands, Head]:
    hands = clean_hands(Hands(rows.xy, rows.points, rows.score), track, _stride(track))
    return hands, head_from(track, (rows.face_rotation, rows.face_presence))


def _stride(track: Track) -> int:
    """Rows from one reading of a hand or face to the next."""
    return max(1, round(frame_rate(track.times, RATE) / RATE))


def _is_left_out(failures: int) -> bool:
    """Whether a reading is not done, as so many in a row, with this one, had no success."""
    return failures > TRIES and failures % TRIES > 0


@dataclass
class _FollowedHand:
    """One hand of one person, as far as it was read."""

    from_wrist: Floats | None = None
    """(21, 2) pixels of the last landmarks, from the body's wrist."""
    time: float = -np.inf
    failures: int = 0


class _PersonReader:
    """Reads one person's hands and face in one part."""

    def __init__(self, part: Part, number: int, hand: HandNetwork, face: FaceNetwork, track: Track) -> None:
        self._number, self._hand, self._face, self._track = number, hand, face, track
        self._xy = track.keypoints.xy.astype(np.float64)
        self._joint = {name: at for at, name in enumerate(by_name(track.keypoints.skeleton).joints)}
        self._base, self._begin, end = np.searchsorted(track.times, (part.warm_up, part.start, part.end)).tolist()
        self._rows = {int(frame): row for row, frame in enumerate(track.frames[self._base : end], start=self._base)}
        self._stride = _stride(track)
        self._followed = (_FollowedHand(), _FollowedHand())
        self._found = HandRows.empty(end - self._base)
        self._face_at: Floats | None = None
        """(468, 2) pixels of the last landmarks, from the body's nose."""
        self._face_failures = 0

    def read(self, frame: Frame) -> None:
        """Read a frame, if the person is in it."""
        row = self._rows.get(frame.index)
        if row is None:
            return
        for side in range(2):
            if (row + side) % self._stride == 0:
                self._read_hand(frame.rgb, row, side)
        if row % self._stride == 0:
            self._read_face(frame.rgb, row)
        self._drop_double(row)

    def finish(self) -> ReadHands:
        """What was read in the part, without what is before it."""
        return ReadHands(self._number, self._begin, self._found.part(slice(self._begin - self._base, None)))

    def _point(self, row: int, name: str) -> Floats | None:
        """(2,) pixels of a point of the body; None if it is not seen."""
        at = self._joint.get(name)
        seen = at is not None and self._track.keypoints.score[row, at] >= POINT_SCORE
        return self._xy[row, at] if seen else None

    def _trunk(self, row: int) -> float:
        """Pixels from the shoulders to the hips, or the width of the shoulders if that is more; 0 if not seen."""
        shoulders, hips = ([self._point(row, f"{side}_{part}") for side in SIDES] for part in ("shoulder", "hip"))
        left, right = shoulders
        if left is None or right is None:
            return 0.0
        width = float(np.linalg.norm(left - right))
        sides = [np.linalg.norm(a - b) for a, b in zip(shoulders, hips, strict=True) if a is not None and b is not None]
        return max([width, *map(float, sides)])

    def _read_hand(self, rgb: Picture, row: int, side: int) -> None:
        hand, name = self._followed[side], SIDES[side]
        wrist, time = self._point(row, f"{name}_wrist"), float(self._track.times[row])
        if wrist is None:
            return
        hand.failures += 1
        if _is_left_out(hand.failures):
            return
        found = None
        if hand.from_wrist is not None and time - hand.time < FOLLOWED:
            found = self._accepted(self._hand.read(rgb, hand_region(hand.from_wrist + wrist)), wrist, side)
        if found is None:
            region = self._searched(row, name, wrist)
            if region is None or region.side < SMALLEST_HAND:
                return
            first = self._hand.read(rgb, region)
            if first.presence < SEEN / 2:
                return
            found = self._accepted(self._hand.read(rgb, hand_region(first.xy)), wrist, side)
        if found is None:
            return
        hand.from_wrist, hand.time, hand.failures = found.xy - wrist, time, 0
        at, into = row - self._base, self._found
        into.xy[at, side], into.points[at, side], into.score[at, side] = found.xy, found.points, found.presence

    def _accepted(self, found: FoundHand, wrist: Floats, side: int) -> FoundHand | None:
        """A hand, if it is one, and that of this wrist."""
        away = float(np.linalg.norm(found.xy[0] - wrist))
        return hand_of_side(found, side) if away < AWAY * hand_region(found.xy).side else None

    def _searched(self, row: int, name: str, wrist: Floats) -> Region | None:
        """Where a hand should be: around the body's points of the hand, or beyond the forearm."""
        length = HAND_LENGTH * self._trunk(row)
        index, pinky = (self._point(row, f"{name}_{finger}") for finger in ("index", "pinky"))
        elbow = self._point(row, f"{name}_elbow")
        along = wrist - elbow if elbow is not None else None
        if index is not None and pinky is not None:
            along = (2 * index + pinky) / 3 - wrist
        if along is None or length < 1 or (reach := float(np.linalg.norm(along))) < 1e-3:
            return None
        x, y = wrist + along / reach * length * 0.5
        return Region(float(x), float(y), 2.2 * length, float(np.arctan2(along[0], -along[1])))

    def _read_face(self, rgb: Picture, row: int) -> None:
        points = [self._point(row, name) for name in ("nose", *EYES)]
        nose, left, right = points
        if nose is None or left is None or right is None:
            return
        region = self._face_region(row, nose, left, right)
        if region.side < SMALLEST_FACE:
            return
        self._face_failures += 1
        if _is_left_out(self._face_failures):
            return
        found = self._face.read(rgb, region)
        if self._face_at is None and found.presence >= SEEN / 2:
            found = self._face.read(rgb, face_region(found.points[:, :2]))
        self._face_at = None
        if found.presence < SEEN:
            return
        self._face_at, self._face_failures = found.points[:, :2] - nose, 0
        at, into = row - self._base, self._found
        into.face_rotation[at], into.face_presence[at] = face_rotation(found.points), found.presence

    def _face_region(self, row: int, nose: Floats, left: Floats, right: Floats) -> Region:
        """Where the face is: where it was, moved with the nose, or around the body's points."""
        if self._face_at is not None:
            return face_region(self._face_at + nose)
        eyes = left - right
        x, y = (nose + left + right) / 3
        side = max(4.4 * float(np.linalg.norm(eyes)), 0.9 * self._trunk(row) * 0.5)
        return Region(float(x), float(y), side, float(np.arctan2(eyes[1], eyes[0])))

    def _drop_double(self, row: int) -> None:
        """Of two hands at one place, drop the one whose body's wrist is further away."""
        scores, at = self._found.score, row - self._base
        first = max(at - self._stride, 0)
        recent = [np.flatnonzero(scores[first : at + 1, side]) for side in range(2)]
        if not (len(recent[0]) and len(recent[1])):
            return
        rows = [first + int(found[-1]) for found in recent]
        xy = [self._found.xy[at, side] for side, at in enumerate(rows)]
        if np.linalg.norm(xy[0] - xy[1], axis=-1).mean() > TOGETHER * hand_region(xy[0]).side:
            return
        wrists = [self._xy[self._base + at, self._joint[f"{SIDES[side]}_wrist"]] for side, at in enumerate(rows)]
        away = [float(np.linalg.norm(xy[side][0] - wrists[side])) for side in range(2)]
        worse = int(np.argmax(away))
        scores[rows[worse], worse] = 0
        self._followed[worse].from_wrist = None
