"""One person's detections become a track, with short gaps filled in. Knows nothing about how they were found."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from vidmotion.detectors.base import Detection
from vidmotion.types import Bools, Floats, Ints, Keypoints2D, Track

FILLED_GAP = 1.0
"""Seconds; a shorter gap is interpolated."""
FILLED_SCORE = 0.1
"""Share of the score that an interpolated point keeps."""


def filled_track(
    number: int, seen: list[Detection], position: Ints, frames: Ints, times: Floats, skeleton: str
) -> Track:
    """A track with its short gaps filled.

    Args:
        seen: S detections.
        position: (S,) where they are in `frames` and `times`.
        frames: (N,) numbers of all frames of the video.
        times: (N,) their times in seconds.
    """
    kept, observed = _filled(position, times)
    at, known = times[kept], times[position]
    score = np.stack([detection.score for detection in seen])
    between = np.where(observed[:, None], 1.0, FILLED_SCORE) * _interpolate(score, known, at)
    between[_interpolate((score <= 0).astype(float), known, at) > 0] = 0
    xy = _interpolate(np.stack([detection.xy for detection in seen]), known, at)
    boxes = _interpolate(np.stack([detection.box for detection in seen]), known, at)
    return Track(
        number,
        frames[kept],
        at,
        boxes.astype(np.float32),
        Keypoints2D(xy.astype(np.float32), between.astype(np.float32), skeleton),
        observed,
    )


def _filled(position: Ints, times: Floats) -> tuple[Ints, Bools]:
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
