"""Exercises on hands and feet or knees: push-ups, planks, climbers, downward dogs, all fours. Numpy only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vidmotion.data.exercises.build import Build
from vidmotion.data.exercises.exercise import Exercise, Rng, both_sides, degrees, stepping, there_and_back
from vidmotion.data.exercises.inverse_kinematics import two_bones
from vidmotion.data.exercises.posture import LEFT, RIGHT, Posture, both, pair, vector
from vidmotion.data.exercises.stances import WRIST
from vidmotion.types import Floats

_KNEE = 0.06
"""Metres of a knee above the floor on which somebody kneels."""
_QUARTER = np.pi / 2
_TOES_DOWN = _QUARTER - 0.1
"""Radians of the feet of somebody who props on the toes."""
_ELBOWS_OUT = pair(0.7, -0.5, -0.6)


def push_up(body: Build, rng: Rng) -> Exercise:
    """Push-ups on the toes or on the knees."""
    on_knees = bool(rng.random() < 0.3)
    pike, apart = degrees(rng, -3, 4), body.hip * rng.uniform(0.5, 1.6)
    up = _propped(body, rng, pike, apart, on_knees)
    low = _face_down(body, rng.uniform(0.16, 0.28), pike, apart, on_knees)
    low = replace(low, hands=up.hands)
    pace, rest = rng.uniform(0.4, 1.3), rng.uniform(0.0, 0.5)
    return Exercise(
        "push-up", there_and_back(low, up, pace, rest / 2, rest, back=pace * rng.uniform(0.6, 1.1)), planted=True
    )


def plank(body: Build, rng: Rng) -> Exercise:
    """On straight arms for seconds; the hips sink or rise a little."""
    apart = body.hip * rng.uniform(0.5, 1.6)
    up = _propped(body, rng, 0.0, apart)
    sagging = _face_down(body, _shoulders_at(up, body)[1], degrees(rng, -4, 8), apart)
    return Exercise("plank", [(1.0, up), (rng.uniform(3, 8), replace(sagging, hands=up.hands))], planted=True)


def climber(body: Build, rng: Rng) -> Exercise:
    """Knees to the chest in turn, on straight arms."""
    up = _propped(body, rng, degrees(rng, 5, 14), body.hip)
    below = degrees(rng, 25, 50)
    knee = up.hips + vector(body.hip) + body.thigh * vector(0.05, -np.sin(below), np.cos(below))
    height = min(up.ankles[LEFT, 1] + rng.uniform(0.0, 0.1), knee[1] - 0.02)
    drop = (knee[1] - height) / body.shin
    ankle = knee - body.shin * vector(0.0, drop, np.sqrt(1 - drop**2))
    tucked = up.with_leg(LEFT, ankle, vector(_TOES_DOWN), knee=vector(0.1, -0.5, 1.0))
    between = stepping(up, tucked, 0.06)
    pace, rest = rng.uniform(0.2, 0.5), rng.uniform(0.0, 0.2)
    half = [(pace / 2, between), (pace / 2, tucked), (rest, tucked), (pace / 2, between), (pace / 2, up)]
    return Exercise("climber", both_sides(half), planted=True)


def downward_dog(body: Build, rng: Rng) -> Exercise:
    """From straight arms to raised hips, and back."""
    up = _propped(body, rng, 0.0, body.hip * rng.uniform(0.7, 1.6), widest=1.2)
    hands = up.hands - vector(z=rng.uniform(0.1, 0.3))
    toes_down = rng.uniform(0.3, 0.8)
    ankles = up.ankles + body.heel_raised(toes_down) - body.heel_raised(_TOES_DOWN)
    to_hands = (hands - ankles).mean(axis=0)
    legs, trunk, _ = two_bones(to_hands[None], vector(y=1.0)[None], 0.997 * body.leg, body.overhead)
    high = replace(
        up,
        hips=ankles.mean(axis=0) + 0.997 * body.leg * legs[0],
        ankles=ankles,
        pelvis=vector(np.arctan2(trunk[0, 2], trunk[0, 1])),
        soles=both(toes_down, 0.1),
        knees=pair(0.1, 0.0, 1.0),
        elbows=pair(1.0, 0.0, -0.3),
    )
    pace, hold, rest = rng.uniform(1.0, 2.0), rng.uniform(1, 4), rng.uniform(0.5, 2)
    low = replace(up, hands=hands, hips=up.hips - vector(z=0.05))
    return Exercise("downward dog", there_and_back(replace(high, hands=hands), low, pace, hold, rest), planted=True)


def all_fours(body: Build, rng: Rng) -> Exercise:
    """On hands and knees: an arm and the other leg stretched out, or the back rounded and hollowed."""
    base = _on_hands_and_knees(body, rng)
    pace, hold = rng.uniform(0.6, 1.5), rng.uniform(0.2, 2.5)
    if rng.random() < 0.3:
        bent = degrees(rng, 15, 40)
        keys = there_and_back(_rounded(base, bent), _rounded(base, -0.7 * bent), pace, hold, hold)
        return Exercise("all fours, back", keys, planted=True)
    height = base.hips[1] + rng.uniform(-0.1, 0.1)
    out = base.with_leg(LEFT, vector(body.hip, height, -0.99 * body.leg), vector(_QUARTER + 0.4), knee=base.knees[LEFT])
    hands, shoulders = base.hands.copy(), _shoulders_at(base, body)
    hands[RIGHT] += vector(0.0, shoulders[1] + rng.uniform(-0.05, 0.15) - WRIST, 0.93 * body.arm)
    half = [(pace, replace(out, hands=hands)), (hold, replace(out, hands=hands)), (pace, base)]
    return Exercise("all fours, arm and leg", both_sides(half), planted=True)


def _propped(body: Build, rng: Rng, pike: float, apart: float, on_knees: bool = False, widest: float = 1.7) -> Posture:
    """On nearly straight arms; the hands are planted about below the shoulders.

    Args:
        pike: radians by which the legs are steeper than a straight line from the feet to the shoulders.
        apart: metres from the middle to each foot.
        widest: largest distance of the hands, in distances of the shoulders.
    """
    outwards, forwards = body.shoulder * rng.uniform(0.0, widest - 1.0), rng.uniform(-0.05, 0.08)
    length = rng.uniform(0.97, 0.995) * body.arm
    posture = _face_down(body, WRIST + np.sqrt(length**2 - outwards**2 - forwards**2), pike, apart, on_knees)
    hands = pair(body.shoulder + outwards, WRIST, _shoulders_at(posture, body)[2] + forwards)
    return replace(posture, hands=hands)


def _face_down(body: Build, shoulders: float, pike: float, apart: float, on_knees: bool = False) -> Posture:
    """Straight from the feet or knees, which are at z = 0, to the shoulders, the head towards +Z.

    Args:
        shoulders: their height in metres.
        pike, apart: as in `_propped`.
    """
    if on_knees:
        start, leg = _KNEE, body.thigh
        lower = np.radians(35)
        ankles = pair(apart, _KNEE + body.shin * np.sin(lower), -body.shin * np.cos(lower))
        toes_down = _QUARTER + 0.6
    else:
        start, leg = body.ankle + float(body.heel_raised(_TOES_DOWN)[1]), 0.998 * body.leg
        ankles, toes_down = pair(apart, start, 0.0), _TOES_DOWN
    legs = np.arcsin((shoulders - start) / (leg + body.trunk)) + pike
    hips = vector(0.0, start + leg * np.sin(legs), leg * np.cos(legs))
    trunk = np.arcsin((shoulders - hips[1]) / body.trunk)
    return Posture(
        hips=hips,
        ankles=ankles,
        pelvis=vector(_QUARTER - trunk),
        soles=both(toes_down),
        knees=pair(0.0, -1.0, 0.1),
        head=vector(-0.2),
        elbows=_ELBOWS_OUT,
    )


def _on_hands_and_knees(body: Build, rng: Rng) -> Posture:
    height = _KNEE + 0.995 * body.thigh
    shoulders = WRIST + rng.uniform(0.95, 0.99) * body.arm
    pitch = np.arccos(np.clip((shoulders - height) / body.trunk, -0.2, 0.5))
    base = Posture(
        hips=vector(y=height),
        ankles=pair(body.hip, _KNEE + 0.01, -body.shin),
        pelvis=vector(pitch),
        soles=both(np.pi - 0.35),
        knees=pair(0.0, -1.0, 0.1),
        elbows=_ELBOWS_OUT,
    )
    return replace(base, hands=pair(body.shoulder, WRIST, _shoulders_at(base, body)[2]))


def _rounded(base: Posture, angle: float) -> Posture:
    """On all fours with the back rounded by radians, or hollowed by negative ones."""
    return replace(base, trunk=vector(angle), pelvis=base.pelvis - vector(0.5 * angle), head=vector(angle))


def _shoulders_at(posture: Posture, body: Build) -> Floats:
    """(3,) metres, the middle between the shoulders of somebody with a straight trunk."""
    pitch = posture.pelvis[0]
    return posture.hips + body.trunk * vector(0.0, np.cos(pitch), np.sin(pitch))
