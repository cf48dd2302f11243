"""Exercises of the legs: squats, lunges, jumping jacks, raised knees and heels. Numpy only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from vidmotion.data.exercises.arms import (
    BEHIND_HEAD,
    HANGING,
    OVERHEAD,
    SIDEWAYS,
    Arms,
    draw_hold,
    with_arms,
    with_hands,
)
from vidmotion.data.exercises.build import Build
from vidmotion.data.exercises.exercise import Exercise, Rng, both_sides, chosen, degrees, stepping, there_and_back, way
from vidmotion.data.exercises.posture import LEFT, RIGHT, Posture, vector
from vidmotion.data.exercises.stances import knee_raised, lowered, standing


def squat(body: Build, rng: Rng) -> Exercise:
    """Knee bends, some of them with a jump."""
    toes = degrees(rng, 0, 35)
    up, hold = standing(body, rng, body.hip * rng.uniform(1.0, 2.6), toes), draw_hold(rng)
    knee = degrees(rng, 70, 140)
    low = hold(lowered(up, body, knee, knee * rng.uniform(0.26, 0.36), load=chosen(rng, 0.0, 0.0, 0.1)), True)
    up, pace = hold(up, False), rng.uniform(0.4, 1.6)
    keys = [*way(up, low, pace), (rng.uniform(0, 0.5), low)]
    if rng.random() < 0.15:
        leap = _in_the_air(up, body, rng.uniform(0.1, 0.3))
        keys += [*way(low, up, 0.4), (0.22, leap), (0.25, up)]
    else:
        keys += way(low, up, pace * rng.uniform(0.6, 1.1))
    return Exercise("squat", [*keys, (rng.uniform(0.05, 1.2), up)])


def _in_the_air(posture: Posture, body: Build, height: float) -> Posture:
    """The posture with hanging toes, `height` metres above the floor."""
    toes_down = 0.6
    height += float(body.heel_raised(toes_down)[1])
    soles = posture.soles + vector(toes_down)
    return replace(posture.shifted(y=height), ankles=posture.ankles + vector(y=height), soles=soles)


def lunge(body: Build, rng: Rng) -> Exercise:
    """Steps forwards or backwards, or up and down in a stride."""
    up, hold = standing(body, rng), draw_hold(rng)
    stride = body.leg * rng.uniform(0.75, 1.1) * chosen(rng, 1.0, -1.0)
    lean, height, heel = degrees(rng, 0, 20), body.leg * rng.uniform(0.45, 0.7), degrees(rng, 40, 65)
    pace, rest, lift = rng.uniform(0.6, 1.3), rng.uniform(0.05, 0.8), rng.uniform(0.05, 0.15)
    low = hold(_in_stride(up, body, stride, height, lean, heel), True)
    if rng.random() < 0.3:
        high = hold(low.at_height(up.hips[1] * 0.93), False)
        return Exercise("lunge", there_and_back(low, replace(high, pelvis=up.pelvis), pace, rng.uniform(0, 0.4), rest))
    up = hold(up, False)
    between = stepping(up, low, lift)
    keys = [(pace / 2, between), (pace / 2, low), (rng.uniform(0, 0.4), low), (pace / 2, between), (pace / 2, up)]
    return Exercise("lunge", both_sides([*keys, (rest, up)]))


def _in_stride(up: Posture, body: Build, stride: float, height: float, lean: float, heel: float) -> Posture:
    """Low in a stride of the left foot; the heel behind is raised.

    Args:
        stride: metres, negative backwards.
        height: metres of the hips above the ankle in front.
        lean: radians of the pelvis forwards; `heel`: radians of the foot behind.
    """
    ankles, soles = up.ankles.copy(), up.soles.copy()
    ankles[LEFT, 2] += stride
    behind = RIGHT if stride > 0 else LEFT
    ankles[behind] += body.heel_raised(heel)
    soles[behind] = vector(heel)
    hips = vector(y=body.ankle + height, z=ankles[:, 2].mean() + 0.1 * abs(stride))
    return replace(up, hips=hips, ankles=ankles, soles=soles, pelvis=vector(lean))


def side_lunge(body: Build, rng: Rng) -> Exercise:
    """From one leg to the other in a wide stance."""
    width = body.hip + body.leg * rng.uniform(0.35, 0.45)
    up, hold = standing(body, rng, width, degrees(rng, 5, 25)), draw_hold(rng)
    middle = hold(up.at_height(body.ankle + body.leg * rng.uniform(0.75, 0.85)), False)
    knee = degrees(rng, 70, 115)
    low = hold(lowered(up, body, knee, 0.33 * knee).shifted(x=width - body.hip, z=0.05), True)
    pace = rng.uniform(0.6, 1.4)
    return Exercise(
        "side lunge", both_sides(there_and_back(low, middle, pace, rng.uniform(0, 0.5), rng.uniform(0, 0.3)))
    )


def jumping_jack(body: Build, rng: Rng) -> Exercise:
    """Hops with the legs together and apart, the arms down and up."""
    close = standing(body, rng, body.hip * rng.uniform(0.5, 0.9), degrees(rng, 0, 10))
    apart = standing(body, rng, body.leg * rng.uniform(0.35, 0.55), degrees(rng, 5, 20))
    middle = standing(body, rng, (close.ankles[LEFT, 0] + apart.ankles[LEFT, 0]) / 2)
    high = Arms((rng.uniform(-0.1, 0.3), rng.uniform(0.85, 0.95), 0.05), OVERHEAD.elbow)
    between = with_arms(_in_the_air(middle, body, rng.uniform(0.03, 0.12)), SIDEWAYS)
    up, down = with_arms(apart, high).shifted(y=-0.02), with_arms(close, HANGING).shifted(y=-0.02)
    pace = rng.uniform(0.22, 0.4)
    keys = [(pace, between), (pace, up), (0.08, up), (pace, between), (pace, down), (0.08, down)]
    return Exercise("jumping jack", keys)


def raise_knees(body: Build, rng: Rng) -> Exercise:
    """Marching on the spot, high knees, heels to the seat, elbow to knee."""
    up = standing(body, rng, body.hip)
    kind = chosen(rng, *_KNEE_RAISES)
    on_one_leg = up.shifted(x=-0.5 * body.hip, y=-0.01)
    raised = _KNEE_RAISES[kind](on_one_leg, body, rng)
    raised, low = _swung_arms(raised, up, kind, rng)
    pace, rest = rng.uniform(0.25, 0.8), rng.uniform(0.0, 0.4)
    return Exercise(f"raise knees, {kind}", both_sides(there_and_back(raised, low, pace, rest, rest / 2)))


def _march(posture: Posture, body: Build, rng: Rng) -> Posture:
    return knee_raised(posture, body, degrees(rng, 60, 110), degrees(rng, -10, 25), degrees(rng, 0, 50))


def _heel_to_seat(posture: Posture, body: Build, rng: Rng) -> Posture:
    curl = degrees(rng, 80, 130)
    return knee_raised(posture, body, degrees(rng, -5, 8), curl, curl - degrees(rng, 0, 25))


_KNEE_RAISES: dict[str, Callable[[Posture, Build, Rng], Posture]] = {
    "march": _march,
    "elbow to knee": _march,
    "heels": _heel_to_seat,
}


def _swung_arms(raised: Posture, up: Posture, kind: str, rng: Rng) -> tuple[Posture, Posture]:
    """The arms, and what the trunk does with them, with the knee raised and in between."""
    if kind == "elbow to knee":
        bend, turn = degrees(rng, 20, 45), degrees(rng, 20, 45) * chosen(rng, 1.0, 1.0, 0.0)
        return with_arms(replace(raised, trunk=vector(bend, turn, -0.2)), BEHIND_HEAD), with_arms(up, BEHIND_HEAD)
    if kind == "march" and rng.random() < 0.6:
        swing = np.array([[0.1, -0.75, -0.35], [-0.1, -0.3, 0.6]])
        elbows, mirrored = up.elbows, swing[::-1] * np.array([-1.0, 1.0, 1.0])
        return with_hands(raised, swing, elbows), with_hands(up, (swing + mirrored) / 2, elbows)
    hold = draw_hold(rng)
    return hold(raised, False), hold(up, False)


def raise_heels(body: Build, rng: Rng) -> Exercise:
    """On tiptoe and down."""
    up = draw_hold(rng)(standing(body, rng), False)
    angle = degrees(rng, 25, 50)
    rise = body.heel_raised(angle)
    high = replace(up, hips=up.hips + rise, ankles=up.ankles + rise, soles=up.soles + vector(angle))
    return Exercise(
        "raise heels", there_and_back(high, up, rng.uniform(0.4, 1.0), rng.uniform(0.1, 0.8), rng.uniform(0.1, 0.8))
    )
