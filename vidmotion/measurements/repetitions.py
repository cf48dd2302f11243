"""Counted repetitions of an exercise, such as squats or curls. Numpy only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vidmotion.geometry.filters import frame_rate, gaussian_smooth
from vidmotion.measurements.turning_points import TurningPoint, turning_points
from vidmotion.types import Floats

COUNTED = (
    "trunk_flexion",
    *(
        f"{side}_{angle}"
        for side in ("left", "right")
        for angle in ("knee_flexion", "hip_flexion", "elbow_flexion", "shoulder_elevation")
    ),
)
"""The angles on which repetitions are counted."""
LEAST_RANGE = 30.0
"""Degrees; an angle that moves less is not counted."""
SWING = 0.5
"""Share of the range by which a repetition bends and straightens again, at least."""
REST = 0.2
"""Share of the range above the lowest angle at which a repetition begins and ends."""
MOST_UNEVEN = 2.5
"""The longest repetition takes so many times as long as the shortest one, at most."""
FILTER_SECONDS = 0.1


@dataclass(frozen=True)
class Repetition:
    """The angle rises, and falls again."""

    start: float
    """Seconds; likewise `end`."""
    end: float
    peak: float
    """Degrees."""


@dataclass(frozen=True)
class Exercise:
    """Repetitions of one motion."""

    angle: str
    """The angle that moves most."""
    repetitions: tuple[Repetition, ...]
    """At least two."""
    unfinished: bool
    """Whether another one has begun when the motion ends."""


def find_exercise(angles: Mapping[str, Floats], times: Floats) -> Exercise | None:
    """The repetitions of the angle of `COUNTED` that moves most among those that repeat; None if none does.

    Args:
        angles: degrees (T,) of consecutive frames.
        times: (T,) seconds, rising.
    """
    if len(times) < 3:
        return None
    width = frame_rate(times, 1.0) * FILTER_SECONDS
    signals = {name: gaussian_smooth(angles[name], width) for name in COUNTED}
    for name in sorted(COUNTED, key=lambda name: -_range(signals[name])):
        exercise = _exercise(name, signals[name], times)
        if exercise is not None:
            return exercise
    return None


def joined(found: Sequence[Exercise]) -> Exercise | None:
    """The exercise with most repetitions; those of the same angle before and after a break count, too."""
    if not found:
        return None
    angle = max(found, key=lambda exercise: len(exercise.repetitions)).angle
    same = [exercise for exercise in found if exercise.angle == angle]
    return Exercise(angle, tuple(one for exercise in same for one in exercise.repetitions), same[-1].unfinished)


def _range(signal: Floats) -> float:
    low, high = np.percentile(signal, [5, 95])
    return float(high - low)


def _exercise(name: str, signal: Floats, times: Floats) -> Exercise | None:
    size = _range(signal)
    if size < LEAST_RANGE:
        return None
    points = turning_points(signal, SWING * size)
    level = float(np.percentile(signal, 5)) + REST * size
    ends = [0, *(point.index for point in points), len(times) - 1]
    repetitions = tuple(
        _repetition(point, slice(ends[number], ends[number + 2] + 1), signal, times, level)
        for number, point in enumerate(points)
        if point.is_high and number > 0
    )
    seconds = [one.end - one.start for one in repetitions]
    if len(repetitions) < 2 or max(seconds) > MOST_UNEVEN * min(seconds):
        return None
    return Exercise(name, repetitions, not points[-1].is_high)


def _repetition(peak: TurningPoint, span: slice, signal: Floats, times: Floats, level: float) -> Repetition:
    """The repetition of a peak.

    Args:
        span: the frames from the low before the peak to the low after it; these begin and end it where neither is as
            low as `level`.
    """
    low = span.start + np.flatnonzero(signal[span] <= level)
    before, after = low[low < peak.index], low[low > peak.index]
    start = before[-1] if len(before) else span.start
    end = after[0] if len(after) else span.stop - 1
    return Repetition(float(times[start]), float(times[end]), float(signal[peak.index]))
