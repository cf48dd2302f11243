"""Limits of human joints: bounds on the axis-angle components of SMPL's joints, relative to the T-pose.

Rounded from clinical ranges of motion (American Academy of Orthopaedic Surgeons 1965; Norkin and White, "Measurement of
Joint Motion"), and wider where sport and dance exceed them. Numpy only.
"""

from __future__ import annotations

import numpy as np

from vidmotion.body.model import BODY_JOINTS, SMPL_JOINTS
from vidmotion.types import Floats

# Degrees about X (to the body's left), Y (up) and Z (forward), of the left side; the right side is mirrored.
_RANGES = {
    "hip": ((-150, 50), (-60, 75), (-60, 110)),
    "knee": ((-3, 160), (-25, 25), (-8, 8)),
    "ankle": ((-40, 60), (-30, 30), (-30, 30)),
    "collar": ((-20, 20), (-30, 20), (-15, 35)),
    "shoulder": ((-110, 110), (-150, 80), (-110, 120)),
    "elbow": ((-20, 20), (-165, 3), (-12, 12)),
    "spine": ((-25, 45), (-35, 35), (-30, 30)),
    "neck": ((-45, 55), (-55, 55), (-40, 40)),
    "head": ((-40, 45), (-50, 50), (-35, 35)),
}
_FREE = ((-400, 400),) * 3


def _bounds() -> np.ndarray:
    bounds = np.empty((BODY_JOINTS, 3, 2))
    for joint, name in enumerate(SMPL_JOINTS[:BODY_JOINTS]):
        side, _, part = name.rpartition("_")
        low_high = np.array(_RANGES.get(part.rstrip("123"), _FREE), float)
        if side == "right":
            low_high[1:] = -low_high[1:, ::-1]
        bounds[joint] = low_high
    return np.radians(bounds)


BOUNDS: Floats = _bounds()
"""(22, 3, 2) lowest and highest axis-angle components of each body joint, radians; the pelvis has no limits."""


def limit_excess(axis_angles: Floats, bounds: Floats) -> Floats:
    """(..., 3) radians by which axis-angles (..., 3) exceed their bounds (..., 3, 2); negative below the lower one."""
    over = np.maximum(axis_angles - bounds[..., 1], 0)
    return over - np.maximum(bounds[..., 0] - axis_angles, 0)
