"""Joins the pieces of one person's track after the whole video has been seen.

While a person falls, jumps or turns over, a detector may give up for some frames, and its last poses before are often
wrong: crumpled and far too small. The tracker, which compares with the last pose, then starts another person. Here the
sizes and positions of several frames on both sides of the gap are compared, and the mean colors.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vidmotion.tracking.appearance import appearance_distance
from vidmotion.tracking.tracklet import Tracklet
from vidmotion.types import Floats

LONGEST_GAP = 0.5
"""Seconds between the pieces."""
LONGEST_OVERLAP = 0.25
"""Seconds in which the first piece may still be followed, wrongly, while the second one is seen."""
SHORTEST = 0.25
"""Seconds of a piece; what is seen more briefly may be a false detection."""
SPAN = 0.5
"""Seconds of each piece that are compared."""
REACH = 0.4
"""Largest distance from the expected position, in body sizes. Measured: 0.11 in a somersault off a roof."""
SIZE_RATIO = 1.6
"""Largest ratio between the sizes."""
APPEARANCE = 0.12
"""Largest distance between the mean colors; in 9 of 10 frames the same person is below, another person above."""
_GRAVITY = 9.8 / 1.7
"""Body heights per second squared."""


def join_pieces(people: Sequence[Tracklet], cuts: Sequence[int]) -> list[Tracklet]:
    """The people with those joined that are pieces of one; each takes the place of its first piece.

    Args:
        people: in the order of their first frames. They are not changed.
        cuts: numbers of the last frames of the shots.
    """
    joined: list[Tracklet] = []
    for person in people:
        before = [_until(one, person.times[0]) for one in joined]
        costs = [_cost(one, person, cuts) for one in before]
        best = int(np.argmin(costs)) if costs else 0
        if costs and np.isfinite(costs[best]):
            joined[best] = _join(before[best], person)
        else:
            joined.append(person)
    return joined


def _until(person: Tracklet, time: float) -> Tracklet:
    """A person without the last frames from a time on, if they are few: there the detector was lost already."""
    count = bisect_left(person.times, time)
    if count == len(person.times) or person.times[-1] - time > LONGEST_OVERLAP or not count:
        return person
    return replace(
        person, frames=person.frames[:count], times=person.times[:count], detections=person.detections[:count]
    )


def _cost(first: Tracklet, second: Tracklet, cuts: Sequence[int]) -> float:
    """Distance between the second piece and its expected position, in body sizes; inf if it is somebody else."""
    gap = second.times[0] - first.times[-1]
    if not 0 < gap <= LONGEST_GAP or min(_seconds(first), _seconds(second)) < SHORTEST:
        return np.inf
    if any(first.frames[-1] <= cut < second.frames[0] for cut in cuts):
        return np.inf
    if first.appearance is None or second.appearance is None:
        return np.inf
    difference = appearance_distance(first.appearance, second.appearance)
    if difference is None or difference > APPEARANCE:
        return np.inf
    before, after = _size(first, first.times[-1] - SPAN, np.inf), _size(second, 0.0, second.times[0] + SPAN)
    if max(before, after) > SIZE_RATIO * min(before, after):
        return np.inf
    distance = _distance(first, second, gap, max(before, after)) / max(before, after)
    return distance if distance <= REACH else np.inf


def _distance(first: Tracklet, second: Tracklet, gap: float, size: float) -> float:
    """Pixels between the second piece and where the first one is expected: standing still, moving on, or falling."""
    shift = np.median(second.detections[0].xy, axis=0) - np.median(first.detections[-1].xy, axis=0)
    moving = first.velocity * gap
    falling = moving + np.array([0.0, _GRAVITY * size * gap**2 / 2])
    return float(min(np.hypot(*(shift - expected)) for expected in (np.zeros(2), moving, falling)))


def _size(person: Tracklet, start: float, end: float) -> float:
    """Median diagonal of the boxes between two times, in pixels, without those of poor scores."""
    found = [one for one, time in zip(person.detections, person.times, strict=True) if start <= time <= end]
    score = np.array([one.score.mean() for one in found])
    sides: Floats = np.array([one.box[2:] - one.box[:2] for one in found])
    return max(1.0, float(np.median(np.hypot(*sides[score >= score.max() / 2].T))))


def _seconds(person: Tracklet) -> float:
    return person.times[-1] - person.times[0]


def _join(first: Tracklet, second: Tracklet) -> Tracklet:
    return replace(
        first,
        frames=first.frames + second.frames,
        times=first.times + second.times,
        detections=first.detections + second.detections,
        velocity=second.velocity,
    )
