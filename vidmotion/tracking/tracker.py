"""Gives detections an identity through time, frame by frame, and closes short gaps.

A detection belongs to the person whose predicted place, posture and colours it fits best; all pairs of a frame are
decided together. Times are those of the frames, so that any frame rate, fixed or varying, behaves alike.
Knows nothing about pictures: without `Detection.look`, two people who swap places unseen swap identities.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from vidmotion.detectors.base import Detection
from vidmotion.skeletons import by_name
from vidmotion.tracking.assignment import assign
from vidmotion.tracking.candidate import Candidate, Clues, Doubt
from vidmotion.tracking.gaps import filled_track
from vidmotion.types import Floats, Track

SHORTEST = 0.5
"""Seconds that somebody must be seen, or half of a video that is shorter than a second."""

_CLEAR = 0.3
"""Share of a box that others' boxes may cover before its colours are not trusted."""
_TAKEN_OVER = 0.015
"""By how much more, times seconds, detections must look like somebody out of sight than like the one whom they go on
from."""
_DOUBT = 0.03
"""What of it may be chance in a frame."""


@dataclass(frozen=True, eq=False)
class _Frame:
    """The people of one frame."""

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
            frame = _Frame(index, time, left)
            if rank == 0:
                _hand_over(people, ranks[1], frame)
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
        frames, times = np.array(self._frames), np.array(self._times)
        durations = np.append(np.diff(times), self._last_duration)
        needed = min(SHORTEST, float(durations.sum()) / 2)
        kept = []
        for person in self._all:
            position = np.searchsorted(frames, person.frames)
            if durations[position].sum() >= needed:
                kept.append((person, position))
        return [
            filled_track(number, person.seen, position, frames, times, self._skeleton)
            for number, (person, position) in enumerate(kept)
        ]


def _costs(people: list[Candidate], frame: _Frame) -> Floats:
    """(P, D)"""
    cost = [[person.cost(frame.time, detection, clear) for detection, clear in frame.found] for person in people]
    return np.array(cost).reshape(len(people), len(frame.found))


def _hand_over(people: list[Candidate], hidden: list[Candidate], frame: _Frame) -> None:
    """Where two people meet, a detector that follows both may go on with one of them as the other. Colours tell after
    a while; what was seen since then is given to whom it shows, who is in view in place of the other."""
    cost, back = _costs(people, frame), _costs(hidden, frame)
    for row, column in assign(cost):
        detection, clear = frame.found[column]
        own = people[row].unlike(detection) if clear else None
        others = [(hidden[other].unlike(detection), other) for other in np.flatnonzero(np.isfinite(back[:, column]))]
        nearest, other = min(((one, other) for one, other in others if one is not None), default=(np.inf, -1))
        if own is None or own - nearest < _DOUBT:
            people[row].doubt = None
            continue
        doubt = people[row].doubt or Doubt(len(people[row].seen))
        people[row].doubt = doubt = doubt.more((own - nearest) * (frame.time - people[row].times[-1]))
        if doubt.strength > _TAKEN_OVER:
            people[row].hand_over(hidden[other])
            people[row], hidden[other] = hidden[other], people[row]


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
