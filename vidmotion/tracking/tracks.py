"""Makes a track of the detections of one person, with left and right corrected and short gaps closed.

Does not depend on how the detections were associated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np

from vidmotion.detectors.base import Detection
from vidmotion.tracking.left_right import exchange, find_exchanged_sides
from vidmotion.types import Bools, Floats, Ints, Keypoints2D, Track

FILLED_GAP = 1.0
"""Seconds; shorter gaps are interpolated."""
SHORTEST = 0.5
"""Seconds for which a person must be seen, or half of a video that is shorter than a second."""
FILLED_SCORE = 0.1
"""Factor of the score of interpolated points."""


@dataclass(frozen=True, eq=False)
class FrameTimes:
    """The times of all frames of a video, with or without people."""

    frames: Ints
    """(N,) frame numbers, rising."""
    times: Floats
    """(N,) seconds from the first frame."""
    last_duration: float
    """Seconds that the last frame lasts."""
    skipped: Bools = field(default_factory=lambda: np.zeros(0, bool))
    """(N,) in which frames nobody was searched for, because the frames around them tell enough; empty for none."""

    def is_long_enough(self, frames: Sequence[int]) -> bool:
        """Whether a person who was detected in these frames was seen for long enough to become a track."""
        return bool(self._durations[np.searchsorted(self.frames[self.detected], frames)].sum() >= self._needed)

    @cached_property
    def detected(self) -> Ints:
        """(D,) positions of the frames that were not skipped."""
        return np.flatnonzero(~self.skipped) if len(self.skipped) else np.arange(len(self.frames))

    @cached_property
    def _durations(self) -> Floats:
        return np.append(np.diff(self.times[self.detected]), self.last_duration)

    @cached_property
    def _needed(self) -> float:
        return min(SHORTEST, float(self._durations.sum()) / 2)


def make_track(
    number: int,
    frames: Sequence[int],
    detections: Sequence[Detection],
    frame_times: FrameTimes,
    skeleton: str,
    exchanged: Bools | None = None,
) -> Track:
    """A track with left and right corrected and its short gaps filled.

    A skipped frame between two detections counts as observed, although its points are interpolated.

    Args:
        number: the person's id.
        frames: S frame numbers among those of `frame_times`, rising.
        detections: S detections, one for each of these frames.
        skeleton: name of the skeleton of the detections.
        exchanged: (S, 2) whether left and right of arms and of legs are exchanged in the detections; None decides it
            by `find_exchanged_sides`.
    """
    position = np.searchsorted(frame_times.frames, frames)
    kept, observed = _fill(position, frame_times)
    at, known = frame_times.times[kept], frame_times.times[position]
    points, score = (np.stack(part) for part in zip(*((one.xy, one.score) for one in detections), strict=True))
    if exchanged is None:
        exchanged = find_exchanged_sides(points, score, known, skeleton).exchanged
    points, score = exchange(points, exchanged, skeleton), exchange(score, exchanged, skeleton)
    between = np.where(observed[:, None], 1.0, FILLED_SCORE) * _interpolate(score, known, at)
    between[_interpolate((score <= 0).astype(float), known, at) > 0] = 0
    xy = _interpolate(points, known, at)
    boxes = _interpolate(np.stack([detection.box for detection in detections]), known, at)
    return Track(
        number,
        frame_times.frames[kept],
        at,
        boxes.astype(np.float32),
        Keypoints2D(xy.astype(np.float32), between.astype(np.float32), skeleton),
        observed,
    )


def _fill(position: Ints, frame_times: FrameTimes) -> tuple[Ints, Bools]:
    """Positions of the frames of a track, including those of short gaps, and which of them are observed."""
    times, rank = frame_times.times, np.searchsorted(frame_times.detected, position)
    pieces, observed = [position[:1]], [np.ones(1, bool)]
    for (before, after), steps in zip(pairwise(position), np.diff(rank), strict=True):
        filled = times[after] - times[before] < FILLED_GAP or steps == 1
        pieces.append(np.arange(before + 1, after + 1) if filled else np.array([after]))
        observed.append(np.full(len(pieces[-1]), steps == 1))
        observed[-1][-1] = True
    return np.concatenate(pieces), np.concatenate(observed)


def _interpolate(values: Floats, known: Floats, at: Floats) -> Floats:
    """(T, ...) values (S, ...) at the times `known` (S,), interpolated linearly at the times `at` (T,)."""
    after = np.searchsorted(known, at).clip(1, max(1, len(known) - 1))
    if len(known) == 1:
        return values.astype(float)
    share = (at - known[after - 1]) / (known[after] - known[after - 1])
    share = share.reshape(-1, *[1] * (values.ndim - 1))
    between: Floats = (1 - share) * values[after - 1] + share * values[after]
    return between
