"""Gives detections an identity over time, frame by frame; `tracks.py` closes short gaps.

A detection is assigned to the person whose predicted position, posture and colors it fits best; all pairs of a frame
are decided together. All limits are in seconds of the frames' times, so that every frame rate, constant or variable,
behaves alike. Does not read pictures: without `Detection.appearance`, two people who change places out of sight swap
their identities.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from vidmotion.detectors.base import Detection
from vidmotion.skeletons import by_name
from vidmotion.tracking.assignment import assign
from vidmotion.tracking.joining import join_pieces
from vidmotion.tracking.left_right import find_exchanged_sides
from vidmotion.tracking.tracklet import AssociationCues, SwapEvidence, Tracklet
from vidmotion.tracking.tracks import FrameTimes, make_track
from vidmotion.types import Bools, Floats, Track

_CLEAR = 0.3
"""Largest share of a box that another box may cover; beyond it the colors of the detection are not used."""
_SWAPPED = 0.015
"""Evidence of a swap that is enough to correct it: difference between the appearance distances to the own person and to
the other, times seconds."""
_CHANCE = 0.03
"""Largest such difference in one frame that is taken for chance."""


@dataclass(frozen=True, eq=False)
class _Frame:
    """The detections of one frame that are not assigned yet."""

    before: int
    """Number of the frame before."""
    index: int
    time: float
    found: list[tuple[Detection, bool]]
    """Each with whether it is clear: whether nobody else overlaps."""


class Tracker:
    """Collects the detections of one video, frame after frame; `finish` gives its people."""

    def __init__(self, fps: Fraction, skeleton: str, cues: AssociationCues | None = None) -> None:
        """Start with no people.

        Args:
            fps: nominal frame rate, from which the duration of the last frame follows.
            skeleton: name of the skeleton of the detections.
            cues: None uses all of them.

        Raises:
            InputError: unknown skeleton.
        """
        self._skeleton = by_name(skeleton).name
        self._cues = cues or AssociationCues()
        self._last_duration = float(1 / fps)
        self._frames: list[int] = []
        self._times: list[float] = []
        self._skipped: list[tuple[int, float]] = []
        self._present: list[Tracklet] = []
        self._all: list[Tracklet] = []
        self._before_cut: list[Tracklet] = []
        self._cuts: list[int] = []
        self._confirmed = 0

    def update(self, index: int, time: float, detections: list[Detection]) -> None:
        """Add the detections of the next frame. Call it for a frame without people too.

        Args:
            index: number of the frame, higher than that of the frame before.
            time: seconds from the first frame of the video.
        """
        before = self._frames[-1] if self._frames else index
        self._frames.append(index)
        self._times.append(time)
        self._present = [person for person in self._present if person.may_return(before, time)]
        self._before_cut = [person for person in self._before_cut if person.may_return(before, time)]
        left = [(detection, _is_clear(detection, detections)) for detection in detections]
        # Confirmed people are assigned before unconfirmed ones: a wrong pose in the middle of a fall must not become
        # a person who then gets the rest of the fall.
        ranks = [[person for person in self._present if person.rank(before) == rank] for rank in range(3)]
        for rank, people in enumerate(ranks):
            frame = _Frame(before, index, time, left)
            if rank == 0:
                _correct_identity_swaps(people, ranks[1], frame)
            left = _match(people, frame)
        for detection, clear in left:
            person = Tracklet(self._cues)
            person.add(index, time, detection, clear)
            self._present.append(person)
            self._all.append(person)

    def skip(self, index: int, time: float) -> None:
        """Note a frame in which nobody is searched for; people are there if they are before and after it.

        Args:
            index: number of the frame, higher than that of the frame before.
            time: seconds from the first frame of the video.
        """
        self._skipped.append((index, time))

    def cut(self) -> None:
        """End all tracks, because the next frame begins a new shot: everybody in it is somebody new."""
        self._before_cut, self._present = self._present, []
        self._cuts.append(self._frames[-1] if self._frames else -1)

    def undo_cut(self) -> None:
        """Go on as if the last cut and the detections since then had not been; for the first few frames after it."""
        self._all = [person for person in self._all if person not in self._present]
        self._present, self._before_cut = self._before_cut, []
        self._cuts.pop()

    def finish(self) -> list[Track]:
        """The people who were seen for long enough, numbered from 0 by their first frame."""
        if not self._frames:
            return []
        frame_times = self._frame_times()
        people = join_pieces(self._all, self._cuts)
        kept = [person for person in people if frame_times.is_long_enough(person.frames)]
        return [
            make_track(number, person.frames, person.detections, frame_times, self._skeleton)
            for number, person in enumerate(kept)
        ]

    def _frame_times(self) -> FrameTimes:
        frames = np.array([*self._frames, *(index for index, _ in self._skipped)])
        times = np.array([*self._times, *(time for _, time in self._skipped)])
        order = np.argsort(frames)
        return FrameTimes(frames[order], times[order], self._last_duration, order >= len(self._frames))

    def in_view(self) -> list[Track]:
        """The confirmed people of the last frame, numbered from 0 in the order of their confirmation.

        Left and right are decided by all detections so far, also by those that `forget` has dropped.
        """
        frame_times = FrameTimes(np.array(self._frames), np.array(self._times), self._last_duration)
        shown = [one for one in self._present if one.rank(self._frames[-1]) == 0]
        for person in shown:
            if person.number is None:
                person.number, self._confirmed = self._confirmed, self._confirmed + 1
        return [
            make_track(
                person.number, person.frames, person.detections, frame_times, self._skeleton, self._exchanged(person)
            )
            for person in shown
            if person.number is not None
        ]

    def forget(self, before: float) -> None:
        """Drop the detections before a time in seconds, except the last one of each person who may return."""
        if not self._frames:
            return
        self._all = self._before_cut + self._present
        for person in self._all:
            old = min(bisect_left(person.times, before), len(person.times) - 1)
            if person.side_costs is not None:
                person.side_costs = person.side_costs[min(old, len(person.side_costs) - 1) :]
            del person.frames[:old], person.times[:old], person.detections[:old]
        first = min((person.frames[0] for person in self._all), default=self._frames[-1])
        old = bisect_left(self._frames, first)
        del self._frames[:old], self._times[:old]

    def _exchanged(self, person: Tracklet) -> Bools:
        """(S, 2) which sides of a person's detections are exchanged; the costs are kept for the next call."""
        xy, score = (np.stack(part) for part in zip(*((one.xy, one.score) for one in person.detections), strict=True))
        past = None if person.side_costs is None else person.side_costs[0]
        sides = find_exchanged_sides(xy, score, np.array(person.times), self._skeleton, past)
        person.side_costs = sides.costs
        return sides.exchanged


def _costs(people: list[Tracklet], frame: _Frame) -> Floats:
    """(P, D) costs of assigning detections to people."""
    cost = [
        [person.cost(frame.before, frame.time, detection, clear) for detection, clear in frame.found]
        for person in people
    ]
    return np.array(cost).reshape(len(people), len(frame.found))


def _correct_identity_swaps(people: list[Tracklet], hidden: list[Tracklet], frame: _Frame) -> None:
    """Correct tracks that went on to another person.

    Where two people meet, a detector that follows both may continue one of them as the other. After a while the colors
    show it. Then the detections since the swap are exchanged: with a hidden person, who is in view in place of the
    tracked one, or with another person in view, if each of the two looks more like the other.
    """
    if len(people) + len(hidden) < 2:
        return
    back, pairs = _costs(hidden, frame), assign(_costs(people, frame))
    for row, column in pairs:
        person, (detection, clear) = people[row], frame.found[column]
        own = person.appearance_distance(detection) if clear else None
        rivals = [] if own is None else [
            (own - _appearance_distance(hidden[other], detection), hidden[other])
            for other in np.flatnonzero(np.isfinite(back[:, column]))
        ] + [
            (_exchange(person, detection, people[other], frame.found[theirs]), people[other])
            for other, theirs in pairs if other != row
        ]  # fmt: skip
        gain, rival = max(rivals, key=lambda one: one[0], default=(0.0, person))
        passed = frame.time - person.times[-1]
        person.swap = (person.swap or SwapEvidence(frame.index)).add(gain * passed) if gain > _CHANCE else None
        if person.swap is not None and person.swap.strength > _SWAPPED:
            person.exchange(rival)
            if rival in hidden:
                people[row], hidden[hidden.index(rival)] = rival, person


def _exchange(one: Tracklet, detection: Detection, other: Tracklet, found: tuple[Detection, bool]) -> float:
    """How much more two detections look like each other's person than like their own, in the mean; 0 unless both do."""
    if not found[1]:
        return 0.0
    gains = (
        _appearance_distance(one, detection, unknown=0.0) - _appearance_distance(other, detection),
        _appearance_distance(other, found[0], unknown=0.0) - _appearance_distance(one, found[0]),
    )
    return sum(gains) / 2 if min(gains) > 0 else 0.0


def _appearance_distance(person: Tracklet, detection: Detection, unknown: float = np.inf) -> float:
    distance = person.appearance_distance(detection)
    return unknown if distance is None else distance


def _match(people: list[Tracklet], frame: _Frame) -> list[tuple[Detection, bool]]:
    """Assign detections to people; returns those that are left over."""
    pairs = assign(_costs(people, frame))
    for row, column in pairs:
        people[row].add(frame.index, frame.time, *frame.found[column])
    taken = {column for _, column in pairs}
    return [found for column, found in enumerate(frame.found) if column not in taken]


def _is_clear(detection: Detection, everybody: list[Detection]) -> bool:
    """Whether nobody else covers much of a detection's box."""
    x0, y0, x1, y1 = detection.box
    area = max(float((x1 - x0) * (y1 - y0)), 1.0)
    for other in everybody:
        low, high = np.maximum(other.box[:2], (x0, y0)), np.minimum(other.box[2:], (x1, y1))
        if other is not detection and float(np.prod(np.maximum(high - low, 0))) > _CLEAR * area:
            return False
    return True
