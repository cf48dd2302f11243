"""Finds the vertical direction and the height of the floor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vidmotion.geometry.vectors import speed, unit
from vidmotion.lifting.trajectory import ANKLES
from vidmotion.skeletons import H36M17, RESTING_HEIGHTS
from vidmotion.types import Camera, Floats

CAMERA_UP = np.array([0.0, -1.0, 0.0])
"""In camera axes."""
BODY_TRUST = 4.0
"""Weight of the axis of upright bodies, against the camera's own up direction, in the estimate of the vertical."""
RESTING_SPEED = 0.5
"""Metres a second; a slower joint may rest on the floor."""
LOWEST_SHARE, LEVEL = 0.1, 0.1
"""A level on which a person rests for this share of the time counts if it is lower than most by so many metres."""
BASE_SHARE = 0.25
"""Share of all people's frames that the floor of a scene, or a lower one, must hold."""
STEP_HEIGHT, SIZE_DOUBT, TILT_DOUBT = 0.3, 0.15, 2.0
"""What people's floors may differ by without being different: metres, a share of the camera's height (statures are
assumed), and degrees of tilt, which count by the distance."""
MOST_TILT = float(np.cos(np.radians(40)))
"""Cosine of the largest angle between the camera's up direction and a body that counts as upright."""


def level(people: list[Floats], times: list[Floats], camera_up: Floats = CAMERA_UP) -> Floats:
    """The rotation from the camera's axes to a level world, from standing feet and upright bodies.

    The first estimate is the mean of the camera's own up direction and of the bodies' long axes in frames where they
    stand straight. A plane through the feet on the ground corrects it, the more the wider the feet are spread out.

    Args:
        people: joints (T, 17, 3) of each person, in axes that do not turn with the camera.
        times: (T,) seconds of each person's frames.
        camera_up: (3,) the camera's own up direction, of length 1, in these axes.

    Returns:
        (3, 3) from these axes to the world.
    """
    guess = unit(camera_up + BODY_TRUST * _upright(people, camera_up))
    feet = [_standing_feet(joints, at) for joints, at in zip(people, times, strict=True)]
    return world_axes(_plane_normal(feet, guess))


def world_axes(up: Floats) -> Floats:
    """The rotation (3, 3) from camera axes to a world whose Y is `up` (3,), of length 1, in camera axes."""
    toward = unit(np.array([0.0, 0.0, -1.0]) - up * -up[2])
    return np.stack([np.cross(up, toward), up, toward])


def _upright(people: list[Floats], camera_up: Floats) -> Floats:
    """Mean long axis of bodies that stand straight, (3,), of length 0 (no frame has one) to 1.

    A straight body at a large angle to the camera's up direction lies down or does a handstand. It does not count.
    """
    axes, stands = [], []
    for joints in people:
        axis = joints[:, 8] - joints[:, ANKLES].mean(1)
        reach = H36M17.bone_lengths(joints)[:, (2, 3, 7, 8)].sum(-1)
        straight = np.linalg.norm(axis, axis=-1) > 0.88 * reach
        stands.append(straight & (unit(axis) @ camera_up > MOST_TILT))
        axes.append(unit(axis))
    chosen = np.concatenate(axes)[np.concatenate(stands)]
    total = sum(len(joints) for joints in people)
    return chosen.sum(0) / max(total, 1)


def _standing_feet(joints: Floats, times: Floats) -> Floats:
    """(N, 3) positions of ankles that are at rest and are the lower of the two, in camera axes."""
    ankles = joints[:, ANKLES]
    if len(joints) < 3:
        return ankles.reshape(-1, 3)
    lower = ankles[..., 1] >= ankles[:, ::-1, 1] - 0.05
    return ankles[(speed(ankles, times) < RESTING_SPEED) & lower]


def _plane_normal(feet: list[Floats], guess: Floats, trust: float = 0.5, limit: float = 20.0) -> Floats:
    """Upward normal (3,) of parallel planes through each person's feet, pulled towards the first estimate.

    Args:
        guess: (3,) the first estimate, of length 1.
        trust: metres; how wide the feet must be spread to have the same weight as the first estimate.
        limit: degrees; the largest angle between the normal and the first estimate.
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


def floor_height(joints: Floats, height: float, times: Floats) -> float:
    """Height of the floor under one person in a level world: below whatever part of the body rests on it.

    Where a person rests on several levels, such as a box and the ground, it is the lowest one.

    Args:
        joints: (T, 17, 3) metres, Y up.
        height: of the person, in metres.
        times: (T,) seconds.
    """
    below = joints[..., 1] - height * np.array(RESTING_HEIGHTS)
    lowest = below.argmin(1)
    found = below[np.arange(len(below)), lowest]
    resting = speed(joints, times)[np.arange(len(below)), lowest] < RESTING_SPEED
    held = found[resting] if resting.sum() > 5 else np.sort(found)[: 1 + len(found) // 3]
    return float(min(np.median(held), np.quantile(held, LOWEST_SHARE) + LEVEL))


def shared_floor(floors: Sequence[float], frames: Sequence[int], distances: Sequence[float]) -> list[float]:
    """Height of the floor that each of P people is set on: the own one, or that of all for those who stand higher.

    Heights and distances follow from assumed statures and an estimated vertical. People whose floors differ by no more
    than that explains stand on one floor, each on the own feet. Those who are clearly higher keep their height.

    Args:
        floors: of each person, metres in a level world whose origin is the camera.
        frames: number of frames of each person.
        distances: of each person from the camera, metres.
    """
    heights = np.array(floors)
    order = np.argsort(heights)
    share = np.cumsum(np.array(frames)[order]) / sum(frames)
    base = float(heights[order[np.searchsorted(share, BASE_SHARE)]])
    doubt = STEP_HEIGHT + SIZE_DOUBT * np.abs(heights) + np.sin(np.radians(TILT_DOUBT)) * np.array(distances)
    return np.where(heights - base > doubt, base, heights).tolist()


def world_camera(to_world: Floats, origin: Floats, camera: Camera) -> Camera:
    """A camera of its shot's axes, in a world whose origin is `origin` (3,) in the levelled axes."""
    rotation = camera.rotation @ to_world.T
    return replace(camera, rotation=rotation, translation=camera.translation + rotation @ origin)
