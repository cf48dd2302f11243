"""Which way feet point, as heels and toes say in the picture.

A line from heel to toe of known length lies at two depths before the camera; the one nearer to where the foot was
thought to point is taken. Numpy only.
"""

from __future__ import annotations

import numpy as np

from vidmotion.body.feet import LIFTED_ANKLES
from vidmotion.geometry.filters import gaussian_smooth
from vidmotion.geometry.vectors import unit
from vidmotion.skeletons import foot_points
from vidmotion.types import Camera, Floats, Keypoints2D

LENGTH = 0.112
"""Of the stature, from the heel's point to the toe's: BlazePose's median on rendered feet seen from the side."""
PITCH = np.radians(11.9)
"""By which that line points below a flat sole, on the same feet: the heel's point lies above the toe's."""
SEEN_LENGTH = 0.6
"""How much the length in the picture counts for how far the line is turned away, against the first guess."""
TRUST = 0.85
"""How much sure points say of where a foot points, against the first guess."""
SECONDS = 0.07
"""Width of the filter of the direction."""


def turned_by_points(
    feet: Floats, joints: Floats, keypoints: Keypoints2D, camera: Camera, stature: float, rate: float
) -> Floats:
    """World rotations (T, 2, 3, 3) of feet, left first: `feet` turned to heels and toes as far as those are seen.

    Args:
        feet: (T, 2, 3, 3) world rotations that are thought of so far; z points to the toes, y up from the sole.
        joints: (T, 17, 3) metres, in the world.
        keypoints: of the same frames; where their skeleton has no heels and toes, `feet` come back.
        camera: in that world.
        stature: metres.
        rate: frames per second.
    """
    points = foot_points(keypoints.skeleton)
    if points is None:
        return feet
    heels, toes = (list(part) for part in points)
    rays = camera.to_rays(keypoints.xy.astype(np.float64))
    ankles = camera.to_camera_axes(joints[:, LIFTED_ANKLES])  # (T, 2, 3)
    depth = np.maximum(ankles[..., 2:], 0.1)
    across = (rays[:, toes] - rays[:, heels]) * depth / (LENGTH * stature)  # (T, 2, 2), at most 1 long
    guess = (np.cos(PITCH) * feet[..., 2] - np.sin(PITCH) * feet[..., 1]) @ camera.rotation.T
    seen = _turned_away(across, guess, ankles[..., :2] / depth)
    sure = TRUST * (np.minimum(keypoints.score[:, heels], keypoints.score[:, toes]) ** 2)[..., None]
    line = unit(sure * seen + (1 - sure) * guess)
    line = unit(gaussian_smooth(line, rate * SECONDS)) @ camera.rotation
    pitched = _frames(line, feet[..., 0])
    return _frames(unit(np.cos(PITCH) * line + np.sin(PITCH) * pitched[..., 1]), feet[..., 0])


def _turned_away(across: Floats, guess: Floats, view: Floats) -> Floats:
    """Unit vectors (T, 2, 3) in camera axes that look like `across` and lie nearest to a guess.

    Args:
        across: (T, 2, 2) what is seen of them.
        guess: (T, 2, 3).
        view: (T, 2, 2) rays of where they are: something that comes nearer also moves away from the picture's centre.
    """
    length = np.linalg.norm(across, axis=-1, keepdims=True)
    before = np.linalg.norm(guess[..., :2], axis=-1, keepdims=True)
    wanted = SEEN_LENGTH * np.minimum(length, 1) + (1 - SEEN_LENGTH) * before
    across = across / np.maximum(length, 1e-6) * wanted
    # |across + view z|^2 + z^2 = 1
    a, b = 1 + (view**2).sum(-1, keepdims=True), (across * view).sum(-1, keepdims=True)
    root = np.sqrt(np.maximum(b**2 - a * (wanted**2 - 1), 0))
    one, other = (unit(np.concatenate([across + view * z, z], -1)) for z in ((root - b) / a, (-root - b) / a))
    return np.where(((one - other) * guess).sum(-1, keepdims=True) >= 0, one, other)


def _frames(forward: Floats, across: Floats) -> Floats:
    """Rotations (..., 3, 3) whose z points forward and whose x lies nearest to `across`."""
    x = unit(across - (across * forward).sum(-1, keepdims=True) * forward)
    return np.stack([x, np.cross(forward, x), forward], -1)
