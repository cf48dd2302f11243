"""Which parts of a body touch the floor or rest: feet, hands, knees and the pelvis.

A part touches while it is near its height in a part of the body that lies on the floor and slow, for long enough. The
pelvis also rests on a seat. Numpy only.
"""

from __future__ import annotations

import numpy as np

from vidmotion.geometry.filters import frame_rate, gaussian_smooth, opening, unbroken_runs
from vidmotion.geometry.vectors import speed
from vidmotion.skeletons import H36M17, RESTING_HEIGHTS
from vidmotion.types import CONTACT_PARTS, Bools, Contacts, Floats, Ints, Motion

_JOINTS = {"foot": "ankle", "hand": "wrist"}
PART_JOINTS = tuple(
    H36M17.joints.index("root" if part == "pelvis" else "_".join((side, _JOINTS.get(name, name))))
    for part in CONTACT_PARTS
    for side, _, name in [part.partition("_")]
)
"""The joint of each of `CONTACT_PARTS`."""
PELVIS = CONTACT_PARTS.index("pelvis")
HIPS, KNEES = (1, 4), (2, 5)

FILTER_SECONDS = 0.07
"""Width of the filter of the positions before their speed is taken."""
TOUCHING_SPEED = 0.6
"""Metres a second; a part that touches is slower."""
NEAR = 0.05
"""Share of the body's height; a part that touches the floor is not farther above its height at rest."""
TOUCHING_SECONDS = 0.13
"""Shortest time for which a part touches, and shortest time for which it leaves the floor in between."""

SEATED_SPEED, SEATED_SECONDS = 0.15, 2.0
"""Metres a second, and the shortest time: a pelvis that rests on a seat is slower, for longer."""
SEATED_DROP = 0.5
"""The pelvis of a person who sits is above the knees by less than this share of the length of the thigh."""


def find_contacts(motion: Motion, frames: Ints, times: Floats) -> Contacts:
    """The contacts of a motion, whose floor is at y = 0.

    Args:
        frames: (T,) frame numbers of the motion; nothing is known of what happens between two that do not follow.
        times: (T,) seconds.
    """
    touching = np.zeros((len(motion), len(CONTACT_PARTS)), bool)
    for run in unbroken_runs(frames, times):
        touching[run] = _touching(motion.joints[run].astype(float), times[run], motion.height)
    return Contacts(touching)


def _touching(joints: Floats, times: Floats, height: float) -> Bools:
    """(T, 7) of an unbroken run of joints (T, 17, 3)."""
    rate = frame_rate(times, 1.0)
    parts = gaussian_smooth(joints[:, PART_JOINTS], rate * FILTER_SECONDS)
    slow = speed(parts, times)
    above = parts[..., 1] / height - np.array(RESTING_HEIGHTS)[list(PART_JOINTS)]
    touching = lasting((slow < TOUCHING_SPEED) & (above < NEAR), rate * TOUCHING_SECONDS)
    thigh = np.linalg.norm(joints[:, KNEES] - joints[:, HIPS], axis=-1).mean(1)
    low = (joints[:, HIPS, 1] - joints[:, KNEES, 1]).mean(1) < SEATED_DROP * thigh
    still = ((slow[:, PELVIS] < SEATED_SPEED) & low)[:, None].astype(float)
    if len(still) >= rate * SEATED_SECONDS:
        touching[:, PELVIS] |= opening(still, round(rate * SEATED_SECONDS))[:, 0] > 0.5
    return touching


def lasting(states: Bools, frames: float) -> Bools:
    """(T, N) states without pauses, and then without spells, that are shorter than so many frames.

    What is there at the first and at the last frame may have lasted longer, so that it stays.
    """
    count = round(frames)
    longer = np.pad(states.astype(float), ((count, count), (0, 0)), mode="edge")
    filled = 1 - opening(1 - longer, count)
    return np.asarray(opening(filled, count)[count : count + len(states)] > 0.5)
