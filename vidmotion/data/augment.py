"""Motion capture windows to network input and target: bodies, cameras, noise, masks; on batches, in torch.

The steps follow MotionBERT (arXiv 2210.06551, section 3.3 and its public recipe), but cameras are
perspective and the target is free of perspective: see `observe`.

Letters: B samples, T frames, J joints. Normalised units: the window's bounding square is [-1, 1].
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor

from vidmotion.model.normalization import bounding_square, project, rotate, rotation_towards
from vidmotion.skeletons import H36M17


@dataclass(frozen=True)
class CameraRange:
    """How random cameras are drawn. Angles in degrees, lengths in metres."""

    distance: tuple[float, float] = (2.2, 12.0)
    pitch: tuple[float, float] = (6.0, 12.0)
    """Mean and spread; positive looks down."""
    roll: float = 5.0
    follow: float = 0.3
    """Share of the cameras that rotation after the person; a third of these also walk along."""


@dataclass(frozen=True)
class NoiseRange:
    """Errors of a 2D detector, in half sides of the person's own bounding square.

    The form is MotionBERT's; the figures were measured of BlazePose on plain drawn people. On harder footage
    benchmarks/accuracy/detector_table.py measures larger errors: benchmarks/LOG.md.
    """

    keyframes: int = 50
    """Draws in a window, a line between each and the next: errors last for some 5 to 10 frames."""
    jitter: float = 0.004
    """New in each frame."""
    sigma: tuple[float, float] = (0.006, 0.022)
    uniform: float = 0.15
    """Reach of outliers."""
    bias: float = 0.016
    """Spread of an offset that a joint keeps for the whole window: detectors place joints differently."""
    trust: float = 0.09
    """Error at which the detector is half sure of a joint."""
    doubt: float = 0.08
    """Spread of the confidence about its mean."""
    exchange: float = 0.0
    """Share of the stretches between two draws in which left and right, of legs or all else, change places."""
    joint_mask: float = 0.05
    frame_mask: float = 0.10

    def scaled(self, share: float) -> NoiseRange:
        """A share of all errors and masks; the detector's confidence keeps its meaning."""
        names = ("jitter", "uniform", "bias", "exchange", "joint_mask", "frame_mask")
        low, high = self.sigma
        return replace(self, sigma=(low * share, high * share), **{name: getattr(self, name) * share for name in names})


@dataclass(frozen=True, eq=False)
class ObservedWindow:
    """A window as a camera sees it."""

    clean: Tensor
    """(B, T, J, 2) exact 2D, normalised, y down."""
    target: Tensor
    """(B, T, J, 3) normalised units, x right, y down, z away; the root lies on `clean` with z = 0."""
    metres: Tensor
    """(B, T, 1, 1) metres in one normalised unit at the root's depth."""
    rotation: Tensor
    """(B, 3, 3) by which the camera was turned towards the window's centre."""


def uniform(shape: tuple[int, ...], low: float, high: float, rng: Generator) -> Tensor:
    """Uniform draws in [low, high) on the generator's device."""
    return torch.rand(shape, generator=rng, device=rng.device) * (high - low) + low


def normal(shape: tuple[int, ...], rng: Generator) -> Tensor:
    """Standard normal draws on the generator's device."""
    return torch.randn(shape, generator=rng, device=rng.device)


_BONE_GROUPS = torch.tensor([0, 1, 2, 3, 1, 2, 3, 4, 4, 5, 6, 7, 8, 9, 7, 8, 9])
"""Bones of one group (left and right alike) are scaled together; indexed by the child joint."""
# How sure a detector is of each joint: the chance that its error is Gaussian, not an outlier.
_INLIER_PROBABILITY = torch.tensor(
    [0.999, 0.99, 0.97, 0.95, 0.99, 0.97, 0.95, 0.99, 0.99, 0.99, 0.98, 0.98, 0.94, 0.90, 0.98, 0.94, 0.90]
)


def vary_bones(joints: Tensor, rng: Generator, spread: float = 0.09) -> Tensor:
    """Give every sample its own bone lengths, left and right alike.

    Args:
        joints: (B, T, 17, 3) metres.
    """
    groups = normal((len(joints), int(_BONE_GROUPS.max()) + 1), rng) * spread
    scale = (groups + normal((len(joints), 1), rng) * spread).exp()[:, _BONE_GROUPS.to(rng.device)]
    out = [joints[:, :, 0] * scale[:, None, 2, None]]  # the path scales with the legs
    for child, parent in enumerate(H36M17.parents[1:], start=1):
        bone = joints[:, :, child] - joints[:, :, parent]
        out.append(out[parent] + bone * scale[:, None, child, None])
    return torch.stack(out, dim=2)


@dataclass(frozen=True, eq=False)
class Cameras:
    """A camera for each window, which may move."""

    axes: Tensor
    """(B, T, 3, 3) world to camera: x right, y down, z forward."""
    position: Tensor
    """(B, T or 1, 3) metres."""

    def to_camera_axes(self, joints: Tensor) -> Tensor:
        """(B, T, J, 3) metres in the world to camera axes."""
        return torch.einsum("btij,btkj->btki", self.axes, joints - self.position[:, :, None])


def random_cameras(joints: Tensor, cameras: CameraRange, rng: Generator) -> Cameras:
    """A random camera to look at each window with.

    Args:
        joints: (B, T, J, 3) metres, Y up.
    """
    batch = len(joints)
    root = joints[:, :, 0]  # (B, T, 3)
    middle = (joints.amax((1, 2)) + joints.amin((1, 2))) / 2
    reach = (joints - middle[:, None, None]).norm(dim=-1).amax((1, 2))  # (B,)
    low, high = (torch.tensor(value).log() for value in cameras.distance)
    distance = torch.maximum(uniform((batch,), float(low), float(high), rng).exp(), 0.6 + reach)
    yaw = uniform((batch,), -torch.pi, torch.pi, rng)
    pitch = torch.deg2rad(cameras.pitch[0] + cameras.pitch[1] * normal((batch,), rng)).clamp(-0.6, 1.0)
    roll = torch.deg2rad(cameras.roll * normal((batch,), rng))
    forward = torch.stack([pitch.cos() * yaw.sin(), -pitch.sin(), pitch.cos() * yaw.cos()], -1)

    drift = root - middle[:, None]
    draw = uniform((batch, 1, 1), 0, 1, rng)
    turns, walks = (draw < cameras.follow).float(), (draw < cameras.follow / 3).float()
    position = (middle - distance[:, None] * forward)[:, None] + walks * drift
    aim = middle[:, None] + turns * drift
    return Cameras(_look_along(aim - position, roll), position)


def _look_along(direction: Tensor, roll: Tensor) -> Tensor:
    """World-to-camera rotations (B, T, 3, 3) that look along `direction` (B, T, 3), rolled by (B,) radians."""
    z = torch.nn.functional.normalize(direction, dim=-1)
    up = torch.tensor([0.0, 1.0, 0.0], device=z.device).expand_as(z)
    x = torch.nn.functional.normalize(torch.linalg.cross(z, up), dim=-1)
    y = torch.linalg.cross(z, x)
    cos, sin = roll.cos()[:, None, None], roll.sin()[:, None, None]
    return torch.stack([cos * x + sin * y, cos * y - sin * x, z], dim=-2)


def observe(points: Tensor) -> ObservedWindow:
    """Project camera-space joints and frame them as at inference (`vidmotion.model.normalization`).

    The target is the turned 3D pose divided by the root's depth, in the same scale: input and target
    agree at the root, and the target holds no perspective.

    Args:
        points: (B, T, J, 3) metres in camera axes, in front of the camera.
    """
    rotation = rotation_towards(bounding_square(project(points))[0])
    points = rotate(rotation, points)
    xy = project(points)
    center, half = bounding_square(xy)
    clean = (xy - center[:, None, None]) / half[:, None, None, None]
    root = points[:, :, :1]
    metres = root[..., 2:] * half[:, None, None, None]
    target = (points - root) / metres
    shift = torch.cat([clean[:, :, :1], torch.zeros_like(metres)], dim=-1)
    return ObservedWindow(clean, target + shift, metres, rotation)


def corrupt(clean: Tensor, positions: Tensor, window: int, noise: NoiseRange, rng: Generator) -> Tensor:
    """What a detector might have said of the exact 2D.

    Args:
        clean: (B, T, J, 2) normalised.
        positions: (T,) place of each frame in a window of `window` frames.

    Returns:
        (B, T, J, 3) x, y, confidence; masked points are all zeros.
    """
    batch, frames, joints, _ = clean.shape
    keys = _key_noise((batch, noise.keyframes, joints, 2), noise, rng)
    at = positions.to(clean) * (noise.keyframes - 1) / max(window - 1, 1)
    before = at.floor().long().clamp_max(noise.keyframes - 2)
    share = (at - before)[None, :, None, None]
    error = keys[:, before] * (1 - share) + keys[:, before + 1] * share
    error = error + normal(tuple(clean.shape), rng) * noise.jitter
    error = error + normal((batch, 1, joints, 2), rng) * noise.bias

    doubt = normal((batch, frames, joints, 1), rng) * noise.doubt
    confidence = 1 / (1 + (error.norm(dim=-1, keepdim=True) / noise.trust) ** 3) + doubt
    seen = uniform((batch, 1, joints, 1), 0, 1, rng) >= noise.joint_mask
    seen = seen & (uniform((1, frames, 1, 1), 0, 1, rng) >= noise.frame_mask)
    body = (clean.amax(2) - clean.amin(2)).amax(-1).mean(1) / 2  # (B,)
    said = torch.cat([clean + error * body[:, None, None, None], confidence.clamp(0.01, 1)], dim=-1)
    if noise.exchange:
        said = _swap_sides(said, before, noise, rng)
    return said * seen


_LEGS = torch.tensor([1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], dtype=torch.bool)


def _swap_sides(said: Tensor, stretch: Tensor, noise: NoiseRange, rng: Generator) -> Tensor:
    """Left and right of (B, T, J, 3) in each other's place for some stretches (T,) of legs, and of all else."""
    draws = uniform((2, len(said), noise.keyframes), 0, 1, rng) < noise.exchange
    legs, rest = draws[:, :, stretch, None]  # each (B, T, 1)
    swapped = torch.where(_LEGS.to(rng.device), legs, rest)[..., None]
    return torch.where(swapped, said[:, :, list(H36M17.mirror)], said)


def _key_noise(shape: tuple[int, int, int, int], noise: NoiseRange, rng: Generator) -> Tensor:
    sigma = uniform((shape[0], 1, 1, 1), *noise.sigma, rng=rng)
    gauss = normal(shape, rng) * sigma
    outlier = uniform(shape, -noise.uniform, noise.uniform, rng)
    sure = uniform((*shape[:3], 1), 0, 1, rng) < _INLIER_PROBABILITY.to(rng.device)[:, None]
    return torch.where(sure, gauss, outlier)
