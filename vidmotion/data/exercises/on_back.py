"""Exercises on the back: sit-ups, raised legs, bridges. Numpy only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vidmotion.data.exercises.arms import BEHIND_HEAD, CLASPED, OVERHEAD, Arms, with_arms
from vidmotion.data.exercises.build import Build
from vidmotion.data.exercises.exercise import Exercise, Rng, both_sides, chosen, degrees, there_and_back
from vidmotion.data.exercises.posture import LEFT, RIGHT, Posture, pair, vector
from vidmotion.data.exercises.stances import WRIST

_BACK = 0.1
"""Metres of the hips above the floor on which somebody lies or sits."""
_SWAY = 0.3
"""Sway of somebody who lies, as a share of that of somebody who stands."""
_QUARTER = np.pi / 2
_BESIDE_BODY = Arms((0.25, -0.95, 0.05), (1.0, -0.2, 0.3))
_TO_THE_KNEES, _ON_SHOULDERS = Arms((0.0, -0.55, 0.78)), Arms((-0.35, -0.1, 0.3))


def sit_up(body: Build, rng: Rng) -> Exercise:
    """Sit-ups and crunches, some of them with a twist."""
    low = _supine(body, rng)
    if rng.random() < 0.4:
        tilt, bend = degrees(rng, 78, 90), degrees(rng, 25, 50)
    else:
        tilt, bend = degrees(rng, 15, 45), degrees(rng, 15, 45)
    turn = degrees(rng, 15, 40) if rng.random() < 0.25 else 0.0
    high = replace(low, pelvis=vector(-tilt), trunk=vector(bend, turn), head=vector(0.3))
    arms = chosen(rng, BEHIND_HEAD, CLASPED, _TO_THE_KNEES, _ON_SHOULDERS)
    low = with_arms(low, OVERHEAD if rng.random() < 0.2 else arms)
    pace, rest = rng.uniform(0.5, 1.3), rng.uniform(0.0, 0.6)
    keys = there_and_back(with_arms(high, arms), low, pace, rest / 2, rest)
    return Exercise("sit-up", both_sides(keys) if turn else keys, sway=_SWAY)


_STEPS = 5
"""Key postures of a leg on its arc."""


def raise_legs(body: Build, rng: Rng) -> Exercise:
    """Straight legs up and down, together or in turn."""
    flat = _supine(body, rng)
    angles = np.linspace(degrees(rng, 2, 15), degrees(rng, 45, 95), _STEPS)
    others = angles if rng.random() < 0.6 else angles[::-1]
    up = [_legs_raised(flat, body, left, right) for left, right in zip(angles, others, strict=True)]
    pace, rest = rng.uniform(0.4, 1.4) / _STEPS, rng.uniform(0.0, 0.4)
    keys = [(pace, posture) for posture in up]
    return Exercise("raise legs", [*keys, (rest, up[-1]), *keys[::-1], (rest, up[0])], sway=_SWAY)


def _legs_raised(flat: Posture, body: Build, left: float, right: float) -> Posture:
    """Straight legs, each raised by radians from the floor."""
    for side, angle, out in ((LEFT, left, body.hip), (RIGHT, right, -body.hip)):
        ankle = flat.hips + vector(out, 0.998 * body.leg * np.sin(angle), 0.998 * body.leg * np.cos(angle))
        knee = vector(0.1 * np.sign(out), np.cos(angle), -np.sin(angle))
        flat = flat.with_leg(side, ankle, sole=vector(0.5 - _QUARTER - angle), knee=knee)
    return flat


def bridge(body: Build, rng: Rng) -> Exercise:
    """The hips up and down, with the shoulders and the arms on the floor."""
    hands = pair(body.shoulder + rng.uniform(0.05, 0.2), WRIST, 0.9 * body.arm - body.trunk)
    low = replace(_supine(body, rng, farthest=0.55), hands=hands)
    height = rng.uniform(0.28, 0.42)
    pitch = -float(np.arccos((_BACK - height) / body.trunk))
    hips = vector(0.0, height, -body.trunk * (1 + np.sin(pitch)))
    high = replace(low, hips=hips, pelvis=vector(pitch), head=vector(-(pitch + _QUARTER)))
    keys = there_and_back(high, low, rng.uniform(0.5, 1.3), rng.uniform(0.1, 1.5), rng.uniform(0.05, 0.8))
    return Exercise("bridge", keys, planted=True, sway=_SWAY)


def _supine(body: Build, rng: Rng, farthest: float = 0.75) -> Posture:
    """On the back, the head towards -Z, the knees up and the feet flat, up to `farthest` leg's lengths away."""
    flat = Posture(
        hips=vector(y=_BACK),
        ankles=pair(body.hip * rng.uniform(0.6, 1.8), body.ankle, body.leg * rng.uniform(0.45, farthest)),
        pelvis=vector(0.05 - _QUARTER),
        head=vector(0.15),
        knees=pair(0.15, 1.0, 0.2),
    )
    return with_arms(flat, _BESIDE_BODY)
