"""Tracks of any length through a network of fixed length: overlapping windows, batched, cross-faded.

Input and output are arrays of one person without gaps, at the training frame rate. Knows the network and
the framing, nothing about videos, frame rates or metres.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from vidmotion.model.dstformer import DSTformer
from vidmotion.model.framing import frame, mirror, rotate
from vidmotion.skeletons import H36M17, STATURE_CHAIN
from vidmotion.types import Floats

OVERLAP = 81
CPU_BATCH, GPU_BATCH = 2, 16
"""Windows that go through the network at once: on a CPU more only cost memory."""


@dataclass(frozen=True, eq=False)
class LiftedPose:
    """Root-relative 3D of one person, up to the distance from the camera."""

    joints: Floats
    """(T, J, 3) metres for every metre between camera and root; camera axes: x right, y down, z forward."""
    disagreement: Floats
    """(T, J) distance between the plain and the mirrored pass, in shares of the body's size; 0 without flip."""


def lift_windows(
    model: DSTformer,
    rays: Floats,
    score: Floats,
    flip: bool = True,
    advance: Callable[[int], None] = lambda frames: None,
) -> LiftedPose:
    """Lift one unbroken run of 2D joints.

    Args:
        rays: (T, 17, 2) points of the plane z = 1 in front of the camera.
        score: (T, 17); 0 marks a missing point, whose ray is ignored.
        flip: average with the mirrored input.
        advance: told of the frames done, for a progress bar.
    """
    total, window = len(rays), model.config.max_frames
    device = next(model.parameters()).device
    starts = window_starts(total, window)
    length = min(total, window)
    fade = torch.from_numpy(_fade(length))[:, None, None]
    joints, spread = torch.zeros(total, len(H36M17), 3), torch.zeros(total, len(H36M17))
    weight = torch.zeros(total, 1, 1)
    size = CPU_BATCH if device.type == "cpu" else GPU_BATCH
    for first in range(0, len(starts), size):
        batch = starts[first : first + size]
        cut = [slice(start, start + length) for start in batch]
        x = torch.stack([torch.from_numpy(np.ascontiguousarray(rays[c], np.float32)) for c in cut])
        s = torch.stack([torch.from_numpy(np.ascontiguousarray(score[c], np.float32)) for c in cut])
        pose, doubt = _lift_batch(model, x.to(device), s.to(device), flip)
        for c, p, d in zip(cut, pose.cpu(), doubt.cpu(), strict=True):
            joints[c] += p * fade
            spread[c] += d * fade[..., 0]
            weight[c] += fade
        advance(min(batch[-1] + length, total))
    return LiftedPose((joints / weight).numpy(), (spread / weight[..., 0]).numpy())


def window_starts(total: int, window: int) -> list[int]:
    """First frames of windows that cover 0 .. total-1 and overlap by at least `OVERLAP` frames."""
    if total <= window:
        return [0]
    hop = window - min(OVERLAP, window // 3)
    return [*range(0, total - window, hop), total - window]


def _fade(length: int) -> Floats:
    ramp = np.arange(1, length + 1, dtype=np.float32)
    return np.minimum(np.minimum(ramp, ramp[::-1]), np.float32(OVERLAP)) / OVERLAP


@torch.inference_mode()
def _lift_batch(model: DSTformer, rays: Tensor, score: Tensor, flip: bool) -> tuple[Tensor, Tensor]:
    """(B, T, J, 2) and (B, T, J) to camera-space poses (B, T, J, 3) and disagreement (B, T, J)."""
    framed = frame(rays, score)
    x = framed.x
    pose = _rooted(model(x))
    doubt = torch.zeros_like(score)
    if flip:
        mirrored = _rooted(mirror(model(mirror(x))))
        size = _body_size(pose)
        doubt = (pose - mirrored).norm(dim=-1) / size
        pose = (pose + mirrored) / 2
    return rotate(framed.turn.mT, pose * framed.half[:, None, None, None]), doubt


def _rooted(pose: Tensor) -> Tensor:
    return pose - pose[:, :, :1]


def _body_size(pose: Tensor) -> Tensor:
    """(B, T, 1) sum of leg, trunk and head lengths: near the stature."""
    parents = [H36M17.parents[joint] for joint in STATURE_CHAIN]
    bones = pose[:, :, list(STATURE_CHAIN)] - pose[:, :, parents]
    return bones.norm(dim=-1).sum(-1, keepdim=True).clamp_min(1e-6)
