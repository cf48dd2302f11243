"""A person in the making: what is known of somebody so far, and how well a detection fits it.

All distances are in diagonals of the person's box, so that near and far people behave alike.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field, replace

import numpy as np

from vidmotion.detectors.base import Detection
from vidmotion.tracking.appearance import unlike
from vidmotion.types import Floats

MEMORY = 4.0
"""Seconds for which a person who is out of sight may come back as the same."""
MEMORY_OF_LOOKS = 10.0
"""Seconds for which somebody may come back who looks the same."""

_REACH = 0.5
"""Farthest mean distance of the points from where they are expected.
Measured: a dancer at 1.7 frames a second stays below 0.4."""
_REACH_GROWTH = 1.0
"""What a second out of sight adds to it, for `_MOTION_REACH` at most. Measured: an acrobat's somersault."""
_GROWN = 2.0
"""Largest ratio between the sizes of one person before and after a gap."""
_POSTURE_MEMORY = 0.5
"""Seconds after which a posture tells e times less."""
_PLACE_MEMORY = 0.5
"""Seconds after which a place tells half as much."""
_BRIEF = 0.25
"""Seconds in view that make somebody known; anybody is remembered for as long."""
_MOTION_SPAN = 0.15
"""Seconds over which a velocity is taken."""
_MOTION_REACH = 1.0
"""Seconds for which somebody out of sight is expected to keep a velocity."""
_LOOK_WEIGHT = 2.0
"""Diagonals that entirely other colours are worth."""
_LOOK_SPAN = 2.0
"""Seconds that a mean of looks goes back."""
_LOOKED_AT = 0.5
"""Seconds in view that make a mean of looks worth remembering."""
_ALIKE = 0.12
"""Measured between a frame and a mean: 9 of 10 frames of the same person are nearer, 9 of 10 of others are not."""
_OTHER = 0.25
"""Nobody looks so different after a gap."""


@dataclass(frozen=True)
class Clues:
    """What people are told apart by, beside where they are."""

    motion: bool = True
    posture: bool = True
    size: bool = True
    look: bool = True


@dataclass(frozen=True)
class Doubt:
    """Whether what somebody was seen as of late is somebody else."""

    since: int
    """Number of the first frame in doubt."""
    strength: float = 0.0

    def more(self, strength: float) -> Doubt:
        return Doubt(self.since, self.strength + strength)


@dataclass(eq=False)
class Candidate:
    """Somebody who may become a track."""

    clues: Clues
    frames: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    seen: list[Detection] = field(default_factory=list)
    velocity: Floats = field(default_factory=lambda: np.zeros(2))
    """(2,) pixels a second."""
    look: Floats | None = None
    """Mean of the looks while nobody else was in the way."""
    doubt: Doubt | None = None
    since: float = np.inf
    """Seconds at which this person was first seen."""
    number: int | None = None
    """Given when somebody is first told to be in view."""

    def add(self, index: int, time: float, detection: Detection, clear: bool) -> None:
        """Take a detection.

        Args:
            index: number of the frame.
            time: seconds.
            clear: whether nobody else is in the way, so that its colours are this person's.
        """
        if clear and self.clues.look and self.doubt is None and detection.look is not None:
            self._remember(detection.look, time - self.times[-1] if self.times else 0.0)
        self.frames.append(index)
        self.times.append(time)
        # Hours of looks would fill the memory, and their mean is kept.
        self.seen.append(replace(detection, look=None))
        self.since = min(self.since, time)
        self.velocity = self._velocity()

    def exchange(self, other: Candidate) -> None:
        """Change places with somebody else since this person is in doubt, or since they went out of sight."""
        assert self.doubt is not None
        since = max(self.doubt.since, self.frames[0] + 1, other.frames[0] + 1)  # everybody keeps their first frame
        own, theirs = self._release(since), other._release(since)
        for index, time, detection in own:
            other.add(index, time, detection, clear=False)
        for index, time, detection in theirs:
            self.add(index, time, detection, clear=False)
        self.doubt = other.doubt = None

    def _release(self, since: int) -> list[tuple[int, float, Detection]]:
        """Forget what was seen from a frame on; it comes back."""
        start = bisect_left(self.frames, since)
        last = list(zip(self.frames[start:], self.times[start:], self.seen[start:], strict=True))
        del self.frames[start:], self.times[start:], self.seen[start:]
        self.velocity = self._velocity()
        return last

    def remembered(self, before: int, time: float) -> bool:
        """Whether this person may be seen again.

        Somebody seen briefly is soon forgotten: a ghost must not become the past of the next person nearby.

        Args:
            before: number of the frame before.
            time: seconds, of this frame.
        """
        by_look = self._has_look() and time - self.times[-1] <= MEMORY_OF_LOOKS
        return by_look or self._remembered_anyway(before, time)

    def rank(self, before: int) -> int:
        """0 for somebody known and in view, 1 for somebody known and out of sight, 2 for somebody new."""
        if self._seen_for() < _BRIEF:
            return 2
        return 0 if self.frames[-1] == before else 1

    def unlike(self, detection: Detection) -> float | None:
        """How other a detection looks, 0..1; None if that cannot be told."""
        if self.look is None or detection.look is None:
            return None
        return unlike(self.look, detection.look)

    def cost(self, before: int, time: float, detection: Detection, clear: bool) -> float:
        """How badly a detection fits, in diagonals of the box; inf where it is somebody else.

        Args:
            before, time: as for `remembered`.
            clear: as for `add`.
        """
        last, gap = self.seen[-1], time - self.times[-1]
        size, found = _diagonal(last.box), _diagonal(detection.box)
        if self.clues.size and max(size, found) > _GROWN * min(size, found):
            return np.inf
        other = self.unlike(detection) if clear else None
        away = self._away(gap, detection) * 2 / (size + found)
        if away > self._reach(gap, other, self._remembered_anyway(before, time)):
            return np.inf
        if other is None:
            return away
        return away / (1 + gap / _PLACE_MEMORY) + _LOOK_WEIGHT * other

    def _reach(self, gap: float, other: float | None, remembered_anyway: bool) -> float:
        """How far away from where they are expected somebody may be found, who looks so different; -inf if nowhere."""
        if other is None or gap <= _MOTION_SPAN:
            other = (_ALIKE + _OTHER) / 2  # nothing is told
        if other > _OTHER:
            return -np.inf
        if other < _ALIKE and self._has_look():
            return _REACH + _REACH_GROWTH * gap
        return _REACH + _REACH_GROWTH * min(gap, _MOTION_REACH) if remembered_anyway else -np.inf

    def _away(self, gap: float, detection: Detection) -> float:
        """Pixels between the points and where they are expected, on average."""
        moved = detection.xy - self.seen[-1].xy
        shift = moved.mean(axis=0)
        # Somebody hidden may have walked on or stood still.
        expected = self.velocity * min(gap, _MOTION_REACH) if self.clues.motion else np.zeros(2)
        place = min(np.hypot(*(shift - expected)), np.hypot(*shift) if gap > _MOTION_SPAN else np.inf)
        if not self.clues.posture:
            return float(place)
        return float(place + np.linalg.norm(moved - shift, axis=1).mean() * np.exp(-gap / _POSTURE_MEMORY))

    def _remember(self, look: Floats, passed: float) -> None:
        if self.look is None:
            self.look = look.copy()
            return
        known, seen = self.look.any(1), look.any(1)
        share = max(1 / (len(self.seen) + 1), 1 - np.exp(-passed / _LOOK_SPAN))
        self.look[seen & known] += share * (look - self.look)[seen & known]
        self.look[seen & ~known] = look[seen & ~known]

    def _remembered_anyway(self, before: int, time: float) -> bool:
        """Whether this person may be seen again whatever they look like."""
        return self.frames[-1] == before or time - self.times[-1] <= min(MEMORY, max(_BRIEF, self._seen_for()))

    def _has_look(self) -> bool:
        return self.look is not None and self._seen_for() >= _LOOKED_AT

    def _seen_for(self) -> float:
        return self.times[-1] - self.since

    def _velocity(self) -> Floats:
        past = len(self.times) - 2
        while past > 0 and self.times[-1] - self.times[past] < _MOTION_SPAN:
            past -= 1
        if past < 0:
            return np.zeros(2)
        moved = np.median(self.seen[-1].xy - self.seen[past].xy, axis=0)
        return moved / (self.times[-1] - self.times[past])


def _diagonal(box: Floats) -> float:
    return max(1.0, float(np.hypot(box[2] - box[0], box[3] - box[1])))
