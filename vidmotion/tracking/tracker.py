"""Gives detections an identity through time, frame by frame, and closes short gaps.

A detection belongs to the person whose predicted place and posture it fits best; all pairs of a frame are
decided together. Times are those of the frames, so that any frame rate, fixed or varying, behaves alike.
Knows nothing about pictures: two people who swap places unseen swap identities.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from vidmotion.detectors.base import Detection
from vidmotion.skeletons import by_name
from vidmotion.tracking.assignment import assign
from vidmotion.tracking.gaps import filled_track
from vidmotion.types import Floats, Track

MEMORY = 4.0
"""Seconds for which a person who is out of sight may come back as the same."""
SHORTEST = 0.5
"""Seconds that somebody must be seen, or half of a video that is shorter than a second."""
_REACH = 0.5
"""Farthest mean distance of the points from where they are expected, in diagonals of the person's box.
Measured: a dancer at 1.7 frames a second stays below 0.4."""
_REACH_GROWTH = 1.0
"""What a second out of sight adds to it, for `_MOTION_REACH` at most. Measured: an acrobat's somersault."""
_GROWN = 2.0
"""Largest ratio between the sizes of one person before and after a gap."""
_POSTURE_MEMORY = 0.5
"""Seconds after which a posture tells e times less."""
_BRIEF = 0.25
"""Seconds in view that make somebody known; anybody is remembered for as long."""
_MOTION_SPAN = 0.15
"""Seconds over which a velocity is taken."""
_MOTION_REACH = 1.0
"""Seconds for which somebody out of sight is expected to keep a velocity."""


@dataclass(eq=False)
class _Candidate:
    """A person in the making."""

    frames: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    seen: list[Detection] = field(default_factory=list)
    velocity: Floats = field(default_factory=lambda: np.zeros(2))
    """(2,) pixels a second."""

    def add(self, index: int, time: float, detection: Detection) -> None:
        self.frames.append(index)
        self.times.append(time)
        self.seen.append(detection)
        self.velocity = self._velocity()

    def remembered(self, before: int, time: float) -> bool:
        """Whether this person may be seen again.

        Somebody seen briefly is soon forgotten: a ghost must not become the past of the next person nearby.

        Args:
            before: number of the frame before.
            time: seconds, of this frame.
        """
        remembered = min(MEMORY, max(_BRIEF, self._seen_for()))
        return self.frames[-1] == before or time - self.times[-1] <= remembered

    def rank(self, before: int) -> int:
        """0 for somebody known and in view, 1 for somebody known and out of sight, 2 for somebody new."""
        if self._seen_for() < _BRIEF:
            return 2
        return 0 if self.frames[-1] == before else 1

    def _seen_for(self) -> float:
        return self.times[-1] - self.times[0]

    def cost(self, time: float, detection: Detection) -> float:
        """How badly a detection fits, in diagonals of the box; inf where it is somebody else."""
        last, gap = self.seen[-1], time - self.times[-1]
        size, found = _diagonal(last.box), _diagonal(detection.box)
        if max(size, found) > _GROWN * min(size, found):
            return np.inf
        scale = (size + found) / 2
        moved = detection.xy - last.xy
        shift = moved.mean(axis=0)
        # Somebody hidden may have walked on or stood still.
        expected = self.velocity * min(gap, _MOTION_REACH)
        place = min(np.hypot(*(shift - expected)), np.hypot(*shift) if gap > _MOTION_SPAN else np.inf)
        posture = np.linalg.norm(moved - shift, axis=1).mean() * np.exp(-gap / _POSTURE_MEMORY)
        cost = float(place + posture) / scale
        return cost if cost <= _REACH + _REACH_GROWTH * min(gap, _MOTION_REACH) else np.inf

    def _velocity(self) -> Floats:
        past = len(self.times) - 2
        while past > 0 and self.times[-1] - self.times[past] < _MOTION_SPAN:
            past -= 1
        if past < 0:
            return np.zeros(2)
        moved = np.median(self.seen[-1].xy - self.seen[past].xy, axis=0)
        return moved / (self.times[-1] - self.times[past])


class Tracker:
    """Collects the detections of one video, frame after frame; `finish` gives its people."""

    def __init__(self, fps: Fraction, skeleton: str) -> None:
        """
        Args:
            fps: nominal frame rate; tells how long the last frame lasts.
            skeleton: name of the skeleton of the detections.

        Raises:
            InputError: unknown skeleton.
        """
        self._skeleton = by_name(skeleton).name
        self._last_duration = float(1 / fps)
        self._frames: list[int] = []
        self._times: list[float] = []
        self._present: list[_Candidate] = []
        self._all: list[_Candidate] = []

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
        left = list(detections)
        # The known choose before the new: a wild pose in the middle of a fall must not become a person who
        # then takes the rest of the fall.
        for rank in range(3):
            people = [person for person in self._present if person.rank(before) == rank]
            left = self._match(people, left, index, time)
        for detection in left:
            person = _Candidate()
            person.add(index, time, detection)
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

    def _match(self, people: list[_Candidate], detections: list[Detection], index: int, time: float) -> list[Detection]:
        """Give detections to people; what is left over is returned."""
        cost = np.array([[person.cost(time, detection) for detection in detections] for person in people])
        pairs = assign(cost.reshape(len(people), len(detections)))
        for row, column in pairs:
            people[row].add(index, time, detections[column])
        taken = {column for _, column in pairs}
        return [detection for column, detection in enumerate(detections) if column not in taken]


def _diagonal(box: Floats) -> float:
    return max(1.0, float(np.hypot(box[2] - box[0], box[3] - box[1])))
