"""Steps and strides of people who walk, from their joints.

A foot strikes where its ankle is farthest in front of the hips, and leaves the ground where it is farthest behind.
Source: Zeni, Richards and Higginson 2008, "Two simple methods for determining gait events during treadmill and
overground walking using kinematic data"; they use heel and toe where this uses the ankle. Numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from vidmotion.geometry.filters import frame_rate, gaussian_smooth, unbroken_runs
from vidmotion.geometry.vectors import unit
from vidmotion.measurements.turning_points import turning_points
from vidmotion.skeletons import H36M17
from vidmotion.types import Bools, Floats, Motion, Track

SIDES = ("left", "right")
WALKING_SPEED = 0.4
"""Metres a second of the hips, from which on a person walks."""
SHORTEST_WALK = 1.0
"""Seconds."""
SHORTEST_STEP = 0.2
"""Seconds. Sprinters make five steps a second."""
PATH_SECONDS = 0.3
"""Width of the filter that leaves the path of the hips, without their sway."""
FILTER_SECONDS = 0.05
"""Width of the filter over the ankles."""
LEAST_SWING = 0.12
"""Share of the body height by which an ankle moves along the hips in a step, at least."""
STANDING = (0.1, 0.3)
"""Seconds after a strike between which the foot stands flat."""
_HIPS = H36M17.joints.index("root")
_ACROSS = np.array([1.0, 0.0, 1.0])
"""Keeps what is horizontal."""


@dataclass(frozen=True)
class Step:
    """From the strike of one foot to that of the other."""

    side: str
    """Of the foot that strikes at the end."""
    start: float
    """Seconds."""
    end: float
    length: float
    """Metres between the standing feet, in the direction of the walk."""

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return self.end - self.start


@dataclass(frozen=True)
class Stride:
    """From a strike of a foot to its next one."""

    side: str
    start: float
    """Seconds; likewise `foot_off`, when the foot leaves the ground, and `end`."""
    foot_off: float
    end: float
    length: float
    """Metres between the two places where the foot stands."""

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return self.end - self.start

    @property
    def stance(self) -> float:
        """Seconds that the foot is on the ground."""
        return self.foot_off - self.start

    @property
    def swing(self) -> float:
        """Seconds that the foot is in the air."""
        return self.end - self.foot_off


@dataclass(frozen=True)
class Gait:
    """How a person walks."""

    steps: tuple[Step, ...]
    """In the order of time; likewise the strides."""
    strides: tuple[Stride, ...]
    speed: float
    """Metres a second along the path of the hips, from the first strike of each walk to its last one."""


@dataclass(frozen=True)
class _Strike:
    side: str
    time: float
    foot_off: float | None
    """When the foot leaves the ground; None if that is not seen."""
    place: Floats
    """(3,) metres, of the ankle while the foot stands."""
    forward: Floats
    """(3,) direction of the walk."""


def walking(motion: Motion, track: Track) -> Bools:
    """(T,) the frames in which a person walks: the hips move fast enough for long enough."""
    out = np.zeros(len(track), bool)
    for run in unbroken_runs(track.frames, track.times):
        velocity = _velocity(motion.joints[run, _HIPS], track.times[run])
        fast = run.start + np.flatnonzero(np.linalg.norm(velocity, axis=-1) > WALKING_SPEED)
        for part in unbroken_runs(fast):
            rows = fast[part]
            if track.times[rows[-1]] - track.times[rows[0]] >= SHORTEST_WALK:
                out[rows] = True
    return out


def find_gait(motion: Motion, track: Track) -> Gait | None:
    """The steps and strides of a person; None if it walks no two steps.

    Args:
        motion: of Human3.6M's joints.
        track: of the same frames.
    """
    steps: list[Step] = []
    strides: list[Stride] = []
    distance = seconds = 0.0
    rows = np.flatnonzero(walking(motion, track))
    for part in unbroken_runs(track.frames[rows], track.times[rows]):
        joints, times = motion.joints[rows[part]], track.times[rows[part]].astype(np.float64)
        strikes = _strikes(joints, times, LEAST_SWING * motion.height)
        if len(strikes) < 2:
            continue
        steps += [step for pair in pairwise(strikes) if (step := _step(*pair)) is not None]
        for side in SIDES:
            strides += _strides([strike for strike in strikes if strike.side == side])
        path = _smooth_path(joints[:, _HIPS], times)[(times >= strikes[0].time) & (times <= strikes[-1].time)]
        distance += float(np.linalg.norm(np.diff(path, axis=0), axis=-1).sum())
        seconds += strikes[-1].time - strikes[0].time
    if len(steps) < 2:
        return None
    return Gait(tuple(steps), tuple(sorted(strides, key=lambda stride: stride.start)), distance / seconds)


def _smooth_path(hips: Floats, times: Floats) -> Floats:
    """(T, 3) metres, on the floor."""
    return gaussian_smooth(hips * _ACROSS, frame_rate(times, 1.0) * PATH_SECONDS)


def _velocity(hips: Floats, times: Floats) -> Floats:
    """(T, 3) metres a second, on the floor."""
    if len(times) < 2:
        return np.zeros_like(hips)
    return np.gradient(_smooth_path(hips, times), times, axis=0)


def _strikes(joints: Floats, times: Floats, least_swing: float) -> list[_Strike]:
    """The strikes of both feet in one walk, in the order of time."""
    forward = unit(_velocity(joints[:, _HIPS], times))
    found = []
    for side in SIDES:
        ankle = joints[:, H36M17.joints.index(f"{side}_ankle")]
        ahead = ((ankle - joints[:, _HIPS]) * forward).sum(-1)
        ahead = gaussian_smooth(ahead, frame_rate(times, 1.0) * FILTER_SECONDS)
        # A walk may begin or end with a foot in the air: what is farthest there is no event.
        points = [point for point in turning_points(ahead, least_swing) if 0 < point.index < len(times) - 1]
        for point, after in zip(points, [*points[1:], None], strict=True):
            if point.is_high:
                foot_off = None if after is None else float(times[after.index])
                since = times - times[point.index]
                stands = (since >= STANDING[0]) & (since <= STANDING[1])
                place = ankle[stands].mean(0) if stands.any() else ankle[point.index]
                found.append(_Strike(side, float(times[point.index]), foot_off, place, forward[point.index]))
    return sorted((strike for strike in found if not _is_jump(strike, found)), key=lambda strike: strike.time)


def _is_jump(strike: _Strike, strikes: list[_Strike]) -> bool:
    """Whether both feet strike at once."""
    return any(other.side != strike.side and abs(other.time - strike.time) < SHORTEST_STEP for other in strikes)


def _step(first: _Strike, second: _Strike) -> Step | None:
    """The step between two strikes; None if it is none: two strikes of one foot, or a step back."""
    length = float((second.place - first.place) @ unit(first.forward + second.forward))
    if first.side == second.side or length <= 0:
        return None
    return Step(second.side, first.time, second.time, length)


def _strides(strikes: list[_Strike]) -> list[Stride]:
    """The strides of one foot, from its strikes in one walk."""
    return [
        Stride(
            first.side,
            first.time,
            first.foot_off,
            second.time,
            float(np.linalg.norm((second.place - first.place) * _ACROSS)),
        )
        for first, second in pairwise(strikes)
        if first.foot_off is not None
    ]
