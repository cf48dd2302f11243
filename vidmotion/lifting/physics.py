"""The motion in the world made plausible: smoothed, with contacts told and held, and jumps that follow gravity.

Numpy only. Does not depend on the camera: everything happens in a world with Y up and the floor at y = 0.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vidmotion.choices import Smoothing
from vidmotion.geometry.filters import frame_rate, gaussian_smooth, unbroken_runs
from vidmotion.lifting.contacts import find_contacts
from vidmotion.lifting.flight import follow_gravity
from vidmotion.lifting.holding import hold_contacts
from vidmotion.lifting.scale import with_bone_lengths
from vidmotion.skeletons import H36M17
from vidmotion.types import Contacts, Floats, Motion, Track

SMOOTHING_SECONDS = {Smoothing.none: 0.0, Smoothing.light: 1 / 30, Smoothing.strong: 0.1}
"""Standard deviation of the Gaussian filter over the joints. It is symmetric in time, so that nothing lags."""
SINGLE_FRAME_RATE = 30.0
"""Frames a second that are assumed for a run of one frame; it contains no motion."""


def make_plausible(motion: Motion, track: Track, smoothing: Smoothing) -> tuple[Motion, Contacts]:
    """The motion smoothed, on parabolas in free flight, and with its contacts held; and these contacts.

    Each run of consecutive frames is treated by itself. Bones keep their lengths.
    """
    runs = [(run, frame_rate(track.times[run], SINGLE_FRAME_RATE)) for run in unbroken_runs(track.frames, track.times)]
    joints = motion.joints.astype(np.float64)
    for run, rate in runs:
        joints[run] = smoothed(joints[run], rate, smoothing)
    contacts = find_contacts(replace(motion, joints=joints), track.frames, track.times)
    for run, rate in runs:
        touching = contacts.touching[run]
        flown = follow_gravity(joints[run], touching, motion.height, rate)
        joints[run] = hold_contacts(flown, touching, motion.height, rate)
    return replace(motion, joints=joints.astype(np.float32)), contacts


def smoothed(joints: Floats, rate: float, smoothing: Smoothing) -> Floats:
    """Joints (T, 17, 3) of consecutive frames after a filter over time, with the bone lengths that they had."""
    sigma = rate * SMOOTHING_SECONDS[smoothing]
    if smoothing is Smoothing.none or not len(joints):
        return joints
    return with_bone_lengths(gaussian_smooth(joints, sigma), np.median(H36M17.bone_lengths(joints), axis=0))
