"""Inverse kinematics: joint rotations that bring a body's points to targets, for all frames at once.

Levenberg-Marquardt with exact derivatives, each frame with its own damping. Rotations change by a small turn in
the joint's own frame: R <- R exp(d), so that a point p below joint j moves by (W d) x (p - x) for the world
rotation W and the place x of j. Residuals: points, distance to a first guess, and what leaves the bounds of
`limits.py`, each divided by its spread. Numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vidmotion.body.joints import HEAD, WEIGHTS, offsets, to_h36m
from vidmotion.body.kinematics import forward
from vidmotion.body.limits import BOUNDS, beyond
from vidmotion.body.model import BODY_JOINTS, SMPL_PARENTS
from vidmotion.geometry.rotations import axis_angle_to_matrix, cross_matrix, matrix_to_axis_angle
from vidmotion.types import Bools, Floats

PARENTS = SMPL_PARENTS[:BODY_JOINTS]
MOVING = (0, 1, 2, 3, 4, 5, 6, 9, 12, 13, 14, 15, 16, 17, 18, 19)
"""SMPL joints below which a point lies that says how they turn."""
POINT_SPREAD = 0.01
"""Metres."""
GUESS_SPREAD = np.array([1.5, 1, 1, 0.4, 1, 1, 0.4, 0.4, 0.6, 0.25, 0.25, 0.6, 1, 1, 1, 1])
"""Radians, of the turn away from the first guess of each moving joint."""
LIMIT_SPREAD = 0.015
"""Radians beyond a bound."""
STEPS = 8
CHUNK = 64
"""Frames solved at a time: their derivatives take 1 MB, which stays in the cache."""


@dataclass(frozen=True, eq=False)
class Skeleton22:
    """The joints of a shaped body at rest."""

    rest: Floats
    """(22, 3) metres."""
    height: float
    """Stature in metres."""


@dataclass(frozen=True, eq=False)
class Posture:
    """Local rotations and translations of T frames."""

    rotations: Floats
    """(T, 22, 3, 3)."""
    translation: Floats
    """(T, 3) metres."""

    def take(self, rows: slice) -> Posture:
        """Some of the frames."""
        return Posture(self.rotations[rows], self.translation[rows])


def points_of(body: Skeleton22, posture: Posture) -> Floats:
    """(T, 17, 3) Human3.6M joints in metres."""
    world, places = forward(posture.rotations, body.rest, PARENTS, posture.translation)
    return to_h36m(places, world[:, HEAD], body.height)


def solve(body: Skeleton22, targets: Floats, weights: Floats, guess: Posture) -> Posture:
    """The posture whose points lie on the targets, near the guess and within the limits of human joints.

    Args:
        targets: (T, 17, 3) metres.
        weights: (T, 17) of the targets, 0..1.
        guess: where to begin, and where to stay as far as the targets leave it open.
    """
    parts = [
        _solve(body, targets[rows], np.sqrt(weights[rows]), guess.take(rows))
        for rows in (slice(first, first + CHUNK) for first in range(0, len(targets), CHUNK))
    ]
    return Posture(np.concatenate([p.rotations for p in parts]), np.concatenate([p.translation for p in parts]))


def _solve(body: Skeleton22, targets: Floats, weights: Floats, guess: Posture) -> Posture:
    now, damping = guess, np.full(len(targets), 1e-2)
    cost, normal, slope = _linearise(body, targets, weights, guess, now)
    for _ in range(STEPS):
        lead = normal + damping[:, None, None] * (np.eye(normal.shape[1]) * np.diagonal(normal, 0, 1, 2)[:, None])
        step = -np.linalg.solve(lead, slope[..., None])[..., 0]
        trial = _moved(now, step)
        trial_cost, trial_normal, trial_slope = _linearise(body, targets, weights, guess, trial)
        better = trial_cost < cost
        now = Posture(
            _chosen(better, trial.rotations, now.rotations), _chosen(better, trial.translation, now.translation)
        )
        cost, normal = _chosen(better, trial_cost, cost), _chosen(better, trial_normal, normal)
        slope = _chosen(better, trial_slope, slope)
        damping = np.where(better, damping / 4, damping * 8).clip(1e-6, 1e6)
    return now


def _chosen(better: Bools, new: Floats, old: Floats) -> Floats:
    return np.where(better.reshape(-1, *[1] * (new.ndim - 1)), new, old)


def _moved(posture: Posture, step: Floats) -> Posture:
    """Turned and moved by (T, 3 * M + 3): M moving joints, then the translation."""
    turns = axis_angle_to_matrix(step[:, :-3].reshape(len(step), -1, 3))
    rotations = posture.rotations.copy()
    rotations[:, MOVING] = rotations[:, MOVING] @ turns
    return replace(posture, rotations=rotations, translation=posture.translation + step[:, -3:])


def _linearise(
    body: Skeleton22, targets: Floats, weights: Floats, guess: Posture, now: Posture
) -> tuple[Floats, Floats, Floats]:
    """Cost (T,), normal matrix (T, N, N) and gradient (T, N) of the squared residuals; N = 3 * M + 3."""
    frames, moving = len(targets), len(MOVING)
    world, places = forward(now.rotations, body.rest, PARENTS, now.translation)
    points = to_h36m(places, world[:, HEAD], body.height)
    scale = (weights / POINT_SPREAD)[..., None]
    miss = (scale * (points - targets)).reshape(frames, -1)
    slope = _point_slopes(body, world, places) * scale[..., None]
    slope = slope.reshape(frames, -1, 3 * moving + 3)

    local = now.rotations[:, MOVING]
    away = matrix_to_axis_angle(guess.rotations[:, MOVING].swapaxes(-1, -2) @ local) / GUESS_SPREAD[:, None]
    turned = matrix_to_axis_angle(local)
    over = beyond(turned, BOUNDS[list(MOVING)]) / LIMIT_SPREAD
    bend = _log_slopes(turned) * ((over != 0) / LIMIT_SPREAD)[..., None]  # (T, M, 3, 3)

    cost = (miss**2).sum(-1) + (away**2).sum((1, 2)) + (over**2).sum((1, 2))
    normal = slope.swapaxes(1, 2) @ slope
    gradient = (slope.swapaxes(1, 2) @ miss[..., None])[..., 0]
    # Near the guess a small turn changes the distance to it by itself.
    own = np.eye(3) / (GUESS_SPREAD**2)[:, None, None] + bend.swapaxes(-1, -2) @ bend
    pull = away / GUESS_SPREAD[:, None] + (bend.swapaxes(-1, -2) @ over[..., None])[..., 0]
    for index in range(moving):
        part = slice(3 * index, 3 * index + 3)
        normal[:, part, part] += own[:, index]
    gradient[:, : 3 * moving] += pull.reshape(frames, -1)
    normal[:, -3:, -3:] += np.eye(3) * 1e-9
    return cost, normal, gradient


def _below() -> Floats:
    """(22, 22) 1 where the second joint hangs below the first."""
    below = np.zeros((BODY_JOINTS, BODY_JOINTS))
    for joint in range(BODY_JOINTS):
        parent = PARENTS[joint]
        while parent >= 0:
            below[parent, joint] = 1
            parent = PARENTS[parent]
    return below


_BELOW = _below()
_MIX = WEIGHTS * _BELOW[list(MOVING), None]
"""(M, 17, 22) share of each joint in each point, as far as it hangs below each moving joint."""
_CARRIES_HEAD = _BELOW[list(MOVING), HEAD] + (np.array(MOVING) == HEAD)


def _point_slopes(body: Skeleton22, world: Floats, places: Floats) -> Floats:
    """(T, 17, 3, 3 * M + 3) derivatives of the points by the turns of the moving joints and the translation."""
    lever = _MIX @ places[:, None] - _MIX.sum(-1)[..., None] * places[:, MOVING][:, :, None]  # (T, M, 17, 3)
    head = offsets(body.height) @ world[:, HEAD].swapaxes(-1, -2)  # (T, 17, 3)
    lever += _CARRIES_HEAD[:, None, None] * head[:, None]
    turns = -cross_matrix(lever) @ world[:, MOVING][:, :, None]  # (T, M, 17, 3, 3)
    frames, moving = lever.shape[:2]
    out = np.empty((frames, 17, 3, 3 * moving + 3))
    out[..., :-3] = turns.transpose(0, 2, 3, 1, 4).reshape(frames, 17, 3, 3 * moving)
    out[..., -3:] = np.eye(3)
    return out


def _log_slopes(axis_angle: Floats) -> Floats:
    """(..., 3, 3) derivative of the axis-angle of R exp(d) by d at 0: the inverse of SO(3)'s right Jacobian."""
    angle = np.linalg.norm(axis_angle, axis=-1)[..., None, None]
    cross = cross_matrix(axis_angle)
    safe = np.maximum(angle, 1e-4)
    rest = (1 - safe / 2 / np.tan(safe / 2)) / safe**2
    return np.eye(3) + cross / 2 + rest * (cross @ cross)
