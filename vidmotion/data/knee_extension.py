"""How far knees of motion capture are from straight when people stand, which is an error of the capture.

Everybody who stands or walks straightens the knees to within a few degrees at times (normal gait: 0 to 5 degrees of
flexion when the heel strikes). Most laboratories place the joints so that the same people never get below 10 to 25
degrees. A network that learns from them bends the knees of everybody who stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from vidmotion.geometry.rotations import axis_angle_to_matrix
from vidmotion.skeletons import SMPL24
from vidmotion.types import Floats

KNEES = (SMPL24.joints.index("left_knee"), SMPL24.joints.index("right_knee"))
STRAIGHT = np.radians(3.0)
"""Radians of flexion that knees reach in one frame of twenty, where the joints are placed right."""
_STRAIGHTEST = 0.05
"""Share of a subject's frames that count as standing straight."""
_MOST = np.radians(25.0)


def missing_extension(axis_angles: Floats, spans: Sequence[slice], subjects: Sequence[str]) -> Floats:
    """(N, 2) radians of flexion that left and right knee keep when the subject of each of N clips stands.

    Args:
        axis_angles: (F, 22 or 24, 3) radians, of SMPL's joints in all frames, counted from straight limbs.
        spans: the frames of each clip.
        subjects: the subject of each clip; one name may stand for several people.
    """
    own: defaultdict[str, list[Floats]] = defaultdict(list)
    for span, subject in zip(spans, subjects, strict=True):
        own[subject].append(knee_flexion(axis_angle_to_matrix(axis_angles[span][:, KNEES])))
    missing = {
        subject: np.clip(np.quantile(np.concatenate(flexion), _STRAIGHTEST, axis=0) - STRAIGHT, 0, _MOST)
        for subject, flexion in own.items()
    }
    return np.array([missing[subject] for subject in subjects])


def knee_flexion(rotations: Floats) -> Floats:
    """(...) radians, the rotation of knees (..., 3, 3) about their hinge; positive bends the knee."""
    flexion: Floats = np.arctan2(rotations[..., 2, 1], rotations[..., 1, 1])
    return flexion
