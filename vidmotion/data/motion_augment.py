"""Varies the motion of batches in rotation space: straight knees, offsets, mixed bodies, splices, turned people.

Motion capture of one laboratory has constant errors of some degrees at each joint, and few people lie or stand on
their hands. B samples, T frames; rotations are those of SMPL's 24 joints in their parents' frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from vidmotion.data.augment import normal, uniform
from vidmotion.geometry.rotations_torch import axis_angle_to_matrix, matrix_to_rotation_6d, rotation_6d_to_matrix
from vidmotion.skeletons import SMPL24

MOST_EXTENDED = 3.0
"""Degrees by which an offset may bend a knee forwards."""
SPLICE_FRAMES = 12
"""Frames of a window in which one motion goes over into another."""


def _smpl(*names: str) -> list[int]:
    return [SMPL24.joints.index(name) for name in names]


_OFFSET = _smpl(
    *("left_hip", "right_hip", "left_knee", "right_knee", "spine1", "spine2", "spine3", "neck"),
    *("left_collar", "right_collar", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow"),
)
_HIPS, _KNEES, _ANKLES = (_smpl(f"left_{name}", f"right_{name}") for name in ("hip", "knee", "ankle"))
_UPPER = [
    joint for joint in range(3, 24) if not any(part in SMPL24.joints[joint] for part in ("knee", "ankle", "foot"))
]
"""The spine and all that hangs on it."""


@dataclass(frozen=True)
class MotionRange:
    """Distribution of random changes of a motion. A value of 0 changes nothing."""

    straightened: tuple[float, float] = (0.0, 0.0)
    """Range of the share by which knees are straightened that are never straight (`vidmotion.data.knee_extension`)."""
    offset: float = 0.0
    """Degrees, standard deviation about each axis of a rotation that joints of hips, knees, spine, neck, shoulders and
    elbows get in a whole window; knees about their hinge only."""
    mixed: float = 0.0
    """Share of the windows in which the upper body moves as in another window."""
    swing: float = 0.0
    """Largest share, below 1, by which the speed rises and falls within a window."""
    spliced: float = 0.0
    """Share of the windows in which the motion goes over into that of another window."""
    turned: float = 0.0
    """Share of the windows in which the whole person is rotated at random, so that some lie or are upside down."""


def vary_motion(
    rotations: Tensor, roots: Tensor, missing: Tensor, motion: MotionRange, rng: Generator
) -> tuple[Tensor, Tensor]:
    """Rotations (B, T, 24, 3, 3) and roots (B, T, 1, 3) in the world, varied.

    Args:
        missing: (B, 2) radians by which left and right knee are bent where they should be straight.
    """
    if motion.straightened[1]:
        rotations = _straighten(rotations, missing * uniform((len(missing), 1), *motion.straightened, rng))
    if motion.mixed:
        rotations = _mix(rotations, motion.mixed, rng)
    if motion.offset:
        rotations = rotations @ axis_angle_to_matrix(_offsets(rotations, motion.offset, rng))[:, None]
    if motion.spliced:
        rotations, roots = _splice(rotations, roots, motion.spliced, rng)
    if motion.turned:
        return _turn(rotations, roots, motion.turned, rng)
    return rotations, roots


def _straighten(rotations: Tensor, amount: Tensor) -> Tensor:
    """Extend left and right knee by an amount (B, 2), and turn thigh and foot by half of it: the foot's angle stays."""
    amount = torch.minimum(amount, _extension_left(rotations))
    turns = amount.new_zeros(len(amount), len(SMPL24), 3)
    turns[:, _KNEES, 0] = -amount
    turns[:, _HIPS, 0] = turns[:, _ANKLES, 0] = amount / 2
    return rotations @ axis_angle_to_matrix(turns)[:, None]


def _extension_left(rotations: Tensor) -> Tensor:
    """(B, 2) radians by which knees can be extended in all frames until one is bent forwards by `MOST_EXTENDED`."""
    knees = rotations[:, :, _KNEES]
    flexion = torch.atan2(knees[..., 2, 1], knees[..., 1, 1]).amin(1)
    return (flexion + torch.deg2rad(flexion.new_tensor(MOST_EXTENDED))).clamp_min(0)


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
    offsets[:, _KNEES, 0] = torch.maximum(offsets[:, _KNEES, 0], -_extension_left(rotations))
    return offsets


def _splice(rotations: Tensor, roots: Tensor, share: float, rng: Generator) -> tuple[Tensor, Tensor]:
    """Cross-fade some windows into the next window of the batch, which is moved and turned to go on from there."""
    batch, frames = rotations.shape[:2]
    at = torch.randint(frames, (batch,), generator=rng, device=rng.device)
    weight = ((torch.arange(frames, device=rng.device) - at[:, None]) / SPLICE_FRAMES + 0.5).clamp(0, 1)
    weight = weight * (uniform((batch, 1), 0, 1, rng) < share)  # (B, T)
    other, path = rotations.roll(1, 0), roots.roll(1, 0)
    rows = torch.arange(batch, device=rng.device)
    turn = _about_vertical(rotations[rows, at, 0] @ other[rows, at, 0].mT)
    path = torch.einsum("bij,btkj->btki", turn, path - path[rows, at][:, None]) + roots[rows, at][:, None]
    other = torch.cat([turn[:, None, None] @ other[:, :, :1], other[:, :, 1:]], 2)
    one, two = matrix_to_rotation_6d(rotations), matrix_to_rotation_6d(other)
    mixed = rotation_6d_to_matrix(one + (two - one) * weight[..., None, None])
    return mixed, roots + (path - roots) * weight[..., None, None]


def _about_vertical(rotations: Tensor) -> Tensor:
    """The part (B, 3, 3) of rotations (B, 3, 3) about the vertical axis Y."""
    angle = torch.atan2(rotations[:, 0, 2] - rotations[:, 2, 0], rotations[:, 0, 0] + rotations[:, 2, 2])
    return axis_angle_to_matrix(torch.stack([torch.zeros_like(angle), angle, torch.zeros_like(angle)], -1))


def _turn(rotations: Tensor, roots: Tensor, share: float, rng: Generator) -> tuple[Tensor, Tensor]:
    count = len(rotations)
    axis = torch.nn.functional.normalize(normal((count, 3), rng), dim=-1)
    angle = uniform((count, 1), -torch.pi, torch.pi, rng)
    taken = uniform((count, 1), 0, 1, rng) < share
    turn = axis_angle_to_matrix(torch.where(taken, axis * angle, 0.0))
    turned = torch.cat([turn[:, None, None] @ rotations[:, :, :1], rotations[:, :, 1:]], 2)
    center = roots.mean(1, keepdim=True)
    return turned, torch.einsum("bij,btkj->btki", turn, roots - center) + center
