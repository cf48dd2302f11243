"""The path of the root in camera axes: the projected pose falls on the 2D points, and standing feet do not move."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vidmotion.geometry.filters import gaussian_smooth, median_smooth, opening
from vidmotion.geometry.vectors import unit
from vidmotion.types import Bools, Floats

ANKLES = (3, 6)
DEPTH_SECONDS = 0.2
"""Width of the filter of the root's depth, in seconds."""

STANDING_SPEED = 0.3
"""Metres a second in the picture; an ankle that is slower probably stands."""
STANDING_FILTER_SECONDS = 0.05
"""Width of the filter of the points before their speed is taken, in seconds."""
STANDING_SECONDS = 0.4
"""Shortest time that a foot stands. With a moving camera, a moving foot may look still, but for a shorter time."""
SLIDING_SPEED = 0.5
"""Metres a second in 3D; a faster ankle no longer counts as standing."""
ROUNDS = 4
"""Number of solutions; after each, the weights of the ankles are computed again."""


@dataclass(frozen=True)
class Spread:
    """Standard deviations of the terms that the correction of a path minimises, each for a second of motion."""

    across: float = 0.02
    """Metres; the correction at right angles to the ray."""
    along: float = 0.4
    """Metres; the correction along the ray, which is larger because one picture shows depth poorly."""
    across_speed: float = 0.3
    """Metres a second; the change of the correction at right angles to the ray."""
    along_speed: float = 0.5
    """Metres a second; the change of the correction along the ray."""
    foot_speed: float = 0.1
    """Metres a second; the speed of a standing ankle."""


SPREAD = Spread()


def place_root(pose: Floats, rays: Floats, score: Floats, rate: float) -> Floats:
    """The root's path for which the projected pose falls on the 2D points, in least squares.

    Each point gives two equations linear in the root (x, y, z): X + x = u (Z + z), Y + y = v (Z + z).
    Depth is solved first and smoothed, then x and y are solved for that depth.

    Args:
        pose: (T, 17, 3) root-relative metres, camera axes.
        rays: (T, 17, 2) u, v on the plane z = 1.
        score: (T, 17) weights.

    Returns:
        (T, 3) metres, camera axes.
    """
    weight = (score**2 + 1e-6)[..., None]
    total = weight.sum(1)
    # x and y follow from the weighted means, so that one unknown is left: the depth.
    mean_ray = (weight * rays).sum(1) / total  # (T, 2)
    offset = rays * pose[..., 2:] - pose[..., :2]  # (T, 17, 2)
    mean_offset = (weight * offset).sum(1) / total
    spread = rays - mean_ray[:, None]
    slope = (weight * spread**2).sum((1, 2))
    depth = -(weight * spread * (offset - mean_offset[:, None])).sum((1, 2)) / np.maximum(slope, 1e-12)
    nearest = 0.3 - pose[..., 2].min(1)
    seen = (score > 0).sum(1) >= 3
    log_depth = _bridge(np.log(np.maximum(depth, nearest)), seen)
    log_depth = median_smooth(log_depth, round(rate * DEPTH_SECONDS))
    depth = np.maximum(np.exp(gaussian_smooth(log_depth, rate * DEPTH_SECONDS)), nearest)
    across = mean_ray * depth[:, None] + mean_offset
    x, y = (_bridge(values, seen) for values in across.T)
    return np.stack([x, y, depth], axis=-1)


def _bridge(values: Floats, good: Bools) -> Floats:
    """(T,) values; those that are not good are interpolated from the good ones, if there are any."""
    if good.all() or not good.any():
        return values
    at = np.arange(len(values))
    return np.interp(at, at[good], values[good])


def pin_standing_feet(
    root: Floats,
    pose: Floats,
    rays: Floats,
    score: Floats,
    depth: Floats,
    rate: float,
    eye: Floats | None = None,
    spread: Spread = SPREAD,
) -> Floats:
    """Correct a root's path so that ankles which stand still in the picture stand still in 3D too.

    The correction d (T, 3) minimises the sum of squares of itself, of its changes, and of the speeds of those ankles,
    each divided by its spread. The weights of the ankles are updated a few times. While a camera is carried along and
    its path `eye` is not known, no ankle stands still in the picture, and the path stays as it is.

    Args:
        root: (T, 3) metres, in axes that do not turn with the camera.
        pose: (T, 17, 3) root-relative metres.
        rays: (T, 17, 3) points of the camera's plane z = 1.
        score: (T, 17) in 0..1.
        depth: (T,) metres, the root's depth.
        rate: frames per second.
        eye: (T, 3) metres, where the camera is; None for the origin.
    """
    if len(root) < 2:
        return root
    eye = np.zeros_like(root) if eye is None else eye
    velocity = rate * np.diff(root[:, None] + pose[:, ANKLES], axis=0)  # (T-1, 2, 3) metres a second
    stands = _stands(rays[:, ANKLES], score[:, ANKLES], depth, rate, eye)
    ray = unit(root - eye)
    along = ray[:, :, None] * ray[:, None]
    across = np.eye(3) - along
    stay = (across / spread.across**2 + along / spread.along**2) / rate
    speed = across / spread.across_speed**2 + along / spread.along_speed**2
    speed = rate * (speed[1:] + speed[:-1]) / 2
    correction = np.zeros_like(root)
    for _ in range(ROUNDS):
        sliding = np.linalg.norm(velocity + rate * np.diff(correction, axis=0)[:, None], axis=-1)
        weight = stands / (1 + (sliding / SLIDING_SPEED) ** 2) / spread.foot_speed**2  # (T-1, 2)
        link = speed + rate * weight.sum(1)[:, None, None] * np.eye(3)
        pull = (weight[..., None] * velocity).sum(1)
        diagonal, wanted = stay.copy(), np.zeros_like(root)
        diagonal[:-1] += link
        diagonal[1:] += link
        wanted[:-1] += pull
        wanted[1:] -= pull
        correction = chain_solve(diagonal, -link, wanted)
    return root + correction


def _stands(rays: Floats, score: Floats, depth: Floats, rate: float, eye: Floats) -> Floats:
    """(T-1, 2) confidence that each ankle stands between two frames, from rays (T, 2, 3) and scores (T, 2)."""
    smooth = gaussian_smooth(rays, rate * STANDING_FILTER_SECONDS)
    moved = np.diff(gaussian_smooth(eye, rate * STANDING_FILTER_SECONDS), axis=0)[:, None]
    ray = unit(smooth[1:])
    # What stands in front of a camera that moves seems to move the other way, but not along its ray.
    moved = moved - ray * (moved * ray).sum(-1, keepdims=True)
    across = np.diff(smooth, axis=0) * ((depth[1:] + depth[:-1]) / 2)[:, None, None] + moved
    slow = np.exp(-((rate * np.linalg.norm(across, axis=-1) / STANDING_SPEED) ** 2))
    return opening(slow * np.minimum(score[1:], score[:-1]), round(rate * STANDING_SECONDS))


def chain_solve(diagonal: Floats, link: Floats, wanted: Floats) -> Floats:
    """The solution x (T, N) of a symmetric block-tridiagonal system (Thomas' algorithm).

    Args:
        diagonal: (T, N, N).
        link: (T-1, N, N) symmetric blocks between t and t+1.
        wanted: (T, N).
    """
    diagonal, found = diagonal.copy(), wanted.copy()
    for t in range(1, len(diagonal)):
        carry = np.linalg.solve(diagonal[t - 1], link[t - 1]).T
        diagonal[t] -= carry @ link[t - 1]
        found[t] -= carry @ found[t - 1]
    found[-1] = np.linalg.solve(diagonal[-1], found[-1])
    for t in range(len(diagonal) - 2, -1, -1):
        found[t] = np.linalg.solve(diagonal[t], found[t] - link[t] @ found[t + 1])
    return found
