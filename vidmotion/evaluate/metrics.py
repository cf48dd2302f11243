"""Errors of 3D motion in each frame, in the unit of the input. Torch only.

Letters: T frames, J joints. Predictions and truth are compared after their roots (joint 0) are aligned.
"""

from __future__ import annotations

import torch
from torch import Tensor

PCK_REACH = 0.150
"""Metres within which a joint counts as found (Mehta et al. 2017)."""
AUC_STEPS = 31
"""Number of thresholds from 0 to `PCK_REACH`, 5 mm apart, over which the area under the curve is the mean."""


def joint_errors(predicted: Tensor, truth: Tensor) -> Tensor:
    """Position error (..., T, J) of each joint of root-aligned poses (..., T, J, 3)."""
    return (_rooted(predicted) - _rooted(truth)).norm(dim=-1)


def pck(errors: Tensor, reach: float = PCK_REACH) -> Tensor:
    """Share (..., T) of all joints, the root included, whose error (..., T, J) is below `reach`, in the same unit."""
    return (errors < reach).to(errors.dtype).mean(-1)


def auc(errors: Tensor) -> Tensor:
    """Area (..., T) under the curve of `pck` from 0 to `PCK_REACH`, of errors (..., T, J) in metres; at most 1."""
    return torch.stack([pck(errors, PCK_REACH * i / (AUC_STEPS - 1)) for i in range(AUC_STEPS)]).mean(0)


def mpjpe(predicted: Tensor, truth: Tensor) -> Tensor:
    """Mean per-joint position error (..., T) of root-aligned poses (..., T, J, 3)."""
    return joint_errors(predicted, truth).mean(-1)


def n_mpjpe(predicted: Tensor, truth: Tensor) -> Tensor:
    """MPJPE after the best scale of each frame (Rhodin et al. 2018)."""
    p, t = _rooted(predicted), _rooted(truth)
    scale = (p * t).sum((-1, -2), keepdim=True) / p.square().sum((-1, -2), keepdim=True).clamp_min(1e-12)
    return (scale * p - t).norm(dim=-1).mean(-1)


def p_mpjpe(predicted: Tensor, truth: Tensor) -> Tensor:
    """MPJPE after the best similarity transform of each frame (Procrustes)."""
    p = predicted - predicted.mean(-2, keepdim=True)
    t = truth - truth.mean(-2, keepdim=True)
    u, s, vt = torch.linalg.svd(p.mT.double() @ t.double())
    sign = torch.ones_like(s)
    sign[..., -1] = torch.det(u @ vt).sign()
    rotation = (u * sign[..., None, :]) @ vt
    norm = p.double().square().sum((-1, -2))[..., None, None].clamp_min(1e-12)
    scale = (s * sign).sum(-1)[..., None, None] / norm
    return (scale * (p.double() @ rotation) - t).norm(dim=-1).mean(-1).to(predicted.dtype)


def velocity_error(predicted: Tensor, truth: Tensor) -> Tensor:
    """Error of the frame-to-frame displacement (..., T-1) of root-aligned poses (MPJVE)."""
    return (_rooted(predicted).diff(dim=-3) - _rooted(truth).diff(dim=-3)).norm(dim=-1).mean(-1)


def acceleration_error(predicted: Tensor, truth: Tensor) -> Tensor:
    """Error of the second difference over frames (..., T-2) of root-aligned poses."""
    return (_rooted(predicted).diff(n=2, dim=-3) - _rooted(truth).diff(n=2, dim=-3)).norm(dim=-1).mean(-1)


def rotation_errors(predicted: Tensor, truth: Tensor) -> Tensor:
    """Angle in radians (...) between rotations (..., 3, 3); accurate near 0 and near pi too."""
    apart = predicted.mT.double() @ truth.double()
    # |R - 1| = 2 sqrt(2) sin(angle / 2), and the trace is 1 + 2 cos(angle)
    sine = (apart - torch.eye(3, dtype=apart.dtype, device=apart.device)).square().sum((-1, -2)).sqrt() / 8**0.5
    cosine = ((apart.diagonal(dim1=-2, dim2=-1).sum(-1) + 1).clamp_min(0) / 4).sqrt()
    return (2 * torch.atan2(sine, cosine)).to(predicted.dtype)


def _rooted(pose: Tensor) -> Tensor:
    return pose - pose[..., :1, :]
