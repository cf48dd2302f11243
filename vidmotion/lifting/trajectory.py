"""The path of the root before the camera: what lays the pose on the 2D points and lets standing feet stand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vidmotion.geometry.filters import gaussian_smooth, lasting, median_smooth
from vidmotion.geometry.vectors import unit
from vidmotion.types import Bools, Floats

ANKLES = (3, 6)
DEPTH_SECONDS = 0.2
"""Width of the filter of the root's depth."""

STANDS = 0.3
"""Metres a second in the picture, below which an ankle likely stands."""
STANDS_SECONDS = 0.05
"""Width of the filter under which that speed is taken."""
LASTS = 0.4
"""Seconds that a foot stands at least: one that turns about before a camera which moves is still for less."""
SLIDES = 0.5
"""Metres a second beyond which an ankle, as placed, is no more taken to stand."""
ROUNDS = 4
"""Of weighing anew which ankles stand."""


@dataclass(frozen=True)
class Spread:
    """Spreads of what the correction of a path is judged by, a second long."""

    across: float = 0.02
    """Metres away from the path, at right angles to the ray."""
    along: float = 0.4
    """Metres along the ray: one picture tells depth badly."""
    across_speed: float = 0.3
    """Metres a second by which it changes; likewise along the ray."""
    along_speed: float = 0.5
    foot_speed: float = 0.1
    """Metres a second of an ankle that stands."""


SPREAD = Spread()


def place_root(pose: Floats, rays: Floats, score: Floats, rate: float) -> Floats:
    """The root's path that lays the projected pose on the 2D points, in least squares.

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
    # Without x and y, which are the weighted means, one unknown is left: the depth.
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
    """(T,) values with those that are not good interpolated from those that are, if any."""
    if good.all() or not good.any():
        return values
    at = np.arange(len(values))
    return np.interp(at, at[good], values[good])


def hold_feet(root: Floats, pose: Floats, rays: Floats, score: Floats, rate: float, spread: Spread = SPREAD) -> Floats:
    """A root's path, corrected so that ankles which stand still in the picture stand still.

    The correction d (T, 3) is least in the sum of its own squares, of its changes, and of the speeds of those ankles,
    each over its spread; which ankles stand is weighed anew a few times. Before a camera that moves no ankle seems to
    stand, and the path stays as it is.

    Args:
        root: (T, 3) metres, camera axes.
        pose: (T, 17, 3) root-relative metres.
        rays: (T, 17, 2) points of the plane z = 1.
        score: (T, 17) of the points, 0..1.
        rate: frames per second.
    """
    if len(root) < 2:
        return root
    moves = rate * np.diff(root[:, None] + pose[:, ANKLES], axis=0)  # (T-1, 2, 3) metres a second
    stands = _stands(rays[:, ANKLES], score[:, ANKLES], root[:, 2], rate)
    ray = unit(root)
    along = ray[:, :, None] * ray[:, None]
    across = np.eye(3) - along
    stay = (across / spread.across**2 + along / spread.along**2) / rate
    speed = across / spread.across_speed**2 + along / spread.along_speed**2
    speed = rate * (speed[1:] + speed[:-1]) / 2
    correction = np.zeros_like(root)
    for _ in range(ROUNDS):
        slides = np.linalg.norm(moves + rate * np.diff(correction, axis=0)[:, None], axis=-1)
        weight = stands / (1 + (slides / SLIDES) ** 2) / spread.foot_speed**2  # (T-1, 2)
        link = speed + rate * weight.sum(1)[:, None, None] * np.eye(3)
        pull = (weight[..., None] * moves).sum(1)
        diagonal, wanted = stay.copy(), np.zeros_like(root)
        diagonal[:-1] += link
        diagonal[1:] += link
        wanted[:-1] += pull
        wanted[1:] -= pull
        correction = chain_solve(diagonal, -link, wanted)
    return root + correction


def _stands(rays: Floats, score: Floats, depth: Floats, rate: float) -> Floats:
    """(T-1, 2) how surely two ankles stand between frames, of their rays (T, 2, 2) and scores (T, 2)."""
    smooth = gaussian_smooth(rays, rate * STANDS_SECONDS)
    speed = rate * np.linalg.norm(np.diff(smooth, axis=0), axis=-1) * ((depth[1:] + depth[:-1]) / 2)[:, None]
    return lasting(np.exp(-((speed / STANDS) ** 2)) * np.minimum(score[1:], score[:-1]), round(rate * LASTS))


def chain_solve(diagonal: Floats, link: Floats, wanted: Floats) -> Floats:
    """x (T, N) of a symmetric block-tridiagonal system (Thomas' algorithm).

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
