"""Detections that are known to be one person's, made a track: numbers, times, short gaps closed.

Knows nothing about how they were found to belong together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from vidmotion.detectors.base import Detection
from vidmotion.types import Bools, Floats, Ints, Keypoints2D, Track

FILLED_GAP = 1.0
"""Seconds; a shorter gap is interpolated."""
SHORTEST = 0.5
"""Seconds that somebody must be seen, or half of a video that is shorter than a second."""
FILLED_SCORE = 0.1
"""Share of the score that an interpolated point keeps."""


@dataclass(frozen=True, eq=False)
class Clock:
    """All frames of a video, with or without people."""

    frames: Ints
    """(N,) numbers, rising."""
    times: Floats
    """(N,) seconds from the first frame."""
    last: float
    """Seconds that the last frame lasts."""

    def long_enough(self, frames: Sequence[int]) -> bool:
        """Whether somebody who was seen in these frames is worth a track."""
        return bool(self._durations[np.searchsorted(self.frames, frames)].sum() >= self._needed)

    @cached_property
    def _durations(self) -> Floats:
        return np.append(np.diff(self.times), self.last)

    @cached_property
    def _needed(self) -> float:
        return min(SHORTEST, float(self._durations.sum()) / 2)


def make_track(number: int, seen_in: Sequence[int], seen: Sequence[Detection], clock: Clock, skeleton: str) -> Track:
    """A track with its short gaps filled.

    Args:
        number: the person's id.
        seen_in: S numbers of frames of the clock, rising.
        seen: the S detections.
    """
    position = np.searchsorted(clock.frames, seen_in)
    kept, observed = _fill(position, clock.times)
    at, known = clock.times[kept], clock.times[position]
    score = np.stack([detection.score for detection in seen])
    between = np.where(observed[:, None], 1.0, FILLED_SCORE) * _interpolate(score, known, at)
    between[_interpolate((score <= 0).astype(float), known, at) > 0] = 0
    xy = _interpolate(np.stack([detection.xy for detection in seen]), known, at)
    boxes = _interpolate(np.stack([detection.box for detection in seen]), known, at)
    return Track(
        number,
        clock.frames[kept],
        at,
        boxes.astype(np.float32),
        Keypoints2D(xy.astype(np.float32), between.astype(np.float32), skeleton),
        observed,
    )


def _fill(position: Ints, times: Floats) -> tuple[Ints, Bools]:
    """Positions of the frames of a track, those of short gaps included, and which of them were seen."""
    pieces = [position[:1]]
    for before, after in pairwise(position):
        short = times[after] - times[before] < FILLED_GAP
        pieces.append(np.arange(before + 1, after + 1) if short else np.array([after]))
    kept = np.concatenate(pieces)
    return kept, np.isin(kept, position)


def _interpolate(values: Floats, known: Floats, at: Floats) -> Floats:
    """Values (S, ...) at the times `known` (S,), linearly at the times `at` (T,): (T, ...)."""
    after = np.searchsorted(known, at).clip(1, max(1, len(known) - 1))
    if len(known) == 1:
        return values.astype(float)
    share = (at - known[after - 1]) / (known[after] - known[after - 1])
    share = share.reshape(-1, *[1] * (values.ndim - 1))
    between: Floats = (1 - share) * values[after - 1] + share * values[after]
    return between
