"""The track of one person while it grows, and how well a detection fits it.

Distances are in diagonals of the person's box, so that near and far people are treated alike.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field, replace

import numpy as np

from vidmotion.detectors.base import Detection
from vidmotion.tracking.appearance import appearance_distance
from vidmotion.types import Floats

MAX_GAP = 4.0
"""Seconds out of sight after which a person may still return by position and motion alone."""
MAX_GAP_BY_APPEARANCE = 10.0
"""Seconds out of sight after which a person of the same appearance may still return."""

_GATE = 0.5
"""Largest mean distance of the points from their expected positions.
Measured: a dancer at 1.7 frames a second stays below 0.4."""
_GATE_GROWTH = 1.0
"""Added to the gate for each second out of sight, at most `_MAX_EXTRAPOLATION`. Measured: a somersault."""
_MAX_SIZE_RATIO = 2.0
"""Largest ratio between the sizes of one person before and after a gap."""
_POSTURE_DECAY = 0.5
"""Seconds after which the weight of a difference in posture has fallen by a factor of e."""
_POSITION_DECAY = 0.5
"""Seconds after which the weight of a difference in position has halved."""
_CONFIRMED = 0.25
"""Seconds in view after which a person is confirmed. Before that, a person may return for as long as this."""
_VELOCITY_SPAN = 0.15
"""Seconds over which the velocity is measured."""
_MAX_EXTRAPOLATION = 1.0
"""Seconds out of sight for which the velocity is extrapolated."""
_APPEARANCE_WEIGHT = 2.0
"""Diagonals to which entirely different colors are equivalent."""
_APPEARANCE_SPAN = 2.0
"""Time constant of the mean appearance, seconds."""
_APPEARANCE_RELIABLE = 0.5
"""Seconds in view after which the mean appearance is reliable."""
_SAME_APPEARANCE = 0.12
"""Measured between a frame and a mean: in 9 of 10 frames the same person is below, another person above."""
_OTHER_APPEARANCE = 0.25
"""After a gap, nobody differs so much from their own mean appearance."""


@dataclass(frozen=True)
class AssociationCues:
    """What detections are associated by, beside position; all of it unless a measurement switches some off."""

    motion: bool = True
    posture: bool = True
    size: bool = True
    appearance: bool = True


@dataclass(frozen=True)
class SwapEvidence:
    """Evidence that the latest detections of a track show somebody else."""

    since: int
    """Number of the first frame that may show somebody else."""
    strength: float = 0.0

    def add(self, strength: float) -> SwapEvidence:
        """The evidence with that of one more frame."""
        return SwapEvidence(self.since, self.strength + strength)


@dataclass(eq=False)
class Tracklet:
    """A person who is being tracked. If it is seen for long enough, it becomes a `Track`."""

    cues: AssociationCues
    frames: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    """Seconds."""
    detections: list[Detection] = field(default_factory=list)
    velocity: Floats = field(default_factory=lambda: np.zeros(2))
    """(2,) pixels a second."""
    appearance: Floats | None = None
    """(PATCHES, BINS) mean appearance in the frames in which nobody else overlapped."""
    swap: SwapEvidence | None = None
    since: float = np.inf
    """Seconds at which this person was first seen."""
    side_costs: Floats | None = None
    """(S, 4, 4) in live use: `vidmotion.tracking.left_right.Sides.costs` of the first S detections."""
    number: int | None = None
    """Id in live use, assigned when the person is first reported as in view."""

    def add(self, index: int, time: float, detection: Detection, clear: bool) -> None:
        """Append a detection.

        Args:
            index: number of the frame.
            time: seconds.
            clear: whether nobody else overlaps, so that the detection has this person's colors.
        """
        if clear and self.cues.appearance and self.swap is None and detection.appearance is not None:
            self._update_appearance(detection.appearance, time - self.times[-1] if self.times else 0.0)
        self.frames.append(index)
        self.times.append(time)
        # The appearance of every frame would fill the memory in hours of video; the mean is enough.
        self.detections.append(replace(detection, appearance=None))
        self.since = min(self.since, time)
        self.velocity = self._velocity()

    def exchange(self, other: Tracklet) -> None:
        """Exchange the detections since the swap with another person's, or with those since that one's gap."""
        assert self.swap is not None
        since = max(self.swap.since, self.frames[0] + 1, other.frames[0] + 1)  # everybody keeps their first frame
        own, theirs = self._cut(since), other._cut(since)
        for index, time, detection in own:
            other.add(index, time, detection, clear=False)
        for index, time, detection in theirs:
            self.add(index, time, detection, clear=False)
        self.swap = other.swap = None

    def _cut(self, since: int) -> list[tuple[int, float, Detection]]:
        """Remove the detections from a frame on, and return them."""
        start = bisect_left(self.frames, since)
        last = list(zip(self.frames[start:], self.times[start:], self.detections[start:], strict=True))
        del self.frames[start:], self.times[start:], self.detections[start:]
        self.velocity = self._velocity()
        return last

    def may_return(self, before: int, time: float) -> bool:
        """Whether a detection of this frame may be this person.

        After a short time in view only a short gap is allowed: a false detection must not become the past of the next
        person nearby.

        Args:
            before: number of the frame before.
            time: seconds, of this frame.
        """
        by_appearance = self._has_appearance() and time - self.times[-1] <= MAX_GAP_BY_APPEARANCE
        return by_appearance or self._may_return_by_position(before, time)

    def rank(self, before: int) -> int:
        """0 for a confirmed person in view, 1 for a confirmed person out of sight, 2 for an unconfirmed person."""
        if self._seconds_seen() < _CONFIRMED:
            return 2
        return 0 if self.frames[-1] == before else 1

    def appearance_distance(self, detection: Detection) -> float | None:
        """Distance between this person's appearance and a detection's, 0..1; None if one of them is not known."""
        if self.appearance is None or detection.appearance is None:
            return None
        return appearance_distance(self.appearance, detection.appearance)

    def cost(self, before: int, time: float, detection: Detection, clear: bool) -> float:
        """Cost of assigning a detection, in diagonals of the box; inf where it must be somebody else.

        Args:
            before: number of the frame before.
            time: seconds, of this frame.
            clear: as for `add`.
        """
        last, gap = self.detections[-1], time - self.times[-1]
        size, found = _diagonal(last.box), _diagonal(detection.box)
        if self.cues.size and max(size, found) > _MAX_SIZE_RATIO * min(size, found):
            return np.inf
        difference = self.appearance_distance(detection) if clear else None
        distance = self._distance(gap, detection) * 2 / (size + found)
        if distance > self._gate(gap, difference, self._may_return_by_position(before, time)):
            return np.inf
        if difference is None:
            return distance
        return distance / (1 + gap / _POSITION_DECAY) + _APPEARANCE_WEIGHT * difference

    def _gate(self, gap: float, difference: float | None, by_position: bool) -> float:
        """Largest distance at which a detection may be this person; -inf if it cannot be.

        Args:
            gap: seconds since this person was last seen.
            difference: between the appearances; None if not known.
            by_position: whether the person may return by position alone.
        """
        if difference is None or gap <= _VELOCITY_SPAN:
            difference = (_SAME_APPEARANCE + _OTHER_APPEARANCE) / 2  # appearance does not decide
        if difference > _OTHER_APPEARANCE:
            return -np.inf
        if difference < _SAME_APPEARANCE and self._has_appearance():
            return _GATE + _GATE_GROWTH * gap
        return _GATE + _GATE_GROWTH * min(gap, _MAX_EXTRAPOLATION) if by_position else -np.inf

    def _distance(self, gap: float, detection: Detection) -> float:
        """Mean distance in pixels between the points and their expected positions."""
        moved = detection.xy - self.detections[-1].xy
        shift = moved.mean(axis=0)
        # While out of sight a person may have moved on or stood still: the better of both counts.
        expected = self.velocity * min(gap, _MAX_EXTRAPOLATION) if self.cues.motion else np.zeros(2)
        position = min(np.hypot(*(shift - expected)), np.hypot(*shift) if gap > _VELOCITY_SPAN else np.inf)
        if not self.cues.posture:
            return float(position)
        return float(position + np.linalg.norm(moved - shift, axis=1).mean() * np.exp(-gap / _POSTURE_DECAY))

    def _update_appearance(self, appearance: Floats, passed: float) -> None:
        """Update the mean appearance, `passed` seconds after the last detection."""
        if self.appearance is None:
            self.appearance = appearance.copy()
            return
        known, seen = self.appearance.any(1), appearance.any(1)
        share = max(1 / (len(self.detections) + 1), 1 - np.exp(-passed / _APPEARANCE_SPAN))
        self.appearance[seen & known] += share * (appearance - self.appearance)[seen & known]
        self.appearance[seen & ~known] = appearance[seen & ~known]

    def _may_return_by_position(self, before: int, time: float) -> bool:
        """Whether this person may be seen again, whatever their appearance."""
        return self.frames[-1] == before or time - self.times[-1] <= min(MAX_GAP, max(_CONFIRMED, self._seconds_seen()))

    def _has_appearance(self) -> bool:
        return self.appearance is not None and self._seconds_seen() >= _APPEARANCE_RELIABLE

    def _seconds_seen(self) -> float:
        return self.times[-1] - self.since

    def _velocity(self) -> Floats:
        past = len(self.times) - 2
        while past > 0 and self.times[-1] - self.times[past] < _VELOCITY_SPAN:
            past -= 1
        if past < 0:
            return np.zeros(2)
        moved = np.median(self.detections[-1].xy - self.detections[past].xy, axis=0)
        return moved / (self.times[-1] - self.times[past])


def _diagonal(box: Floats) -> float:
    return max(1.0, float(np.hypot(box[2] - box[0], box[3] - box[1])))
