"""Rotations in torch: conversions, mirror images, means. Matrices (..., 3, 3); B windows, T frames."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from vidmotion.skeletons import SMPL24


def rotation_6d_to_matrix(columns: Tensor) -> Tensor:
    """Rotation matrices (..., 3, 3) from their first two columns (..., 6), which are made orthonormal.

    Source: Zhou et al. 2019, equation 15.
    """
    first, second = columns[..., :3], columns[..., 3:]
    x = F.normalize(first, dim=-1)
    y = F.normalize(second - (x * second).sum(-1, keepdim=True) * x, dim=-1)
    return torch.stack([x, y, torch.linalg.cross(x, y)], dim=-1)


def matrix_to_rotation_6d(rotations: Tensor) -> Tensor:
    """The first two columns (..., 6) of rotation matrices (..., 3, 3)."""
    return rotations[..., :2].mT.flatten(-2)


def axis_angle_to_matrix(axis_angles: Tensor) -> Tensor:
    """Rotation matrices (..., 3, 3) of axis times angle (..., 3) in radians (Rodrigues)."""
    angle = axis_angles.norm(dim=-1, keepdim=True)
    half = angle / 2
    # sin(a / 2) / a, which is 1/2 at 0
    xyz = axis_angles * (torch.sinc(half / torch.pi) / 2)
    w, (x, y, z) = half.cos()[..., 0], xyz.unbind(-1)
    rows = [
        torch.stack([1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)], -1),
        torch.stack([2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)], -1),
        torch.stack([2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)], -1),
    ]
    return torch.stack(rows, dim=-2)


def mirror_rotations(rotations: Tensor) -> Tensor:
    """Rotations (..., 24, 3, 3) of SMPL's joints, mirrored across x; left and right change places."""
    flip = torch.tensor([-1.0, 1.0, 1.0], device=rotations.device)
    return rotations[..., list(SMPL24.mirror), :, :] * flip[:, None] * flip


def rotate_pelvis(camera: Tensor, rotations: Tensor) -> Tensor:
    """Rotations (B, T, 24, 3, 3) of SMPL's joints after a rotation (B, 3, 3) of the camera: only the pelvis changes."""
    return torch.cat([camera[:, None, None] @ rotations[:, :, :1], rotations[:, :, 1:]], 2)


def mean_rotation(one: Tensor, other: Tensor) -> Tensor:
    """The rotation half way between two that differ by less than 180 degrees."""
    return nearest_rotation(one + other)


def nearest_rotation(matrices: Tensor) -> Tensor:
    """The rotations nearest to matrices (..., 3, 3), such as weighted sums of rotations (orthogonal Procrustes)."""
    u, _, vt = torch.linalg.svd(matrices)
    sign = torch.ones_like(matrices[..., 0])
    sign[..., -1] = torch.det(u @ vt).sign()
    return (u * sign[..., None, :]) @ vt
