"""Inverse kinematics: joint rotations that bring a body's points to targets, for all frames at once.

Levenberg-Marquardt with exact derivatives; each frame has its own damping. Rotations are updated by a small rotation in
the frame of the joint, R <- R exp(d), so that a point p below joint j moves by (W d) x (p - x) for the world rotation W
and the position x of j. Residuals: the points, the distance to the initial rotations, and the excess over the
bounds of `limits.py`, each divided by its standard deviation. Numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vidmotion.body.joints import HEAD, WEIGHTS, offsets, to_h36m
from vidmotion.body.kinematics import forward_kinematics
from vidmotion.body.limits import BOUNDS, limit_excess
from vidmotion.body.model import BODY_JOINTS, SMPL_PARENTS
from vidmotion.geometry.rotations import axis_angle_to_matrix, cross_matrix, matrix_to_axis_angle
from vidmotion.types import Bools, Floats

PARENTS = SMPL_PARENTS[:BODY_JOINTS]
MOVING = (0, 1, 2, 3, 4, 5, 6, 9, 12, 13, 14, 15, 16, 17, 18, 19)
"""SMPL joints whose rotation moves at least one of the points."""
POINT_SPREAD = 0.01
"""Metres."""
INITIAL_SPREAD = np.array([1.5, 1, 1, 0.4, 1, 1, 0.4, 0.4, 0.6, 0.25, 0.25, 0.6, 1, 1, 1, 1])
"""Radians, of the rotation of each moving joint relative to the initial one."""
LIMIT_SPREAD = 0.015
"""Radians beyond a bound."""
STEPS = 8
CHUNK = 64
"""Frames that are solved at once: their derivatives need 1 MB, which fits into the cache of the processor."""


@dataclass(frozen=True, eq=False)
class RestSkeleton:
    """The joints of a body of one shape at rest."""

    rest: Floats
    """(22, 3) metres, SMPL's body joints."""
    height: float
    """Height of the body in metres."""


@dataclass(frozen=True, eq=False)
class PoseSequence:
    """Local rotations and translations of T frames."""

    rotations: Floats
    """(T, 22, 3, 3) of each joint in the frame of its parent; the first in the world."""
    translation: Floats
    """(T, 3) metres, added to the whole body."""

    def take(self, rows: slice) -> PoseSequence:
        """The poses of some of the frames."""
        return PoseSequence(self.rotations[rows], self.translation[rows])


def h36m_joints(body: RestSkeleton, poses: PoseSequence) -> Floats:
    """(T, 17, 3) Human3.6M joints of a body, metres."""
    world, positions = forward_kinematics(poses.rotations, body.rest, PARENTS, poses.translation)
    return to_h36m(positions, world[:, HEAD], body.height)


def solve_inverse_kinematics(
    body: RestSkeleton, targets: Floats, weights: Floats, initial: PoseSequence
) -> PoseSequence:
    """The poses whose points are closest to the targets, near the initial poses and within the limits of human joints.

    Args:
        targets: (T, 17, 3) metres.
        weights: (T, 17) of the targets, 0..1.
        initial: start of the iteration; it also gives what the targets do not determine.
    """
    parts = [
        _solve(body, targets[rows], np.sqrt(weights[rows]), initial.take(rows))
        for rows in (slice(first, first + CHUNK) for first in range(0, len(targets), CHUNK))
    ]
    return PoseSequence(np.concatenate([p.rotations for p in parts]), np.concatenate([p.translation for p in parts]))


def _solve(body: RestSkeleton, targets: Floats, weights: Floats, initial: PoseSequence) -> PoseSequence:
    now, damping = initial, np.full(len(targets), 1e-2)
    cost, normal, gradient = _linearise(body, targets, weights, initial, now)
    for _ in range(STEPS):
        damped = normal + damping[:, None, None] * (np.eye(normal.shape[1]) * np.diagonal(normal, 0, 1, 2)[:, None])
        step = -np.linalg.solve(damped, gradient[..., None])[..., 0]
        trial = _stepped(now, step)
        trial_cost, trial_normal, trial_gradient = _linearise(body, targets, weights, initial, trial)
        better = trial_cost < cost
        now = PoseSequence(
            _select(better, trial.rotations, now.rotations), _select(better, trial.translation, now.translation)
        )
        cost, normal = _select(better, trial_cost, cost), _select(better, trial_normal, normal)
        gradient = _select(better, trial_gradient, gradient)
        damping = np.where(better, damping / 4, damping * 8).clip(1e-6, 1e6)
    return now


def _select(better: Bools, new: Floats, old: Floats) -> Floats:
    return np.where(better.reshape(-1, *[1] * (new.ndim - 1)), new, old)


def _stepped(poses: PoseSequence, step: Floats) -> PoseSequence:
    """The poses after a step (T, 3 * M + 3): rotations of M moving joints, then the translation."""
    step_rotations = axis_angle_to_matrix(step[:, :-3].reshape(len(step), -1, 3))
    rotations = poses.rotations.copy()
    rotations[:, MOVING] = rotations[:, MOVING] @ step_rotations
    return replace(poses, rotations=rotations, translation=poses.translation + step[:, -3:])


def _linearise(
    body: RestSkeleton, targets: Floats, weights: Floats, initial: PoseSequence, now: PoseSequence
) -> tuple[Floats, Floats, Floats]:
    """Cost (T,), normal matrix (T, N, N) and gradient (T, N) of the squared residuals; N = 3 * M + 3."""
    frames, moving = len(targets), len(MOVING)
    world, positions = forward_kinematics(now.rotations, body.rest, PARENTS, now.translation)
    points = to_h36m(positions, world[:, HEAD], body.height)
    scale = (weights / POINT_SPREAD)[..., None]
    residual = (scale * (points - targets)).reshape(frames, -1)
    jacobian = _point_jacobian(body, world, positions) * scale[..., None]
    jacobian = jacobian.reshape(frames, -1, 3 * moving + 3)

    local = now.rotations[:, MOVING]
    deviation = matrix_to_axis_angle(initial.rotations[:, MOVING].swapaxes(-1, -2) @ local) / INITIAL_SPREAD[:, None]
    angles = matrix_to_axis_angle(local)
    excess = limit_excess(angles, BOUNDS[list(MOVING)]) / LIMIT_SPREAD
    excess_jacobian = _log_jacobian(angles) * ((excess != 0) / LIMIT_SPREAD)[..., None]  # (T, M, 3, 3)

    cost = (residual**2).sum(-1) + (deviation**2).sum((1, 2)) + (excess**2).sum((1, 2))
    normal = jacobian.swapaxes(1, 2) @ jacobian
    gradient = (jacobian.swapaxes(1, 2) @ residual[..., None])[..., 0]
    # Near the initial rotation, a small rotation changes the distance to it by its own amount.
    joint_normal = np.eye(3) / (INITIAL_SPREAD**2)[:, None, None] + excess_jacobian.swapaxes(-1, -2) @ excess_jacobian
    joint_gradient = (
        deviation / INITIAL_SPREAD[:, None] + (excess_jacobian.swapaxes(-1, -2) @ excess[..., None])[..., 0]
    )
    for index in range(moving):
        part = slice(3 * index, 3 * index + 3)
        normal[:, part, part] += joint_normal[:, index]
    gradient[:, : 3 * moving] += joint_gradient.reshape(frames, -1)
    normal[:, -3:, -3:] += np.eye(3) * 1e-9
    return cost, normal, gradient


def _descendants() -> Floats:
    """(22, 22) 1 where the second joint is a descendant of the first."""
    descendants = np.zeros((BODY_JOINTS, BODY_JOINTS))
    for joint in range(BODY_JOINTS):
        parent = PARENTS[joint]
        while parent >= 0:
            descendants[parent, joint] = 1
            parent = PARENTS[parent]
    return descendants


_DESCENDANTS = _descendants()
_MIX = WEIGHTS * _DESCENDANTS[list(MOVING), None]
"""(M, 17, 22) weight of each joint in each point, 0 unless the joint is a descendant of the moving joint."""
_MOVES_HEAD = _DESCENDANTS[list(MOVING), HEAD] + (np.array(MOVING) == HEAD)


def _point_jacobian(body: RestSkeleton, world: Floats, positions: Floats) -> Floats:
    """(T, 17, 3, 3 * M + 3) derivatives of the points by the rotations of the moving joints and the translation."""
    lever = _MIX @ positions[:, None] - _MIX.sum(-1)[..., None] * positions[:, MOVING][:, :, None]  # (T, M, 17, 3)
    head = offsets(body.height) @ world[:, HEAD].swapaxes(-1, -2)  # (T, 17, 3)
    lever += _MOVES_HEAD[:, None, None] * head[:, None]
    by_rotation = -cross_matrix(lever) @ world[:, MOVING][:, :, None]  # (T, M, 17, 3, 3)
    frames, moving = lever.shape[:2]
    out = np.empty((frames, 17, 3, 3 * moving + 3))
    out[..., :-3] = by_rotation.transpose(0, 2, 3, 1, 4).reshape(frames, 17, 3, 3 * moving)
    out[..., -3:] = np.eye(3)
    return out


def _log_jacobian(axis_angle: Floats) -> Floats:
    """(..., 3, 3) derivative of the axis-angle of R exp(d) by d at 0: the inverse of SO(3)'s right Jacobian."""
    angle = np.linalg.norm(axis_angle, axis=-1)[..., None, None]
    cross = cross_matrix(axis_angle)
    safe = np.maximum(angle, 1e-4)
    rest = (1 - safe / 2 / np.tan(safe / 2)) / safe**2
    return np.eye(3) + cross / 2 + rest * (cross @ cross)
