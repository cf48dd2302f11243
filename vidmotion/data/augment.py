"""Turns batches of motion capture windows into network input and target: bone lengths, cameras, noise, masks.

The steps follow MotionBERT (arXiv 2210.06551, section 3.3 and its public recipe), with two differences: cameras are
perspective, and the target is free of perspective (see `observe`).

Letters: B samples, T frames, J joints. Normalized units: the window's bounding square is [-1, 1].
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor

from vidmotion.model.normalization import bounding_square, project, rotate, rotation_towards
from vidmotion.skeletons import H36M17


@dataclass(frozen=True)
class CameraRange:
    """Distribution of random cameras. Angles in degrees, lengths in metres."""

    distance: tuple[float, float] = (2.2, 12.0)
    """Smallest and largest distance from the person; its logarithm is uniform."""
    pitch: tuple[float, float] = (6.0, 12.0)
    """Mean and standard deviation; a positive pitch looks down."""
    roll: float = 5.0
    """Standard deviation."""
    follow: float = 0.3
    """Share of the cameras that keep looking at the person; a third of these also move with the person."""


@dataclass(frozen=True)
class NoiseRange:
    """Distribution of simulated detector errors, in units of half the side of the person's own bounding square.

    The form is MotionBERT's. The numbers were measured with BlazePose on plainly drawn people; on harder footage
    benchmarks/accuracy/detector_table.py measures larger errors (benchmarks/LOG.md).
    """

    keyframes: int = 50
    """Errors are drawn at so many key frames of a window and interpolated: they last for about 5 to 10 frames."""
    jitter: float = 0.004
    """Standard deviation of an error that is drawn anew in each frame."""
    sigma: tuple[float, float] = (0.006, 0.022)
    """Range from which a window's standard deviation of the errors at key frames is drawn."""
    uniform: float = 0.15
    """Largest error of an outlier."""
    bias: float = 0.016
    """Standard deviation of a joint's constant offset in a window: detectors define joints differently."""
    trust: float = 0.09
    """Error at which the mean confidence is one half."""
    doubt: float = 0.08
    """Standard deviation of the confidence about its mean."""
    exchange: float = 0.0
    """Probability, between two key frames, that left and right are exchanged, of the legs or of all other joints."""
    joint_mask: float = 0.05
    """Probability that a joint is missing in the whole window."""
    frame_mask: float = 0.10
    """Probability that a frame is missing."""
    cut_off: float = 0.0
    """Share of the windows with a detector's points of which the picture's edge cuts off a part; not simulated
    elsewhere."""

    def scaled(self, share: float) -> NoiseRange:
        """All errors and masks multiplied by `share`; how confidence follows from errors stays the same."""
        names = ("jitter", "uniform", "bias", "exchange", "joint_mask", "frame_mask")
        low, high = self.sigma
        return replace(self, sigma=(low * share, high * share), **{name: getattr(self, name) * share for name in names})


@dataclass(frozen=True, eq=False)
class ObservedWindow:
    """Windows as a camera sees them, normalized as at inference."""

    clean: Tensor
    """(B, T, J, 2) exact 2D, normalized, y down."""
    target: Tensor
    """(B, T, J, 3) normalized units, x right, y down, z away; the root is that of `clean`, with z = 0."""
    metres: Tensor
    """(B, T, 1, 1) metres in one normalized unit at the depth of the root."""
    rotation: Tensor
    """(B, 3, 3) by which camera axes were rotated so that the camera looks at the window's center."""


def uniform(shape: tuple[int, ...], low: float, high: float, rng: Generator) -> Tensor:
    """Uniform draws in [low, high) on the generator's device."""
    return torch.rand(shape, generator=rng, device=rng.device) * (high - low) + low


def normal(shape: tuple[int, ...], rng: Generator) -> Tensor:
    """Standard normal draws on the generator's device."""
    return torch.randn(shape, generator=rng, device=rng.device)


_BONE_GROUPS = torch.tensor([0, 1, 2, 3, 1, 2, 3, 4, 4, 5, 6, 7, 8, 9, 7, 8, 9])
"""Group of each bone, indexed by its child joint; the bones of a group, left and right, get the same factor."""
# Probability, for each joint, that a detector's error is Gaussian and not an outlier.
_INLIER_PROBABILITY = torch.tensor(
    [0.999, 0.99, 0.97, 0.95, 0.99, 0.97, 0.95, 0.99, 0.99, 0.99, 0.98, 0.98, 0.94, 0.90, 0.98, 0.94, 0.90]
)


def vary_bones(joints: Tensor, rng: Generator, spread: float = 0.09) -> Tensor:
    """Give each sample random bone lengths, the same on the left and on the right.

    Args:
        joints: (B, T, 17, 3) metres.
        spread: standard deviation of the logarithm of the factors.
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
    """A camera for each window; it may move."""

    axes: Tensor
    """(B, T, 3, 3) world to camera: x right, y down, z forward."""
    position: Tensor
    """(B, T or 1, 3) metres."""

    def to_camera_axes(self, joints: Tensor) -> Tensor:
        """(B, T, J, 3) metres in the world to camera axes."""
        return torch.einsum("btij,btkj->btki", self.axes, joints - self.position[:, :, None])


def random_cameras(joints: Tensor, cameras: CameraRange, rng: Generator) -> Cameras:
    """A random camera for each window.

    Args:
        joints: (B, T, J, 3) metres, Y up.
    """
    batch = len(joints)
    root = joints[:, :, 0]  # (B, T, 3)
    center = (joints.amax((1, 2)) + joints.amin((1, 2))) / 2
    radius = (joints - center[:, None, None]).norm(dim=-1).amax((1, 2))  # (B,)
    low, high = (torch.tensor(value).log() for value in cameras.distance)
    distance = torch.maximum(uniform((batch,), float(low), float(high), rng).exp(), 0.6 + radius)
    yaw = uniform((batch,), -torch.pi, torch.pi, rng)
    pitch = torch.deg2rad(cameras.pitch[0] + cameras.pitch[1] * normal((batch,), rng)).clamp(-0.6, 1.0)
    roll = torch.deg2rad(cameras.roll * normal((batch,), rng))
    forward = torch.stack([pitch.cos() * yaw.sin(), -pitch.sin(), pitch.cos() * yaw.cos()], -1)

    drift = root - center[:, None]
    draw = uniform((batch, 1, 1), 0, 1, rng)
    pans, walks = (draw < cameras.follow).float(), (draw < cameras.follow / 3).float()
    position = (center - distance[:, None] * forward)[:, None] + walks * drift
    target = center[:, None] + pans * drift
    return Cameras(_look_along(target - position, roll), position)


def _look_along(direction: Tensor, roll: Tensor) -> Tensor:
    """World-to-camera rotations (B, T, 3, 3) that look along `direction` (B, T, 3), rolled by `roll` (B,) radians."""
    z = torch.nn.functional.normalize(direction, dim=-1)
    up = torch.tensor([0.0, 1.0, 0.0], device=z.device).expand_as(z)
    x = torch.nn.functional.normalize(torch.linalg.cross(z, up), dim=-1)
    y = torch.linalg.cross(z, x)
    cos, sin = roll.cos()[:, None, None], roll.sin()[:, None, None]
    return torch.stack([cos * x + sin * y, cos * y - sin * x, z], dim=-2)


def observe(points: Tensor) -> ObservedWindow:
    """Project joints and normalize them as at inference (`vidmotion.model.normalization`).

    The target is the rotated 3D pose divided by the depth of the root, in the scale of the input: input and target
    agree at the root, and the target contains no perspective.

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
    """Simulated detector output for exact 2D.

    Args:
        clean: (B, T, J, 2) normalized.
        positions: (T,) index of each frame in a window of `window` frames.

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
    output = torch.cat([clean + error * body[:, None, None, None], confidence.clamp(0.01, 1)], dim=-1)
    if noise.exchange:
        output = _swap_sides(output, before, noise, rng)
    return output * seen


_LEGS = torch.tensor([1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], dtype=torch.bool)


def _swap_sides(points: Tensor, segment: Tensor, noise: NoiseRange, rng: Generator) -> Tensor:
    """Exchange left and right of points (B, T, J, 3) in random segments, of the legs and of all other joints.

    Args:
        segment: (T,) the key frame before each frame.
    """
    draws = uniform((2, len(points), noise.keyframes), 0, 1, rng) < noise.exchange
    legs, rest = draws[:, :, segment, None]  # each (B, T, 1)
    swapped = torch.where(_LEGS.to(rng.device), legs, rest)[..., None]
    return torch.where(swapped, points[:, :, list(H36M17.mirror)], points)


def _key_noise(shape: tuple[int, int, int, int], noise: NoiseRange, rng: Generator) -> Tensor:
    """Errors at key frames, of shape (B, K, J, 2): Gaussian, or uniform for outliers."""
    sigma = uniform((shape[0], 1, 1, 1), *noise.sigma, rng=rng)
    gauss = normal(shape, rng) * sigma
    outlier = uniform(shape, -noise.uniform, noise.uniform, rng)
    inlier = uniform((*shape[:3], 1), 0, 1, rng) < _INLIER_PROBABILITY.to(rng.device)[:, None]
    return torch.where(inlier, gauss, outlier)
