"""Kinematic features of lifted poses: joint angles, heights, distances and speeds, in body heights and seconds.

Their axes turn with the person. They do not depend on the person's size in the picture, nor on the place in it.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from vidmotion.model.normalization import FRAME_RATE
from vidmotion.skeletons import H36M17, STATURE_CHAIN

STEP = 3
"""Frames from which a speed is taken: 0.1 s."""
SMALLEST = 1e-4
"""Lengths below this one have no direction."""
FEATURES = 100
"""Features of a frame."""

_JOINT = {name: index for index, name in enumerate(H36M17.joints)}
_ANGLES = (
    ("hip", "knee", "ankle"),
    ("thorax", "hip", "knee"),
    ("shoulder", "elbow", "wrist"),
    ("thorax", "shoulder", "elbow"),
)
"""Knees, hips, elbows and shoulders: the angle at the second joint."""
_PAIRS = ("wrist", "ankle", "elbow", "knee")
"""Joints whose distance from their counterpart on the other side is a feature."""


def kinematics(pose: Tensor) -> Tensor:
    """(B, T, `FEATURES`) features of poses (B, T, 17, 3), in any unit; x right, y down, z away from the camera.

    The order: positions relative to the root (48), speeds of joints (16), movement of the root in the picture (3),
    angles (12) and how fast they change (12), distances between the sides (4), tilt of the trunk, heights of the lower
    foot and of both hands (4 in all), speed of turning.
    """
    pose = pose / _height(pose)
    relative = pose - pose[:, :, :1]
    left = F.normalize(_across(relative, "hip") + _across(relative, "shoulder"), dim=-1, eps=SMALLEST)
    angles = _angles(pose)
    return torch.cat(
        [
            _aligned(relative, left)[:, :, 1:].flatten(2),
            _rate(relative)[:, :, 1:].norm(dim=-1),
            _root_movement(pose[:, :, 0, :2]),
            angles,
            _rate(angles).abs(),
            torch.stack([(_of(pose, f"left_{name}") - _of(pose, f"right_{name}")).norm(dim=-1) for name in _PAIRS], -1),
            _posture(relative),
            _turn(left),
        ],
        -1,
    )


def _of(pose: Tensor, joint: str) -> Tensor:
    return pose[:, :, _JOINT[joint]]


def _height(pose: Tensor) -> Tensor:
    """(B, 1, 1, 1) sum of leg, trunk and head lengths, the mean over the frames."""
    bones = pose[:, :, list(STATURE_CHAIN)] - pose[:, :, [H36M17.parents[joint] for joint in STATURE_CHAIN]]
    return bones.norm(dim=-1).sum(-1).mean(1)[:, None, None, None].clamp_min(SMALLEST)


def _across(pose: Tensor, joint: str) -> Tensor:
    """(B, T, 2) from the right to the left joint on the floor: x and z."""
    return (_of(pose, f"left_{joint}") - _of(pose, f"right_{joint}"))[..., [0, 2]]


def _aligned(pose: Tensor, left: Tensor) -> Tensor:
    """The pose turned about the vertical until the direction `left` (B, T, 2) is x."""
    cos, sin = left[..., :1], left[..., 1:]
    x, y, z = pose.unbind(-1)
    return torch.stack([x * cos + z * sin, y, z * cos - x * sin], -1)


def _rate(values: Tensor) -> Tensor:
    """The change of values (B, T, ...) in a second, taken over `STEP` frames; at the end the last one holds."""
    step = min(STEP, values.shape[1] - 1)
    if not step:
        return torch.zeros_like(values)
    change = (values[:, step:] - values[:, :-step]) * (FRAME_RATE / step)
    return torch.cat([change, *[change[:, -1:]] * step], 1)


def _root_movement(root: Tensor) -> Tensor:
    """(B, T, 3) speed of the root (B, T, 2) in the picture, and its speed and velocity along y."""
    velocity = _rate(root)
    return torch.cat([velocity.norm(dim=-1, keepdim=True), velocity[..., 1:].abs(), velocity[..., 1:]], -1)


def _angles(pose: Tensor) -> Tensor:
    """(B, T, 12) of each angle the smaller and the larger of the two sides, and left minus right; radians."""
    found = []
    for names in _ANGLES:
        left, right = (_angle(*(_of(pose, _sided(name, side)) for name in names)) for side in ("left", "right"))
        found += [torch.minimum(left, right), torch.maximum(left, right), left - right]
    return torch.stack(found, -1)


def _sided(name: str, side: str) -> str:
    return name if name in _JOINT else f"{side}_{name}"


def _angle(one: Tensor, corner: Tensor, other: Tensor) -> Tensor:
    first, second = (F.normalize(end - corner, dim=-1, eps=SMALLEST) for end in (one, other))
    return (first * second).sum(-1).clamp(-0.999, 0.999).acos()


def _posture(relative: Tensor) -> Tensor:
    """(B, T, 4) tilt of the trunk in radians, and y of the lower foot, the higher and the lower hand."""
    up = -F.normalize(_of(relative, "thorax"), dim=-1, eps=SMALLEST)[..., 1]
    feet, hands = (
        torch.stack([_of(relative, f"{side}_{name}")[..., 1] for side in ("left", "right")], -1)
        for name in ("ankle", "wrist")
    )
    return torch.stack([up.clamp(-0.999, 0.999).acos(), feet.amax(-1), hands.amin(-1), hands.amax(-1)], -1)


def _turn(left: Tensor) -> Tensor:
    """(B, T, 1) how fast the person turns about the vertical; radians a second for slow turns."""
    change = _rate(left)
    return (left[..., :1] * change[..., 1:] - left[..., 1:] * change[..., :1]).abs()
