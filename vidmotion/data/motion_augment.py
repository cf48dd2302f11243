"""Varies the motion of batches in rotation space: joints with a constant offset, mixed bodies, people turned over.

Motion capture of one laboratory has constant errors of some degrees at each joint, and few people lie or stand on
their hands. B samples, T frames; rotations are those of SMPL's 24 joints in their parents' frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from vidmotion.data.augment import normal, uniform
from vidmotion.geometry.rotations_torch import axis_angle_to_matrix
from vidmotion.skeletons import SMPL24

MOST_EXTENDED = 3.0
"""Degrees by which an offset may bend a knee forwards."""


def _smpl(*names: str) -> list[int]:
    return [SMPL24.joints.index(name) for name in names]


_OFFSET = _smpl(
    *("left_hip", "right_hip", "left_knee", "right_knee", "spine1", "spine2", "spine3", "neck"),
    *("left_collar", "right_collar", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow"),
)
_KNEES = _smpl("left_knee", "right_knee")
_UPPER = [
    joint for joint in range(3, 24) if not any(part in SMPL24.joints[joint] for part in ("knee", "ankle", "foot"))
]
"""The spine and all that hangs on it."""


@dataclass(frozen=True)
class MotionRange:
    """Distribution of random changes of a motion. A value of 0 changes nothing."""

    offset: float = 0.0
    """Degrees, standard deviation about each axis of a rotation that joints of hips, knees, spine, neck, shoulders and
    elbows get in a whole window; knees about their hinge only."""
    mixed: float = 0.0
    """Share of the windows in which the upper body moves as in another window."""
    turned: float = 0.0
    """Share of the windows in which the whole person is rotated at random, so that some lie or are upside down."""


def vary_motion(rotations: Tensor, roots: Tensor, motion: MotionRange, rng: Generator) -> tuple[Tensor, Tensor]:
    """Rotations (B, T, 24, 3, 3) and roots (B, T, 1, 3) in the world, varied."""
    if motion.mixed:
        rotations = _mix(rotations, motion.mixed, rng)
    if motion.offset:
        rotations = rotations @ axis_angle_to_matrix(_offsets(rotations, motion.offset, rng))[:, None]
    if motion.turned:
        return _turn(rotations, roots, motion.turned, rng)
    return rotations, roots


def _mix(rotations: Tensor, share: float, rng: Generator) -> Tensor:
    taken = uniform((len(rotations), 1, 1, 1, 1), 0, 1, rng) < share
    upper = rotations[:, :, _UPPER]
    mixed = rotations.clone()
    mixed[:, :, _UPPER] = torch.where(taken, upper.roll(1, 0), upper)
    return mixed


def _offsets(rotations: Tensor, spread: float, rng: Generator) -> Tensor:
    """(B, 24, 3) axis-angle; no knee is bent forwards more than `MOST_EXTENDED`."""
    draws = torch.deg2rad(spread * normal((len(rotations), len(_OFFSET), 3), rng))
    offsets = draws.new_zeros(len(rotations), len(SMPL24), 3)
    offsets[:, _OFFSET] = draws
    offsets[:, _KNEES, 1:] = 0
    knees = rotations[:, :, _KNEES]
    bend = torch.atan2(knees[..., 2, 1], knees[..., 1, 1]).amin(1)  # (B, 2) least of the window, about the hinge
    least = -(bend + torch.deg2rad(bend.new_tensor(MOST_EXTENDED))).clamp_min(0)
    offsets[:, _KNEES, 0] = torch.maximum(offsets[:, _KNEES, 0], least)
    return offsets


def _turn(rotations: Tensor, roots: Tensor, share: float, rng: Generator) -> tuple[Tensor, Tensor]:
    count = len(rotations)
    axis = torch.nn.functional.normalize(normal((count, 3), rng), dim=-1)
    angle = uniform((count, 1), -torch.pi, torch.pi, rng)
    taken = uniform((count, 1), 0, 1, rng) < share
    turn = axis_angle_to_matrix(torch.where(taken, axis * angle, 0.0))
    turned = torch.cat([turn[:, None, None] @ rotations[:, :, :1], rotations[:, :, 1:]], 2)
    center = roots.mean(1, keepdim=True)
    return turned, torch.einsum("bij,btkj->btki", turn, roots - center) + center
