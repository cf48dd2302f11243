"""Free flight: while nothing touches, the center of mass follows gravity. Numpy only.

A spell in which nothing touches, the body is above the floor, and the center of mass falls about as fast as gravity has
it, is a jump. Its center of mass is moved to the parabola that fits best, with the whole body. Where no spell fits,
as with people who walk, sit or climb, nothing is changed.
"""

from __future__ import annotations

import numpy as np

from vidmotion.geometry.filters import gaussian_smooth, unbroken_runs
from vidmotion.skeletons import H36M17, RESTING_HEIGHTS
from vidmotion.types import Bools, Floats

GRAVITY = 9.81
"""Metres a second squared."""
LIKE_GRAVITY = (0.6, 1.5)
"""Range of the measured acceleration of free flight, as a share of gravity: the person's height is an assumption."""
WINDOW_SECONDS = 0.2
"""Time over which the acceleration is measured."""
SHORTEST_SECONDS = 0.25
"""Of a flight; a shorter one rises by less than errors of the path."""
CLEARANCE = 0.03
"""Metres; in the middle of a flight the lowest part is farther above its height at rest."""
LARGEST_ERROR = 0.04
"""Metres, root mean square distance from the parabola, beyond which a spell is no flight."""
TRANSITION_SECONDS = 0.05
"""Width of the transition between free and measured."""

_SEGMENTS = {
    ("neck", "neck", 0.0): 0.081,
    ("root", "thorax", 0.5): 0.497,
    **{(f"{side}_shoulder", f"{side}_elbow", 0.436): 0.028 for side in ("left", "right")},
    **{(f"{side}_elbow", f"{side}_wrist", 0.682): 0.022 for side in ("left", "right")},
    **{(f"{side}_hip", f"{side}_knee", 0.433): 0.1 for side in ("left", "right")},
    **{(f"{side}_knee", f"{side}_ankle", 0.433): 0.0465 for side in ("left", "right")},
    **{(f"{side}_ankle", f"{side}_ankle", 0.0): 0.0145 for side in ("left", "right")},
}
"""Share of the body's mass of each segment, between two joints, at a share of the way from the first to the second
(Winter, "Biomechanics and Motor Control of Human Movement", 2009, table 4.1)."""


def _mass_shares() -> Floats:
    shares = np.zeros(len(H36M17))
    for (first, second, at), mass in _SEGMENTS.items():
        shares[H36M17.joints.index(first)] += mass * (1 - at)
        shares[H36M17.joints.index(second)] += mass * at
    return shares


MASS_SHARES = _mass_shares()
"""(17,) weights that give the center of mass from the joints; they add up to 1."""


def follow_gravity(joints: Floats, touching: Bools, height: float, rate: float) -> Floats:
    """The joints (T, 17, 3) with the center of mass on a parabola in each free flight.

    Args:
        joints: metres, of consecutive frames, Y up, the floor at y = 0.
        touching: (T, N) of each part.
        height: of the person, in metres.
        rate: frames per second.
    """
    center = MASS_SHARES @ joints
    correction = np.zeros_like(center)
    for flight in find_flights(joints, touching, height, rate):
        correction[flight] = _ballistic(center[flight], rate) - center[flight]
    flies = (correction != 0).any(1)
    if not flies.any():
        return joints
    at = np.flatnonzero(flies)
    near = np.stack([np.interp(np.arange(len(joints)), at, values) for values in correction[at].T], -1)
    share = gaussian_smooth(flies.astype(float), rate * TRANSITION_SECONDS).clip(0, 1)
    return joints + (share[:, None] * near)[:, None]


def find_flights(joints: Floats, touching: Bools, height: float, rate: float) -> list[slice]:
    """The spells of free flight; arguments as those of `follow_gravity`."""
    center = MASS_SHARES @ joints
    above = (joints[..., 1] - height * np.array(RESTING_HEIGHTS)).min(1)
    fall = _fall(center[:, 1], rate) / GRAVITY
    free = ~touching.any(1) & (above > 0) & (fall > LIKE_GRAVITY[0]) & (fall < LIKE_GRAVITY[1])
    at = np.flatnonzero(free)
    spells = [slice(int(at[run][0]), int(at[run][-1]) + 1) for run in unbroken_runs(at)] if len(at) else []
    return [spell for spell in spells if _is_flight(center[spell], above[spell], rate)]


def _is_flight(center: Floats, above: Floats, rate: float) -> bool:
    if len(center) < 1 + rate * SHORTEST_SECONDS or above[len(above) // 2] < CLEARANCE:
        return False
    error = (_ballistic(center, rate) - center)[:, 1]
    return bool(np.sqrt((error**2).mean()) < LARGEST_ERROR)


def _fall(heights: Floats, rate: float) -> Floats:
    """(T,) downward acceleration, metres a second squared, of the parabola that fits the frames around each one."""
    radius = max(1, round(rate * WINDOW_SECONDS / 2))
    if len(heights) < 2 * radius + 1:
        return np.zeros(len(heights))
    seconds = np.arange(-radius, radius + 1) / rate
    kernel = np.linalg.pinv(np.stack([np.ones_like(seconds), seconds, seconds**2], 1))[2]
    windows = np.lib.stride_tricks.sliding_window_view(heights, 2 * radius + 1)
    return np.pad(-2 * windows @ kernel, radius, mode="edge")


def _ballistic(center: Floats, rate: float) -> Floats:
    """(T, 3) the path of free flight, with gravity known, that is closest to a center of mass in least squares."""
    seconds = np.arange(len(center)) / rate
    drop = np.array([0.0, 0.5 * GRAVITY, 0.0]) * seconds[:, None] ** 2
    line = np.stack([np.ones_like(seconds), seconds], 1)
    start = np.linalg.lstsq(line, center + drop, rcond=None)[0]
    return np.asarray(line @ start - drop)
