"""Postures that are held on one leg or in a long stride: balance, yoga, stretches. Numpy only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from vidmotion.data.exercises.arms import (
    CLASPED,
    FORWARDS,
    JOINED_OVERHEAD,
    ON_HIPS,
    OVERHEAD,
    SIDEWAYS,
    Arms,
    with_arms,
)
from vidmotion.data.exercises.build import Build
from vidmotion.data.exercises.exercise import Exercise, Rng, both_sides, chosen, degrees, there_and_back, way
from vidmotion.data.exercises.posture import LEFT, RIGHT, Posture, vector
from vidmotion.data.exercises.stances import hip_joint, knee_raised, standing, straight_leg


def balance(body: Build, rng: Rng) -> Exercise:
    """Standing on one leg, for seconds: tree, held knee, leg to the front, to the side or behind, airplane."""
    up = standing(body, rng, body.hip)
    kind = chosen(rng, *_ON_ONE_LEG)
    held = _ON_ONE_LEG[kind](up.shifted(x=-0.9 * body.hip), body, rng)
    held = with_arms(held, chosen(rng, SIDEWAYS, OVERHEAD, JOINED_OVERHEAD, ON_HIPS, CLASPED, FORWARDS))
    keys = there_and_back(
        held, up, rng.uniform(0.8, 2.0), rng.uniform(2.0, 8.0), rng.uniform(0.2, 1.5), back=rng.uniform(0.8, 2.0)
    )
    return Exercise(f"balance, {kind}", both_sides(keys) if rng.random() < 0.5 else keys)


def _tree(posture: Posture, body: Build, rng: Rng) -> Posture:
    """The sole of one foot against the other leg."""
    ankle = posture.ankles[RIGHT] + vector(0.07, body.shin * rng.uniform(0.4, 1.15), 0.02)
    return posture.with_leg(LEFT, ankle, vector(degrees(rng, 40, 80), degrees(rng, 20, 60)), vector(1.0, 0.1, 0.25))


def _knee(posture: Posture, body: Build, rng: Rng) -> Posture:
    return knee_raised(posture, body, degrees(rng, 60, 110), degrees(rng, -10, 40), degrees(rng, 0, 50))


def _leg_in_front(posture: Posture, body: Build, rng: Rng) -> Posture:
    return straight_leg(posture, body, degrees(rng, 15, 75), 0.0, degrees(rng, 0, 50))


def _leg_aside(posture: Posture, body: Build, rng: Rng) -> Posture:
    lift = degrees(rng, 15, 70)
    posture = replace(posture, pelvis=vector(z=0.25 * lift))
    return straight_leg(posture, body, degrees(rng, 0, 10), lift, degrees(rng, 0, 50))


def _airplane(posture: Posture, body: Build, rng: Rng) -> Posture:
    """The trunk forwards and the free leg behind, in one line."""
    lean = degrees(rng, 35, 88)
    posture = replace(posture.shifted(z=-0.1 * body.leg * np.sin(lean)), pelvis=vector(lean))
    ankle = hip_joint(posture, body) + 0.995 * body.leg * vector(0.0, -np.cos(lean), -np.sin(lean))
    knee = vector(0.1, -np.sin(lean), np.cos(lean))
    return posture.with_leg(LEFT, ankle, vector(lean + degrees(rng, 0, 50)), knee)


_ON_ONE_LEG: dict[str, Callable[[Posture, Build, Rng], Posture]] = {
    "tree": _tree,
    "knee": _knee,
    "front": _leg_in_front,
    "side": _leg_aside,
    "airplane": _airplane,
}


def warrior(body: Build, rng: Rng) -> Exercise:
    """Yoga's long stride that is held: hips to the front, or to the side with the arms to front and back."""
    to_the_side = rng.random() < 0.5
    low = _long_stride(standing(body, rng), body, rng, to_the_side)
    low = with_arms(low, SIDEWAYS if to_the_side else chosen(rng, SIDEWAYS, OVERHEAD, JOINED_OVERHEAD))
    high = low.at_height(body.ankle + 0.86 * body.leg)
    keys = there_and_back(
        low, high, rng.uniform(0.8, 2), rng.uniform(2, 6), rng.uniform(0.1, 1), back=rng.uniform(0.8, 2)
    )
    return Exercise("warrior", keys)


def _long_stride(up: Posture, body: Build, rng: Rng, to_the_side: bool) -> Posture:
    """The left foot in front; the right one, turned outwards, far behind."""
    stride = body.leg * rng.uniform(0.7, 1.05)
    out, knee = (
        (degrees(rng, 50, 90), vector(-0.9, 0.0, 0.4))
        if to_the_side
        else (degrees(rng, 20, 50), vector(-0.3, 0.0, 1.0))
    )
    turn = -degrees(rng, 60, 85) if to_the_side else 0.0
    low = up.with_leg(LEFT, vector(0.6 * body.hip, body.ankle, 0.6 * stride), knee=vector(0.05, 0.0, 1.0))
    low = low.with_leg(RIGHT, vector(-0.8 * body.hip, body.ankle, -0.6 * stride), vector(y=out), knee)
    hips = vector(0.0, body.ankle + body.leg * rng.uniform(0.55, 0.75), stride * rng.uniform(0.05, 0.3))
    return replace(low, hips=hips, pelvis=vector(y=turn), head=vector(y=-0.8 * turn))


_ACROSS, _HOLDS_IT = Arms((-0.75, -0.05, 0.45), (0.2, -1.0, 0.3)), Arms((-0.1, 0.0, 0.35), (0.2, -1.0, 0.3))
_BEHIND_THE_NECK, _HOLDS_THE_ELBOW = (
    Arms((-0.35, 0.35, -0.25), (1.0, 1.0, 0.0)),
    Arms((-0.45, 0.65, 0.05), (1.0, 0.4, 0.0)),
)
_AT_THE_FOOT, _FREE = Arms((0.1, -0.8, -0.3), (0.4, -0.5, -0.8)), Arms((0.6, -0.5, 0.3), (0.4, -0.5, -0.8))


def stretch(body: Build, rng: Rng) -> Exercise:
    """Stretches that are held: an arm across the chest, an arm over the head, a heel to the seat."""
    up, kind = standing(body, rng), chosen(rng, "across", "over", "thigh")
    pace, hold, rest = rng.uniform(0.6, 1.5), rng.uniform(2, 6), rng.uniform(0.2, 1)
    if kind == "across":
        keys = there_and_back(with_arms(up, _ACROSS, _HOLDS_IT), up, pace, hold, rest)
    elif kind == "over":
        raised, held = with_arms(up, OVERHEAD), with_arms(up, _BEHIND_THE_NECK, _HOLDS_THE_ELBOW)
        keys = [
            *way(up, raised, pace),
            *there_and_back(held, raised, pace, hold, 0.1),
            *way(raised, up, pace),
            (rest, up),
        ]
    else:
        curl = degrees(rng, 110, 135)
        held = knee_raised(up.shifted(x=-0.8 * body.hip), body, 0.0, curl, curl - degrees(rng, 0, 25))
        keys = there_and_back(with_arms(held, _AT_THE_FOOT, _FREE), up, pace, hold, rest)
    return Exercise(f"stretch, {kind}", keys)
