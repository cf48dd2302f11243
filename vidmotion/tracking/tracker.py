"""Gives detections an identity through time, frame by frame; `tracks` closes short gaps.

A detection belongs to the person whose predicted place, posture and colours it fits best; all pairs of a frame are
decided together. Times are those of the frames, so that any frame rate, fixed or varying, behaves alike.
Knows nothing about pictures: without `Detection.look`, two people who swap places unseen swap identities.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from vidmotion.detectors.base import Detection
from vidmotion.skeletons import by_name
from vidmotion.tracking.assignment import assign
from vidmotion.tracking.candidate import Candidate, Clues, Doubt
from vidmotion.tracking.tracks import Clock, make_track
from vidmotion.types import Floats, Track

_CLEAR = 0.3
"""Share of a box that others' boxes may cover before its colours are not trusted."""
_TAKEN_OVER = 0.015
"""By how much more, times seconds, detections must look like somebody else than like the one whom they go on from."""
_DOUBT = 0.03
"""What of it may be chance in a frame."""


@dataclass(frozen=True, eq=False)
class _Frame:
    """The people of one frame."""

    before: int
    """Number of the frame before."""
    index: int
    time: float
    found: list[tuple[Detection, bool]]
    """Each with whether nobody else is in the way."""


class Tracker:
    """Collects the detections of one video, frame after frame; `finish` gives its people."""

    def __init__(self, fps: Fraction, skeleton: str, clues: Clues | None = None) -> None:
        """
        Args:
            fps: nominal frame rate; tells how long the last frame lasts.
            skeleton: name of the skeleton of the detections.
            clues: None is all of them.

        Raises:
            InputError: unknown skeleton.
        """
        self._skeleton = by_name(skeleton).name
        self._clues = clues or Clues()
        self._last_duration = float(1 / fps)
        self._frames: list[int] = []
        self._times: list[float] = []
        self._present: list[Candidate] = []
        self._all: list[Candidate] = []
        self._known = 0

    def update(self, index: int, time: float, detections: list[Detection]) -> None:
        """Take the people of the next frame; a frame without people counts as well.

        Args:
            index: number of the frame, higher than that of the one before.
            time: seconds from the first frame of the video.
        """
        before = self._frames[-1] if self._frames else index
        self._frames.append(index)
        self._times.append(time)
        self._present = [person for person in self._present if person.remembered(before, time)]
        left = [(detection, _is_clear(detection, detections)) for detection in detections]
        # The known choose before the new: a wild pose in the middle of a fall must not become a person who
        # then takes the rest of the fall.
        ranks = [[person for person in self._present if person.rank(before) == rank] for rank in range(3)]
        for rank, people in enumerate(ranks):
            frame = _Frame(before, index, time, left)
            if rank == 0:
                _set_right(people, ranks[1], frame)
            left = _match(people, frame)
        for detection, clear in left:
            person = Candidate(self._clues)
            person.add(index, time, detection, clear)
            self._present.append(person)
            self._all.append(person)

    def finish(self) -> list[Track]:
        """The people who were seen long enough, numbered from 0 by first appearance."""
        if not self._frames:
            return []
        clock = Clock(np.array(self._frames), np.array(self._times), self._last_duration)
        kept = [person for person in self._all if clock.long_enough(person.frames)]
        return [
            make_track(number, person.frames, person.seen, clock, self._skeleton) for number, person in enumerate(kept)
        ]

    def in_view(self) -> list[Track]:
        """The people of the last frame who are known by now, numbered from 0 as they become so."""
        clock = Clock(np.array(self._frames), np.array(self._times), self._last_duration)
        shown = [one for one in self._present if one.rank(self._frames[-1]) == 0]
        for person in shown:
            if person.number is None:
                person.number, self._known = self._known, self._known + 1
        return [
            make_track(person.number, person.frames, person.seen, clock, self._skeleton)
            for person in shown
            if person.number is not None
        ]

    def forget(self, before: float) -> None:
        """Forget what was seen earlier than a time in seconds, but for the last sight of those who may come back."""
        if not self._frames:
            return
        self._all = list(self._present)
        for person in self._present:
            old = min(bisect_left(person.times, before), len(person.times) - 1)
            del person.frames[:old], person.times[:old], person.seen[:old]
        first = min((person.frames[0] for person in self._present), default=self._frames[-1])
        old = bisect_left(self._frames, first)
        del self._frames[:old], self._times[:old]


def _costs(people: list[Candidate], frame: _Frame) -> Floats:
    """(P, D) of people and detections."""
    cost = [
        [person.cost(frame.before, frame.time, detection, clear) for detection, clear in frame.found]
        for person in people
    ]
    return np.array(cost).reshape(len(people), len(frame.found))


def _set_right(people: list[Candidate], hidden: list[Candidate], frame: _Frame) -> None:
    """Where two people meet, a detector that follows both may go on with one of them as the other. Colours tell after
    a while; what was seen since then is given to whom it shows: somebody hidden, who is in view in place of the other,
    or somebody in view, if both look more like each other."""
    if len(people) + len(hidden) < 2:
        return
    back, pairs = _costs(hidden, frame), assign(_costs(people, frame))
    for row, column in pairs:
        person, (detection, clear) = people[row], frame.found[column]
        own = person.unlike(detection) if clear else None
        rivals = [] if own is None else [
            (own - _unlike(hidden[other], detection), hidden[other])
            for other in np.flatnonzero(np.isfinite(back[:, column]))
        ] + [
            (_exchange(person, detection, people[other], frame.found[theirs]), people[other])
            for other, theirs in pairs if other != row
        ]  # fmt: skip
        gain, rival = max(rivals, key=lambda one: one[0], default=(0.0, person))
        passed = frame.time - person.times[-1]
        person.doubt = (person.doubt or Doubt(frame.index)).more(gain * passed) if gain > _DOUBT else None
        if person.doubt is not None and person.doubt.strength > _TAKEN_OVER:
            person.exchange(rival)
            if rival in hidden:
                people[row], hidden[hidden.index(rival)] = rival, person


def _exchange(one: Candidate, detection: Detection, other: Candidate, found: tuple[Detection, bool]) -> float:
    """By how much two detections look more like each other's person than like their own; 0 unless both do."""
    if not found[1]:
        return 0.0
    gains = (
        _unlike(one, detection, unknown=0.0) - _unlike(other, detection),
        _unlike(other, found[0], unknown=0.0) - _unlike(one, found[0]),
    )
    return sum(gains) / 2 if min(gains) > 0 else 0.0


def _unlike(person: Candidate, detection: Detection, unknown: float = np.inf) -> float:
    other = person.unlike(detection)
    return unknown if other is None else other


def _match(people: list[Candidate], frame: _Frame) -> list[tuple[Detection, bool]]:
    """Give detections to people; what is left over is returned."""
    pairs = assign(_costs(people, frame))
    for row, column in pairs:
        people[row].add(frame.index, frame.time, *frame.found[column])
    taken = {column for _, column in pairs}
    return [found for column, found in enumerate(frame.found) if column not in taken]


def _is_clear(detection: Detection, everybody: list[Detection]) -> bool:
    x0, y0, x1, y1 = detection.box
    area = max(float((x1 - x0) * (y1 - y0)), 1.0)
    for other in everybody:
        low, high = np.maximum(other.box[:2], (x0, y0)), np.minimum(other.box[2:], (x1, y1))
        if other is not detection and float(np.prod(np.maximum(high - low, 0))) > _CLEAR * area:
            return False
    return True
