"""Errors of 3D motion, per frame, in the unit of the input. Torch only.

Letters: T frames, J joints. Predictions and truths are compared after their roots (joint 0) are laid together.
"""

from __future__ import annotations

import torch
from torch import Tensor


def mpjpe(predicted: Tensor, truth: Tensor) -> Tensor:
    """Mean per-joint position error (..., T) of root-aligned poses (..., T, J, 3)."""
    return (_rooted(predicted) - _rooted(truth)).norm(dim=-1).mean(-1)


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


def _rooted(pose: Tensor) -> Tensor:
    return pose - pose[..., :1, :]
