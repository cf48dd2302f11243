"""Finger rotations from the landmarks of a hand, within the limits of human joints. Numpy only.

The axes of a hand are those of a body in the T-pose: the fingers of the left hand point along +X, those of the right
one along -X, the backs of both hands face +Y and the thumbs +Z. Right hands are mirrored, solved as left ones, and
mirrored back. Ranges of motion: Norkin and White, "Measurement of Joint Motion", rounded.
"""

from __future__ import annotations

import numpy as np

from vidmotion.geometry.rotations import axis_angle_to_matrix, matrix_to_axis_angle, shortest_rotation
from vidmotion.geometry.vectors import unit
from vidmotion.skeletons import FINGER_JOINTS, FINGERS, HAND21
from vidmotion.types import Floats

_KNUCKLES = {"index": (0.088, 0.025), "middle": (0.090, 0.003), "ring": (0.084, -0.016), "pinky": (0.076, -0.034)}
"""Metres along X and Z from the wrist, of a hand that is 0.188 m long."""
_BONES = {
    "index": (0.042, 0.025, 0.022), "middle": (0.046, 0.028, 0.024), "ring": (0.042, 0.027, 0.024),
    "pinky": (0.033, 0.020, 0.020), "thumb": (0.046, 0.034, 0.028),
}  # fmt: skip
"""Metres, from joint to joint and to the tip."""
_THUMB, _THUMB_BONES = (0.025, -0.008, 0.026), ((0.72, -0.15, 0.68), (0.80, -0.10, 0.60), (0.84, -0.08, 0.54))
LENGTH = 0.188
"""Metres from the wrist to the tip of the middle finger of the hand at rest."""

_BEND = np.radians([(-30, 95), (-5, 115), (-10, 85)])
"""(3, 2) lowest and highest flexion of the three joints of a finger."""
_SPLAY = np.radians(25)
"""Largest movement of a finger to the side."""
_THUMB_REACH = np.radians([50, 60, 80])
"""Largest rotation of the three joints of the thumb from its place in a flat hand."""
_RELAXED = np.radians([20, 30, 15])
"""Flexion of the three joints of the fingers of a hand that hangs."""


def _hand_at_rest() -> Floats:
    places = np.zeros((len(HAND21), 3))
    for finger, (along, across) in _KNUCKLES.items():
        first = HAND21.joints.index(f"{finger}_mcp")
        reach = np.concatenate([[0.0], np.cumsum(_BONES[finger])])
        places[first : first + 4] = np.stack([along + reach, np.zeros(4), np.full(4, across)], -1)
    places[1] = _THUMB
    for joint, (direction, length) in enumerate(zip(unit(np.array(_THUMB_BONES)), _BONES["thumb"], strict=True), 2):
        places[joint] = places[joint - 1] + length * direction
    return places


HAND_AT_REST: Floats = _hand_at_rest()
"""(21, 3) metres from the wrist, landmarks of the left hand with straight fingers."""


def palm_rotation(points: Floats, side: int) -> Floats:
    """(T, 3, 3) rotations of hands with landmarks (T, 21, 3) from rest; side 0 is the left one, 1 the right one."""
    return _palm_axes(points) @ _palm_axes(hand_at_rest(side, LENGTH)[None])[0].T


def _palm_axes(points: Floats) -> Floats:
    """(T, 3, 3) axes of palms: along them, through them, and across them towards the thumb."""
    x = unit(points[:, [5, 9, 13]].mean(1) - points[:, 0])
    across = points[:, 5] - points[:, 17]
    z = unit(across - (across * x).sum(-1, keepdims=True) * x)
    return np.stack([x, np.cross(z, x), z], -1)


def finger_rotations(points: Floats, side: int) -> Floats:
    """(T, 15, 3) axis-angles in radians of the joints of `FINGER_JOINTS` of hands with landmarks (T, 21, 3).

    Args:
        side: 0 is the left hand, 1 the right one.
    """
    local = points @ palm_rotation(points, side)
    if side == 1:
        local = local * [-1, 1, 1]
    solved = np.concatenate([_thumb(local) if finger == "thumb" else _finger(local, finger) for finger in FINGERS], 1)
    return _mirrored(solved) if side == 1 else solved


def relaxed_fingers(side: int) -> Floats:
    """(15, 3) axis-angles of a hand that hangs."""
    fingers = np.zeros((len(FINGER_JOINTS), 3))
    fingers[: 3 * (len(FINGERS) - 1), 2] = np.tile(-_RELAXED, len(FINGERS) - 1)
    return _mirrored(fingers) if side == 1 else fingers


def hand_at_rest(side: int, length: float) -> Floats:
    """(21, 3) metres from the wrist, the landmarks of a straight hand of a length in metres."""
    return HAND_AT_REST * (length / LENGTH) * ([-1, 1, 1] if side == 1 else [1, 1, 1])


def _mirrored(axis_angles: Floats) -> Floats:
    return axis_angles * [1, -1, -1]


def _bones(points: Floats, first: int) -> Floats:
    """(T, 3, 3) unit directions of the bones of a finger that begins at a landmark."""
    return unit(np.diff(points[:, first : first + 4], axis=1))


def _finger(points: Floats, finger: str) -> Floats:
    """(T, 3, 3) axis-angles of a finger's joints, from the landmarks of a left hand in its own axes.

    The knuckle bends about Z and spreads about Y; the two other joints are hinges.
    """
    bones = _bones(points, HAND21.joints.index(f"{finger}_mcp"))
    spread = np.arcsin(bones[:, 0, 2].clip(-1, 1)).clip(-_SPLAY, _SPLAY)
    bend = np.arctan2(-bones[:, 0, 1], bones[:, 0, 0]).clip(*_BEND[0])
    zero = np.zeros_like(bend)
    knuckle = axis_angle_to_matrix(np.stack([zero, zero, -bend], -1)) @ axis_angle_to_matrix(
        np.stack([zero, -spread, zero], -1)
    )
    hinge = -knuckle[:, :, 2]
    angles = [matrix_to_axis_angle(knuckle)]
    for joint in (1, 2):
        before, after = bones[:, joint - 1], bones[:, joint]
        sine = (hinge * np.cross(before, after)).sum(-1)
        bend = np.arctan2(sine, (before * after).sum(-1)).clip(*_BEND[joint])
        angles.append(np.stack([zero, zero, -bend], -1))
    return np.stack(angles, 1)


def _thumb(points: Floats) -> Floats:
    """(T, 3, 3) axis-angles of the thumb's joints, likewise: each bone takes the shortest way to its direction."""
    bones, rest = _bones(points, 1), _bones(HAND_AT_REST[None], 1)[0]
    world = np.tile(np.eye(3), (len(points), 1, 1))
    angles = []
    for joint in range(3):
        goal = np.einsum("tji,tj->ti", world, bones[:, joint])
        turn = matrix_to_axis_angle(shortest_rotation(np.tile(rest[joint], (len(goal), 1)), goal))
        angle = np.linalg.norm(turn, axis=-1, keepdims=True)
        turn = turn * np.minimum(1, _THUMB_REACH[joint] / np.maximum(angle, 1e-9))
        angles.append(turn)
        world = world @ axis_angle_to_matrix(turn)
    return np.stack(angles, 1)
