"""Losses of the recipes: errors of 3D joints and of their projection, and the contrastive loss of embeddings.

Source: MotionBERT (arXiv 2210.06551, equations 3 to 5 and its public recipes). Letters: B samples, T frames, J joints.
"""

from __future__ import annotations

import torch
from torch import Tensor

from vidmotion.evaluate.metrics import n_mpjpe
from vidmotion.model.normalization import NormalizedWindow
from vidmotion.skeletons import H36M17

_MIDDLES = tuple(H36M17.joints.index(name) for name in ("left_knee", "right_knee", "left_elbow", "right_elbow"))
_ENDS = tuple(H36M17.joints.index(name) for name in ("left_ankle", "right_ankle", "left_wrist", "right_wrist"))
"""The middle joint of each limb, and the joint at its end."""


def joint_loss(predicted: Tensor, truth: Tensor, stride: int, norm_weight: float, velocity_weight: float) -> Tensor:
    """Position, scale-free position and velocity error of joints (B, T, J, 3) (equation 3).

    Args:
        stride: frames of the video from one frame of the window to the next; velocities are per frame of the video.
    """
    position = (predicted - truth).norm(dim=-1).mean()
    total = position + norm_weight * n_mpjpe(predicted, truth).mean()
    return total + velocity_weight * velocity_loss(predicted, truth, stride)


def bone_loss(predicted: Tensor, truth: Tensor) -> Tensor:
    """Mean distance of the unit vectors along the bones of joints (B, T, 17, 3): 0.017 for each degree between them."""
    return (_bones(predicted) - _bones(truth)).norm(dim=-1).mean()


def limb_loss(predicted: Tensor, truth: Tensor) -> Tensor:
    """Mean error of knees and elbows of joints (B, T, 17, 3): of the distance of the limb's two unit vectors.

    That is 2 sin(bend / 2), and nearly linear about straight limbs, where the cosine of the angle is flat.
    """
    return (_limb_bends(predicted) - _limb_bends(truth)).abs().mean()


def _limb_bends(joints: Tensor) -> Tensor:
    bones = _bones(joints)
    upper, lower = ([child - 1 for child in children] for children in (_MIDDLES, _ENDS))
    return ((bones[..., upper, :] - bones[..., lower, :]).square().sum(-1) + 1e-8).sqrt()


def _bones(joints: Tensor) -> Tensor:
    """(B, T, 16, 3) unit vectors from each joint's parent to the joint, but for the root."""
    return torch.nn.functional.normalize(joints[:, :, 1:] - joints[:, :, list(H36M17.parents[1:])], dim=-1)


def velocity_loss(predicted: Tensor, truth: Tensor, stride: int) -> Tensor:
    """Mean error of the displacement from frame to frame of joints (B, T, J, 3)."""
    return (predicted.diff(dim=1) - truth.diff(dim=1)).norm(dim=-1).mean() / stride


def reproject(predicted: Tensor, normalized: NormalizedWindow) -> Tensor:
    """The projection (B, T, J, 2) of a predicted pose (B, T, J, 3), in the window's normalised units.

    The prediction has no perspective (`vidmotion.data.augment.observe`): its x and y are offsets from the root at the
    root's depth. In metres per metre of that depth, a joint lies at center + half * (x, y), 1 + half * z.
    """
    half, center = normalized.half[:, None, None, None], normalized.center[:, None, None]
    depth = (1 + half * predicted[..., 2:]).clamp_min(0.1)
    return ((center + half * predicted[..., :2]) / depth - center) / half


def flat_loss(predicted: Tensor, normalized: NormalizedWindow, weight: Tensor) -> Tensor:
    """Distance of the projected pose to 2D points, weighted by the confidence in them (equation 4).

    Args:
        normalized: windows of the points without added noise.
        weight: (B, T, J) confidence.
    """
    distance = (reproject(predicted, normalized) - normalized.x[..., :2]).norm(dim=-1)
    return (weight * distance).sum() / weight.sum().clamp_min(1e-6)


def contrastive_loss(embedding: Tensor, label: Tensor, temperature: float) -> Tensor:
    """Supervised contrastive loss of unit vectors (N, C) with labels (N,) (Khosla et al. 2020, equation 2).

    A sample that is alone with its label in the batch serves only as a negative for the others.
    """
    similarity = embedding @ embedding.T / temperature
    itself = torch.eye(len(label), dtype=torch.bool, device=label.device)
    log_share = similarity - similarity.masked_fill(itself, -torch.inf).logsumexp(1, keepdim=True)
    positive = (label[:, None] == label) & ~itself
    count = positive.sum(1)
    mean = (log_share * positive).sum(1) / count.clamp_min(1)
    return -mean[count > 0].sum() / (count > 0).sum().clamp_min(1)
