"""Normalization of windows of 2D joints: the same in training and at inference.

The camera is rotated so that its axis meets the window's center: a person at the picture's edge then looks like a
person in the middle. After that, x and y are scaled into the bounding square. Rays are points of the plane z = 1 in
front of the camera, x right, y down. Torch only; B windows, T frames, J joints.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from vidmotion.skeletons import H36M17

FRAME_RATE = 30
"""Frames per second of a window, in training and at inference."""


def bounding_square(xy: Tensor, seen: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Center (B, 2) and half side (B,) of the square around all points of a window.

    Args:
        xy: (B, T, J, 2).
        seen: (B, T, J) which points count, default all; where none counts, the square lies at the origin.
    """
    low, high = xy, xy
    if seen is not None:
        low = xy.masked_fill(~seen[..., None], torch.inf)
        high = xy.masked_fill(~seen[..., None], -torch.inf)
    low, high = low.amin((1, 2)), high.amax((1, 2))
    nothing = low > high
    low, high = low.masked_fill(nothing, 0), high.masked_fill(nothing, 0)
    return (low + high) / 2, ((high - low).amax(-1) / 2).clamp_min(1e-6)


def rotation_towards(center: Tensor) -> Tensor:
    """The smallest rotations (B, 3, 3) that bring the ray (x, y, 1) of each center (B, 2) onto the camera's axis."""
    ray = F.normalize(torch.cat([center, torch.ones_like(center[:, :1])], -1), dim=-1)
    x, y, z = ray.unbind(-1)
    k = 1 / (1 + z)
    rows = [
        torch.stack([1 - k * x * x, -k * x * y, -x], -1),
        torch.stack([-k * x * y, 1 - k * y * y, -y], -1),
        ray,
    ]
    return torch.stack(rows, dim=-2)


def rotate(rotation: Tensor, points: Tensor) -> Tensor:
    """Apply (B, 3, 3) to (B, T, J, 3)."""
    return torch.einsum("bij,btkj->btki", rotation, points)


def project(points: Tensor) -> Tensor:
    """(B, T, J, 3) in front of the camera to rays (B, T, J, 2)."""
    return points[..., :2] / points[..., 2:]


@dataclass(frozen=True, eq=False)
class NormalizedWindow:
    """2D joints as the network gets them, and what is needed to undo the normalization."""

    x: Tensor
    """(B, T, J, 3) x, y, confidence; missing points are all zeros."""
    rotation: Tensor
    """(B, 3, 3) of the camera."""
    center: Tensor
    """(B, 2) of the bounding square, in rays of the rotated camera."""
    half: Tensor
    """(B,) half side of that square."""


def normalize(rays: Tensor, score: Tensor) -> NormalizedWindow:
    """Normalize windows of 2D joints.

    Args:
        rays: (B, T, J, 2) points of the plane z = 1.
        score: (B, T, J); 0 marks a missing point, whose ray is ignored.
    """
    seen = score > 0
    rotation = rotation_towards(bounding_square(rays, seen)[0])
    rays = project(rotate(rotation, torch.cat([rays, torch.ones_like(rays[..., :1])], -1)))
    center, half = bounding_square(rays, seen)
    xy = (rays - center[:, None, None]) / half[:, None, None, None]
    x = torch.cat([xy, score[..., None]], -1).masked_fill(~seen[..., None], 0.0)
    return NormalizedWindow(x, rotation, center, half)


def mirror(x: Tensor) -> Tensor:
    """Left and right exchanged: (..., 17, C), x first."""
    return torch.cat([-x[..., :1], x[..., 1:]], dim=-1)[..., list(H36M17.mirror), :]
