"""Where a lifter errs: signed errors of joint angles by the true angle, and MPJPE by posture. Torch only.

T frames; poses (T, 17, 3) are Human3.6M's joints with y down. Of an angle, 180 degrees are straight; a positive error
is too straight.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import torch
from torch import Tensor

from vidmotion.skeletons import H36M17

ANGLE_EDGES = (0, 60, 90, 120, 150, 160, 170, 180)
"""Degrees, of the true angles."""
UPRIGHT = 45.0
"""Degrees between the trunk and the picture's vertical up to which a person is upright, or upside down."""

Breakdown = Mapping[str, Mapping[str, Tensor]]
"""Values (n,) of frames by what is measured, and by range of the true angle or by posture."""

_SIDES = ("left", "right")
_ANGLES = {
    "knee": [((f"{side}_hip", f"{side}_knee"), (f"{side}_knee", f"{side}_ankle")) for side in _SIDES],
    "hip": [(("thorax", "root"), (f"{side}_hip", f"{side}_knee")) for side in _SIDES],
    "elbow": [((f"{side}_shoulder", f"{side}_elbow"), (f"{side}_elbow", f"{side}_wrist")) for side in _SIDES],
    "trunk": [(("thorax", "spine"), ("spine", "root"))],
}
"""The two bones of each angle, one on either side of the joint, both away from the head."""


def break_down(predicted: Tensor, truth: Tensor, mpjpe: Tensor) -> Breakdown:
    """Errors of frames by what they show.

    Args:
        predicted, truth: (T, 17, 3) in any unit.
        mpjpe: (T,).
    """
    found = {}
    for name, sides in _ANGLES.items():
        exact = torch.cat([bone_angle(truth, *bones) for bones in sides])
        error = torch.cat([bone_angle(predicted, *bones) for bones in sides]) - exact
        found[f"error of {name}s, degrees"] = {
            f"{low} to {high}": error[(exact > low) & (exact <= high)] for low, high in pairwise(ANGLE_EDGES)
        }
    found["mpjpe, mm"] = {name: mpjpe[shown] for name, shown in _postures(truth).items()}
    return found


def bone_angle(pose: Tensor, before: tuple[str, str], after: tuple[str, str]) -> Tensor:
    """(T,) degrees between two bones that follow each other, of poses (T, 17, 3); 180 is straight.

    Args:
        before: names of the joints at both ends of the first bone.
        after: the same of the second one.
    """
    one, other = (
        pose[:, H36M17.joints.index(end)] - pose[:, H36M17.joints.index(start)] for start, end in (before, after)
    )
    bend = torch.atan2(torch.linalg.cross(one, other).norm(dim=-1), (one * other).sum(-1))
    return 180 - torch.rad2deg(bend)


def _postures(pose: Tensor) -> dict[str, Tensor]:
    """(T,) masks by the direction of the trunk."""
    trunk = pose[:, H36M17.joints.index("thorax")] - pose[:, H36M17.joints.index("root")]
    down = torch.rad2deg(torch.acos((trunk[:, 1] / trunk.norm(dim=-1).clamp_min(1e-9)).clamp(-1, 1)))
    upright, inverted = down > 180 - UPRIGHT, down < UPRIGHT
    return {"upright": upright, "lying or bent": ~upright & ~inverted, "upside down": inverted}
