"""The positions of Human3.6M's 17 joints in a body with SMPL's joints. Numpy only."""

from __future__ import annotations

import numpy as np

from vidmotion.body.model import BODY_JOINTS
from vidmotion.skeletons import H36M17
from vidmotion.types import Floats

HEAD = 15
"""SMPL's head joint, to which the points 9 and 10 are fixed."""
REFERENCE_HEIGHT = 1.70
# "neck" and "head" of the motion capture are constructed points. Their offsets were measured there in the frame of the
# head. Here they start at SMPL's head joint, so that the distances thorax-neck and neck-head agree with the capture.
_NECK = np.array([0.0, 0.006, 0.013])
_HEAD = _NECK + np.array([0.0, 0.110, -0.035])
_SAME = {1: 2, 2: 5, 3: 8, 4: 1, 5: 4, 6: 7, 11: 16, 12: 18, 13: 20, 14: 17, 15: 19, 16: 21, 9: HEAD, 10: HEAD}
"""Human3.6M joint: SMPL joint at the same position (9 and 10: before the offset)."""


def _weights() -> np.ndarray:
    weights = np.zeros((len(H36M17), BODY_JOINTS))
    for joint, source in _SAME.items():
        weights[joint, source] = 1
    weights[0, [1, 2]] = 0.5
    weights[7, [3, 6]] = 0.5
    weights[8, [12, 9]] = 0.85, 0.15
    return weights


WEIGHTS = _weights()
"""(17, 22) each Human3.6M joint as a weighted sum of SMPL's body joints, before the offsets."""


def offsets(height: float) -> Floats:
    """(17, 3) metres in the frame of the head, added to the weighted sums, for a height in metres."""
    out = np.zeros((len(H36M17), 3))
    out[9], out[10] = _NECK, _HEAD
    return out * (height / REFERENCE_HEIGHT)


def to_h36m(positions: Floats, head: Floats, height: float) -> Floats:
    """Human3.6M's joints of a posed body.

    Args:
        positions: (..., J, 3) SMPL joints, metres.
        head: (..., 3, 3) rotation of the head joint in the frame of `positions`.
        height: of the body, metres.

    Returns:
        (..., 17, 3) metres.
    """
    return WEIGHTS @ positions[..., :BODY_JOINTS, :] + offsets(height) @ head.swapaxes(-1, -2)
