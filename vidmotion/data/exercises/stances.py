"""People who stand, who bend their knees in balance, or who raise a leg. Numpy only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vidmotion.data.exercises.build import Build
from vidmotion.data.exercises.exercise import Rng, degrees
from vidmotion.data.exercises.posture import LEFT, Posture, both, pair, vector
from vidmotion.types import Floats

WRIST = 0.05
"""Metres of a wrist above the floor on which the hand is planted."""
_TRUNK_CENTER = 0.55
"""Height of the upper body's center of mass above the hips, in lengths from hips to shoulders."""
_UPPER_BODY, _THIGHS, _SHINS = 0.62, 0.2, 0.12
"""Shares of the body's mass; the feet, which do not move, are left out."""
_OVER_FEET = 0.35
"""Where the center of mass is in balance: before the ankles, in lengths from ankle to ball."""
_LOAD_AHEAD = 0.35
"""Metres by which a weight that is held before the chest is ahead of the hips."""


def standing(body: Build, rng: Rng, width: float | None = None, toes: float | None = None) -> Posture:
    """Somebody who stands upright, with hanging arms.

    Args:
        width: metres from the middle to each ankle; drawn about hip width if it is None.
        toes: radians by which toes point outwards; drawn if it is None.
    """
    apart = body.hip * rng.uniform(0.9, 1.6) if width is None else width
    out = degrees(rng, 0, 15) if toes is None else toes
    tall = np.sqrt(body.leg**2 - (apart - body.hip) ** 2)
    return Posture(
        hips=vector(y=body.ankle + tall * rng.uniform(0.994, 0.9995), z=0.1 * body.foot),
        ankles=pair(apart, body.ankle, 0.0),
        soles=both(y=out),
        knees=pair(np.sin(out), 0.0, np.cos(out)),
        trunk=vector(degrees(rng, -4, 6)),
    )


def lowered(posture: Posture, body: Build, knee: float, shin: float, load: float = 0.0) -> Posture:
    """The posture with knees bent and the trunk leant so far forwards that the person keeps their balance.

    Args:
        knee: radians by which the knees are bent.
        shin: radians by which the shins lean forwards.
        load: what the hands hold before the chest, as a share of the body's mass.
    """
    thigh = knee - shin  # radians by which the thighs lean backwards, upwards from the knee
    knees_at = body.shin * np.sin(shin)
    hips_at = knees_at - body.thigh * np.sin(thigh)
    height = body.ankle + body.shin * np.cos(shin) + body.thigh * np.cos(thigh)
    lean = _balancing_lean(body, hips_at, knees_at, load)
    return replace(
        posture,
        hips=vector(posture.hips[0], height, posture.ankles[:, 2].mean() + hips_at),
        pelvis=posture.pelvis + vector(0.7 * lean),
        trunk=posture.trunk + vector(0.3 * lean),
        head=posture.head - vector(0.5 * lean),
    )


def hip_joint(posture: Posture, body: Build) -> Floats:
    """(3,) metres, the left hip joint of somebody whose pelvis is upright."""
    return posture.hips + vector(body.hip)


def knee_raised(posture: Posture, body: Build, lift: float, shin: float, toes_down: float) -> Posture:
    """The posture with the left thigh `lift` radians in front of vertical, the shin `shin` radians behind it."""
    knee = hip_joint(posture, body) + body.thigh * vector(0.05, -np.cos(lift), np.sin(lift))
    ankle = knee + body.shin * vector(0.0, -np.cos(shin), -np.sin(shin))
    return posture.with_leg(LEFT, ankle, vector(toes_down))


def straight_leg(posture: Posture, body: Build, forwards: float, aside: float, toes_down: float) -> Posture:
    """The posture with the left leg raised.

    Args:
        forwards: radians of the leg; negative is backwards.
        aside: radians of the leg to the left.
        toes_down: radians of the foot against the leg.
    """
    direction = vector(np.sin(aside), -np.cos(aside) * np.cos(forwards), np.cos(aside) * np.sin(forwards))
    ankle = hip_joint(posture, body) + 0.995 * body.leg * direction
    return posture.with_leg(LEFT, ankle, vector(toes_down - forwards, z=aside))


def _balancing_lean(body: Build, hips_at: float, knees_at: float, load: float) -> float:
    """Radians of the trunk forwards that bring the center of mass over the feet.

    Args:
        hips_at: metres of the hips before the ankles; likewise `knees_at`.
        load: as in `lowered`.
    """
    mass = _UPPER_BODY + _THIGHS + _SHINS + load
    legs = _THIGHS * (hips_at + knees_at) / 2 + _SHINS * knees_at / 2
    upper_body_at = (mass * _OVER_FEET * body.foot - legs - load * (hips_at + _LOAD_AHEAD)) / _UPPER_BODY
    sine = (upper_body_at - hips_at) / (_TRUNK_CENTER * body.trunk)
    return float(np.arcsin(np.clip(sine, -0.2, 0.95)))
