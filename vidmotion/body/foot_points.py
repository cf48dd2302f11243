"""The direction of the feet from the heels and toes in the picture.

A line of known length between heel and toe has two possible directions, towards the camera and away from it. The one
closer to the initial direction of the foot is used. Numpy only.
"""

from __future__ import annotations

import numpy as np

from vidmotion.body.feet import LIFTED_ANKLES
from vidmotion.geometry.filters import gaussian_smooth
from vidmotion.geometry.vectors import unit
from vidmotion.skeletons import foot_points
from vidmotion.types import Camera, Floats, Keypoints2D

LENGTH = 0.112
"""Distance from the point at the heel to that at the toe, as a share of the body height. Median of BlazePose on
rendered feet that are seen from the side."""
PITCH = np.radians(11.9)
"""Angle of that line below a flat sole, on the same feet: the point at the heel is higher than that at the toe."""
LENGTH_WEIGHT = 0.6
"""Weight of the length in the picture, against that of the initial direction, for the angle to the picture plane."""
KEYPOINT_WEIGHT = 0.85
"""Weight of points with score 1, against the initial direction."""
FILTER_SECONDS = 0.07
"""Width of the filter over the direction."""


def rotate_feet_to_keypoints(
    feet: Floats, joints: Floats, keypoints: Keypoints2D, camera: Camera, body_height: float, rate: float
) -> Floats:
    """World rotations (T, 2, 3, 3) of the feet, left first, rotated towards heels and toes by the scores of these.

    Args:
        feet: (T, 2, 3, 3) initial world rotations; z points to the toes, y up from the sole.
        joints: (T, 17, 3) metres, in the world.
        keypoints: of the same frames; if their skeleton has no heels and toes, `feet` is returned.
        camera: in that world, for the same frames.
        body_height: metres.
        rate: frames per second.
    """
    points = foot_points(keypoints.skeleton)
    if points is None:
        return feet
    heels, toes = (list(part) for part in points)
    rays = camera.to_rays(keypoints.xy.astype(np.float64))
    ankles = camera.to_camera_axes(joints[:, LIFTED_ANKLES])  # (T, 2, 3)
    depth = np.maximum(ankles[..., 2:], 0.1)
    across = (rays[:, toes] - rays[:, heels]) * depth / (LENGTH * body_height)  # (T, 2, 2), length at most 1
    initial = camera.turn_to_camera_axes(np.cos(PITCH) * feet[..., 2] - np.sin(PITCH) * feet[..., 1])
    seen = _unprojected(across, initial, ankles[..., :2] / depth)
    weight = KEYPOINT_WEIGHT * (np.minimum(keypoints.score[:, heels], keypoints.score[:, toes]) ** 2)[..., None]
    line = unit(weight * seen + (1 - weight) * initial)
    line = camera.turn_to_world(unit(gaussian_smooth(line, rate * FILTER_SECONDS)))
    pitched = _frames(line, feet[..., 0])
    return _frames(unit(np.cos(PITCH) * line + np.sin(PITCH) * pitched[..., 1]), feet[..., 0])


def _unprojected(across: Floats, initial: Floats, view: Floats) -> Floats:
    """Unit vectors (T, 2, 3) in camera axes whose projection is `across` and which are closest to the initial ones.

    Args:
        across: (T, 2, 2) projection of the vectors.
        initial: (T, 2, 3).
        view: (T, 2, 2) rays to their positions: a point that comes closer also moves away from the picture's center.
    """
    length = np.linalg.norm(across, axis=-1, keepdims=True)
    before = np.linalg.norm(initial[..., :2], axis=-1, keepdims=True)
    wanted = LENGTH_WEIGHT * np.minimum(length, 1) + (1 - LENGTH_WEIGHT) * before
    across = across / np.maximum(length, 1e-6) * wanted
    # |across + view z|^2 + z^2 = 1
    a, b = 1 + (view**2).sum(-1, keepdims=True), (across * view).sum(-1, keepdims=True)
    root = np.sqrt(np.maximum(b**2 - a * (wanted**2 - 1), 0))
    one, other = (unit(np.concatenate([across + view * z, z], -1)) for z in ((root - b) / a, (-root - b) / a))
    return np.where(((one - other) * initial).sum(-1, keepdims=True) >= 0, one, other)


def _frames(forward: Floats, across: Floats) -> Floats:
    """Rotations (..., 3, 3) whose z points forward and whose x is closest to `across`."""
    x = unit(across - (across * forward).sum(-1, keepdims=True) * forward)
    return np.stack([x, np.cross(forward, x), forward], -1)
