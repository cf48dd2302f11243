"""Exercises of the trunk and the arms on both feet: bends, twists, arms that circle or are raised. Numpy only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vidmotion.data.exercises.arms import (
    AT_SHOULDERS,
    BEHIND_HEAD,
    CLASPED,
    FORWARDS,
    HANGING,
    ON_HIPS,
    OVERHEAD,
    SIDEWAYS,
    Arms,
    with_arms,
    with_hands,
)
from vidmotion.data.exercises.build import Build
from vidmotion.data.exercises.exercise import Exercise, Key, Rng, both_sides, chosen, degrees, there_and_back
from vidmotion.data.exercises.posture import LEFT, RIGHT, Posture, vector
from vidmotion.data.exercises.stances import lowered, standing
from vidmotion.geometry.rotations import shortest_rotation
from vidmotion.types import Floats

_ONE_ARM_OVER = Arms((-0.19, 0.975, 0.05), (1.0, 0.2, 0.2))
_TO_THE_FLOOR = Arms((0.05, -0.6, 0.79))


def bend(body: Build, rng: Rng) -> Exercise:
    """Toes touched, good mornings, dead lifts."""
    up = standing(body, rng)
    kind = chosen(rng, "toes", "good morning", "dead lift")
    if kind == "toes":
        low = _bent_forwards(up, body, degrees(rng, 0, 15), degrees(rng, 60, 100), 0.6, rng)
        start, end = chosen(rng, HANGING, OVERHEAD), Arms((0.0, rng.uniform(-0.5, -0.2), 0.86))
    elif kind == "good morning":
        low = _bent_forwards(up, body, degrees(rng, 0, 15), degrees(rng, 45, 85), 0.1, rng)
        start = end = BEHIND_HEAD
    else:
        low = _bent_forwards(up, body, degrees(rng, 25, 70), degrees(rng, 45, 85), 0.1, rng)
        start, end = HANGING, _TO_THE_FLOOR
    pace, hold, rest = rng.uniform(0.6, 1.8), rng.uniform(0.05, 0.8), rng.uniform(0.05, 0.8)
    return Exercise(f"bend, {kind}", there_and_back(with_arms(low, end), with_arms(up, start), pace, hold, rest))


def _bent_forwards(up: Posture, body: Build, knee: float, lean: float, rounded: float, rng: Rng) -> Posture:
    """Bent at the hips, which go back.

    Args:
        knee: radians by which the knees are bent.
        lean: radians of the trunk; `rounded`: how much of it the back bends besides.
    """
    low = lowered(up, body, knee, degrees(rng, -8, 5)).shifted(z=-0.12 * body.leg)
    return replace(low, pelvis=vector(0.75 * lean), trunk=vector(rounded * lean), head=vector())


def side_bend(body: Build, rng: Rng) -> Exercise:
    """To the right and to the left, with one arm or both overhead, or the hands on the hips."""
    up = standing(body, rng, body.hip * rng.uniform(1.2, 3.0))
    angle = degrees(rng, 18, 40)
    low = replace(
        up.shifted(x=0.06, y=-0.01), trunk=vector(z=angle), pelvis=vector(z=0.3 * angle), head=vector(z=0.2 * angle)
    )
    kind = chosen(rng, "one arm", "overhead", "hips")
    if kind == "one arm":
        low, up = with_arms(low, _ONE_ARM_OVER, ON_HIPS), with_arms(up, HANGING)
    else:
        arms = OVERHEAD if kind == "overhead" else ON_HIPS
        low, up = with_arms(low, arms), with_arms(up, arms)
    pace, hold = rng.uniform(0.7, 1.6), chosen(rng, 0.1, 0.6, 2.0)
    return Exercise(f"side bend, {kind}", both_sides(there_and_back(low, up, pace, hold, rng.uniform(0.0, 0.3))))


def twist(body: Build, rng: Rng) -> Exercise:
    """The trunk to the left and to the right."""
    up = standing(body, rng, body.hip * rng.uniform(1.2, 3.0))
    angle = degrees(rng, 30, 60)
    arms = chosen(rng, SIDEWAYS, CLASPED, ON_HIPS, BEHIND_HEAD)
    turned = replace(with_arms(up, arms), trunk=vector(y=angle), pelvis=vector(y=0.3 * angle))
    return Exercise("twist", both_sides([(rng.uniform(0.4, 1.2), turned), (0.1, turned)]))


_CORNERS = 16
"""Key postures of a circle."""


def arm_circle(body: Build, rng: Rng) -> Exercise:
    """Small and large circles, both arms together, or one against the other."""
    up = standing(body, rng)
    tilt, reach = degrees(rng, 10, 90), rng.uniform(0.97, 0.998)
    start, direction = rng.uniform(0, 2 * np.pi), chosen(rng, 1.0, -1.0)
    opposite = chosen(rng, 0.0, 0.0, np.pi)
    pace, mirror = rng.uniform(0.8, 2.4), vector(-1.0, 1.0, 1.0)
    keys: list[Key] = []
    for corner in range(_CORNERS):
        angle = start + direction * 2 * np.pi * corner / _CORNERS
        hands = np.stack([_on_circle(angle, tilt), _on_circle(angle + opposite, tilt) * mirror])
        elbows = np.stack([_elbow_behind(hands[LEFT]), _elbow_behind(hands[RIGHT] * mirror) * mirror])
        keys.append((pace / _CORNERS, with_hands(up, reach * hands, elbows)))
    return Exercise("arm circle", keys)


def _on_circle(angle: float, tilt: float) -> Floats:
    """(3,) a direction on a circle around the left, `tilt` radians wide; shoulders do not let arms go straight back."""
    up, forwards = np.sin(tilt) * np.cos(angle), np.sin(tilt) * np.sin(angle)
    point = vector(np.cos(tilt) + 0.12 + max(-forwards, 0.0), up, forwards)
    return point / np.linalg.norm(point)


def _elbow_behind(hand: Floats) -> Floats:
    """(3,) the elbow's direction in a T-pose, backwards, when the left arm swings from there to the direction (3,)."""
    return shortest_rotation(vector(1.0)[None], hand[None])[0] @ vector(z=-1.0)


_DOWN_AND_UP = (
    (AT_SHOULDERS, Arms(OVERHEAD.hand, (1.0, -0.4, 0.2))),  # presses
    (Arms((0.1, -0.96, 0.05), (0.15, -1.0, -0.35)), Arms((0.08, -0.12, 0.28), (0.15, -1.0, -0.35))),  # curls
    (HANGING, SIDEWAYS),
    (HANGING, FORWARDS),
    (Arms((0.45, 0.05, 0.45), (0.6, -0.5, -0.6)), Arms((0.9, 0.05, 0.1), (0.6, -0.5, -0.6))),
    (CLASPED, Arms(OVERHEAD.hand, (1.0, -0.3, 0.1))),
    (Arms((-0.2, -0.1, 0.75), (0.6, -0.7, -0.3)), Arms((0.75, 0.0, 0.1), (0.6, -0.7, -0.3))),  # bands
)


def raise_arms(body: Build, rng: Rng) -> Exercise:
    """Presses, curls, lateral and front raises, with both arms or in turn."""
    up = standing(body, rng)
    pace, hold, rest = rng.uniform(0.4, 1.3), rng.uniform(0.05, 0.5), rng.uniform(0.05, 0.5)
    if rng.random() < 0.2:
        return Exercise("raise arms, overhead", _to_overhead(up, chosen(rng, SIDEWAYS, FORWARDS), pace, hold, rest))
    low, high = chosen(rng, *_DOWN_AND_UP)
    down = with_arms(up, low)
    if rng.random() < 0.7:
        return Exercise("raise arms", there_and_back(with_arms(up, high), down, pace, hold, rest))
    return Exercise("raise arms, in turn", both_sides(there_and_back(with_arms(up, high, low), down, pace, hold, rest)))


def _to_overhead(up: Posture, between: Arms, pace: float, hold: float, rest: float) -> list[Key]:
    """From hanging arms to overhead and back, at the sides or in front."""
    low, middle, high = (with_arms(up, arms) for arms in (HANGING, between, OVERHEAD))
    return [(pace, middle), (pace, high), (hold, high), (pace, middle), (pace, low), (rest, low)]
