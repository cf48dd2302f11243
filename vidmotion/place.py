"""From a lifted pose to metres on a floor: scale, constant bones, place before the camera, level ground.

The network gives root-relative poses up to the distance from the camera. Here the stature sets the scale,
a pinhole camera and the 2D points give the path of the root, and the feet and the upright body say where
the floor is. Numpy only. Camera axes: x right, y down, z forward. World: right-handed, Y up, X to the
picture's right, Z towards the camera, the floor at y = 0. Lengths in metres, H36M17 joints.
"""

from __future__ import annotations

import numpy as np

from vidmotion.geometry import gaussian_smooth, median_smooth, unit
from vidmotion.skeletons import H36M17, STATURE_CHAIN
from vidmotion.types import Bools, Camera, Floats

ANKLE_HEIGHT = 0.039
"""Of the stature, floor to ankle (Drillis and Contini 1966)."""
ANKLES = (3, 6)
SIZE_SECONDS = 0.5
DEPTH_SECONDS = 0.2
"""Widths of the filters of the apparent size and of the root's depth."""
CAMERA_UP = np.array([0.0, -1.0, 0.0])
BODY_TRUST = 4.0
"""How much an upright body says of where up is, against the camera's own up."""
MOST_TILT = float(np.cos(np.radians(40)))
"""Bodies that lie further from the camera's up do not count as upright."""


def even_size(pose: Floats, rate: float) -> Floats:
    """Take out the apparent size, which changes with the distance: the stature chain gets length 1.

    Args:
        pose: (T, 17, 3) root-relative, an unbroken run.
        rate: frames per second.
    """
    chain = H36M17.bone_lengths(pose)[:, STATURE_CHAIN].sum(-1)
    size = gaussian_smooth(median_smooth(chain, round(rate * SIZE_SECONDS)), rate * SIZE_SECONDS / 2)
    return pose / np.maximum(size, 1e-9)[:, None, None]


def to_metres(pose: Floats, stature: float) -> Floats:
    """Scale a person's evenly sized poses to a stature and make the bone lengths constant.

    Returns:
        (T, 17, 3) metres, root-relative: left and right alike, the root midway between the hips.
    """
    lengths = np.median(H36M17.bone_lengths(pose), axis=0)
    lengths = (lengths + lengths[list(H36M17.mirror)]) / 2
    lengths *= stature * (1 - ANKLE_HEIGHT) / lengths[list(STATURE_CHAIN)].sum()
    return with_bone_lengths(pose, lengths)


def with_bone_lengths(joints: Floats, lengths: Floats) -> Floats:
    """The same bone directions with other lengths; the hips lie opposite each other about the root.

    Args:
        joints: (T, 17, 3).
        lengths: (17,) of the bone that ends in each joint.
    """
    out = np.empty_like(joints)
    out[:, 0] = joints[:, 0]
    across = unit(joints[:, 4] - joints[:, 1])
    directions = {1: -across, 4: across}
    for parent, child in H36M17.bones:
        along = directions.get(child)
        if along is None:
            along = unit(joints[:, child] - joints[:, parent])
        out[:, child] = out[:, parent] + lengths[child] * along
    return out


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


def level(people: list[Floats], times: list[Floats]) -> Floats:
    """The rotation from camera axes to a level world, from standing feet and upright bodies.

    The first guess is the mean of the camera's own up and the bodies' long axes where they stand straight;
    a plane through the feet on the ground corrects it as far as the feet are spread out.

    Args:
        people: camera-space joints (T, 17, 3) of each person.
        times: (T,) seconds of each person's frames.

    Returns:
        (3, 3) camera to world.
    """
    guess = unit(CAMERA_UP + BODY_TRUST * _upright(people))
    feet = [_standing_feet(joints, at) for joints, at in zip(people, times, strict=True)]
    up = _plane_normal(feet, guess)
    toward = unit(np.array([0.0, 0.0, -1.0]) - up * -up[2])
    return np.stack([np.cross(up, toward), up, toward])


def _upright(people: list[Floats]) -> Floats:
    """Mean long axis of bodies that stand straight, (3,), of length 0 (nobody does) to 1.

    A straight body far from the camera's up lies, or stands on its hands: it says nothing of where up is.
    """
    axes, stands = [], []
    for joints in people:
        axis = joints[:, 8] - joints[:, ANKLES].mean(1)
        reach = H36M17.bone_lengths(joints)[:, (2, 3, 7, 8)].sum(-1)
        straight = np.linalg.norm(axis, axis=-1) > 0.88 * reach
        stands.append(straight & (unit(axis) @ CAMERA_UP > MOST_TILT))
        axes.append(unit(axis))
    chosen = np.concatenate(axes)[np.concatenate(stands)]
    total = sum(len(joints) for joints in people)
    return chosen.sum(0) / max(total, 1)


def _standing_feet(joints: Floats, times: Floats) -> Floats:
    """(N, 3) places of ankles that rest and are the lower ones, in camera axes."""
    ankles = joints[:, ANKLES]
    if len(joints) < 3:
        return ankles.reshape(-1, 3)
    speed = np.linalg.norm(np.gradient(ankles, times, axis=0), axis=-1)
    lower = ankles[..., 1] >= ankles[:, ::-1, 1] - 0.05
    return ankles[(speed < 0.5) & lower]


def _plane_normal(feet: list[Floats], guess: Floats, trust: float = 0.5, limit: float = 20.0) -> Floats:
    """Upward normal (3,) of parallel planes through each person's feet, held to the guess.

    Args:
        trust: metres; how wide the feet must be spread to weigh as much as the guess.
        limit: degrees that the normal may lie away from the guess.
    """
    centered = [points - points.mean(0) for points in feet if len(points) > 5]
    if not centered:
        return guess
    points = np.concatenate(centered)
    side = unit(np.cross(guess, [0.0, 0.0, 1.0]))
    basis = np.stack([side, np.cross(guess, side)])  # (2, 3), along the floor
    flat, high = points @ basis.T, points @ guess
    weight = np.ones(len(points))
    tilt = np.zeros(2)
    for _ in range(5):
        normal = (flat * weight[:, None]).T @ flat + len(points) * trust**2 * np.eye(2)
        tilt = -np.linalg.solve(normal, (flat * weight[:, None]).T @ high)
        weight = 1 / np.maximum(np.abs(high + flat @ tilt) / 0.05, 1)
    most = np.tan(np.radians(limit))
    tilt *= min(1.0, most / max(float(np.linalg.norm(tilt)), 1e-9))
    return unit(guess + tilt @ basis)


def floor_height(joints: Floats, stature: float, times: Floats) -> float:
    """Height of the floor under one person in a level world, from the feet that rest on it.

    Args:
        joints: (T, 17, 3) metres, Y up.
        times: (T,) seconds.
    """
    down = joints * np.array([1.0, -1.0, 1.0])  # resting feet are found in camera axes
    rest = _standing_feet(down, times)
    heights = -rest[:, 1] if len(rest) > 5 else np.sort(joints[:, ANKLES, 1].min(1))[: 1 + len(joints) // 3]
    return float(np.median(heights)) - ANKLE_HEIGHT * stature


def world_camera(to_world: Floats, origin: Floats, focal: float, center: tuple[float, float]) -> Camera:
    """The camera of a world whose origin lies at `origin` (3,) of the levelled camera axes."""
    return Camera(focal, center, to_world.T, to_world.T @ origin)
