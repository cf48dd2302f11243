"""Holds what touches: it keeps its place, and no part of the body is below the floor. Numpy only.

The whole body is moved by what its contacts have in common, which leaves the pose as it is. A straight limb carries the
body: where contacts differ, it counts more than a bent one, so that standing legs stay straight. Arms and legs then
bring each foot and hand to its place (two bones, lengths kept, the knee or elbow in its plane).
"""

from __future__ import annotations

import numpy as np

from vidmotion.geometry.filters import gaussian_smooth, unbroken_runs
from vidmotion.geometry.vectors import unit
from vidmotion.lifting.contacts import PART_JOINTS
from vidmotion.skeletons import RESTING_HEIGHTS
from vidmotion.types import CONTACT_PARTS, Bools, Floats

LIMBS = {"left_foot": (4, 5, 6), "right_foot": (1, 2, 3), "left_hand": (11, 12, 13), "right_hand": (14, 15, 16)}
"""The joints from which, through which and with which a limb reaches a contact."""
TRANSITION_SECONDS = 0.07
"""Width of the transition between held and free."""
BODY_SECONDS = 0.1
"""Width of the filter of the movement of the whole body."""
MAX_CORRECTION = 0.1
"""Metres; largest correction of a part that touches."""
MAX_RAISE = 0.25
"""Metres; what is deeper below the floor is no error of the pose, and stays."""
STRAIGHT = 0.998
"""Largest length of a limb as a share of that of its two bones, so that the knee or elbow keeps its plane."""

BENT, UPRIGHT = 0.94, 0.99
"""Length of a limb as a share of that of its two bones: with a knee or elbow of 140 degrees, which carries nothing, and
of 164 degrees, which counts as straight."""
LEAST_LEAD = 0.1
"""Weight of a bent limb in the movement of the whole body; that of a straight one is 1."""


def hold_contacts(joints: Floats, touching: Bools, height: float, rate: float) -> Floats:
    """The joints with their contacts held.

    Args:
        joints: (T, 17, 3) metres, of consecutive frames, the floor at y = 0.
        touching: (T, 7) of `CONTACT_PARTS`.
        height: of the person, in metres.
        rate: frames per second.
    """
    shares = gaussian_smooth(touching.astype(float), rate * TRANSITION_SECONDS).clip(0, 1)
    goals = _goals(joints[:, PART_JOINTS], touching, height)
    carries = _carries(joints)
    weights = (shares * np.maximum(carries, LEAST_LEAD))[..., None]
    pulls = shares[..., None] * (goals - joints[:, PART_JOINTS])
    common = (weights * pulls).sum(1) / np.maximum(weights.sum(1), 1e-9)
    joints = joints + gaussian_smooth(_limited(common), rate * BODY_SECONDS)[:, None]
    joints = joints + _raised(joints, shares * carries, height, rate)[:, None, None] * [0, 1, 0]
    for part, limb in LIMBS.items():
        row = CONTACT_PARTS.index(part)
        end = joints[:, limb[2]]
        goal = end + _limited(shares[:, row, None] * (goals[:, row] - end))
        goal[:, 1] = np.maximum(goal[:, 1], np.minimum(height * RESTING_HEIGHTS[limb[2]], end[:, 1] + MAX_RAISE))
        joints = _reached(joints, limb, goal)
    return joints


def _goals(positions: Floats, touching: Bools, height: float) -> Floats:
    """(T, 7, 3) one place for each spell of contact, not below the floor; in between, on the way to the next one."""
    goals = positions.copy()
    for part, joint in enumerate(PART_JOINTS):
        at = np.flatnonzero(touching[:, part])
        if not len(at):
            continue
        held = positions[at, part].copy()
        for run in unbroken_runs(at):
            held[run] = held[run].mean(0)
        held[:, 1] = np.maximum(held[:, 1], height * RESTING_HEIGHTS[joint])
        goals[:, part] = np.stack([np.interp(np.arange(len(goals)), at, values) for values in held.T], -1)
    return goals


def _limited(corrections: Floats) -> Floats:
    """Corrections (..., 3) of `MAX_CORRECTION` at most."""
    length = np.linalg.norm(corrections, axis=-1, keepdims=True)
    return corrections * np.minimum(1, MAX_CORRECTION / np.maximum(length, 1e-9))


def _carries(joints: Floats) -> Floats:
    """(T, 7) from 0 to 1, how much the body rests on each part if it touches: a limb does as far as it is straight."""
    carries = np.ones((len(joints), len(CONTACT_PARTS)))
    for part, limb in LIMBS.items():
        start, middle, end = (joints[:, joint] for joint in limb)
        bones = np.linalg.norm(middle - start, axis=-1) + np.linalg.norm(end - middle, axis=-1)
        reach = np.linalg.norm(end - start, axis=-1) / np.maximum(bones, 1e-9)
        carries[:, CONTACT_PARTS.index(part)] = ((reach - BENT) / (UPRIGHT - BENT)).clip(0, 1)
    return carries


def _raised(joints: Floats, carries: Floats, height: float, rate: float) -> Floats:
    """(T,) metres by which the body is raised, smoothly, so that it is above the floor.

    Hands and feet count as far as they carry the body (T, 7); their limbs bring up the rest of the way.
    """
    below = height * np.array(RESTING_HEIGHTS) - joints[..., 1]
    for part, limb in LIMBS.items():
        below[:, limb[2]] *= carries[:, CONTACT_PARTS.index(part)]
    needed = below.max(1).clip(0, MAX_RAISE)
    width = rate * BODY_SECONDS
    radius = int(np.ceil(3 * width))
    padded = np.pad(needed, radius, mode="edge")
    most = np.lib.stride_tricks.sliding_window_view(padded, 2 * radius + 1).max(-1)
    return gaussian_smooth(most, width).clip(0)


def _reached(joints: Floats, limb: tuple[int, int, int], goal: Floats) -> Floats:
    """The joints (T, 17, 3) with the end of a limb as close to its goal (T, 3) as its two bones reach."""
    start, middle, end = (joints[:, joint] for joint in limb)
    upper, lower = (np.linalg.norm(b - a, axis=-1) for a, b in ((start, middle), (middle, end)))
    before = np.linalg.norm(end - start, axis=-1)
    longest = np.maximum(STRAIGHT * (upper + lower), before)
    distance = np.linalg.norm(goal - start, axis=-1).clip(np.abs(upper - lower) + 1e-6, longest)
    along, bone = unit(goal - start), middle - start
    aside = unit(bone - (bone * along).sum(-1, keepdims=True) * along)
    near = (upper**2 + distance**2 - lower**2) / (2 * np.maximum(distance, 1e-9))
    far = np.sqrt(np.maximum(upper**2 - near**2, 0))
    out = joints.copy()
    out[:, limb[1]] = start + near[:, None] * along + far[:, None] * aside
    out[:, limb[2]] = start + distance[:, None] * along
    return out
