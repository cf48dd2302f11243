"""Rotation matrices and their conversions: shortest rotation, twist, axis-angle, quaternions, continuous Euler angles.

Numpy only. Does not depend on bodies.
"""

from __future__ import annotations

import numpy as np

from vidmotion.types import Floats

TOO_SHORT = 1e-6
"""A vector shorter than this has no direction."""


def directions(vectors: Floats, rest: Floats) -> Floats:
    """Unit vectors (T, 3) in the directions of vectors (T, 3).

    A vector that is too short takes the direction of the last long enough one before it, or, at the beginning, of the
    first one; if all are too short, all are `rest` (3,).
    """
    lengths = np.linalg.norm(vectors, axis=1)
    good = lengths > TOO_SHORT
    if not good.any():
        return np.tile(rest, (len(vectors), 1))
    source = np.maximum.accumulate(np.where(good, np.arange(len(vectors)), np.argmax(good)))
    return vectors[source] / lengths[source, None]


def shortest_rotation(start: Floats, goal: Floats) -> Floats:
    """(T, 3, 3) smallest rotations that turn unit vectors `start` into `goal`, both (T, 3).

    Opposite vectors are rotated by half a circle about some axis at right angles to them.
    """
    cosine = (start * goal).sum(1)
    opposite = cosine < -1 + 1e-10
    cross = cross_matrix(np.cross(start, goal))
    rotation = np.eye(3) + cross + cross @ cross / (1 + np.where(opposite, 0, cosine))[:, None, None]
    if opposite.any():
        least = np.eye(3)[np.abs(start[opposite]).argmin(1)]
        axis = np.cross(start[opposite], least)
        axis /= np.linalg.norm(axis, axis=1, keepdims=True)
        rotation[opposite] = 2 * axis[:, :, None] * axis[:, None, :] - np.eye(3)
    return rotation


def rotation_about_axis(axis: Floats, angle: Floats) -> Floats:
    """(T, 3, 3) rotations by `angle` (T,) radians about unit vectors `axis` (T, 3)."""
    cross = cross_matrix(axis)
    sine, rest = np.sin(angle)[:, None, None], (1 - np.cos(angle))[:, None, None]
    return np.eye(3) + sine * cross + rest * (cross @ cross)


def twist_angle(axis: Floats, start: Floats, goal: Floats) -> Floats:
    """(T,) radians from `start` to `goal`, both (T, 3), about unit vectors `axis` (T, 3)."""
    along = (axis * start).sum(1) * (axis * goal).sum(1)
    return np.arctan2((axis * np.cross(start, goal)).sum(1), (start * goal).sum(1) - along)


def axis_angle_to_matrix(axis_angles: Floats) -> Floats:
    """Rotation matrices (..., 3, 3) of axis times angle (..., 3) in radians (Rodrigues)."""
    angle = np.linalg.norm(axis_angles, axis=-1)[..., None, None]
    cross = cross_matrix(axis_angles)
    # sin(a) / a and (1 - cos(a)) / a^2, without dividing by 0.
    return np.eye(3) + np.sinc(angle / np.pi) * cross + 0.5 * np.sinc(angle / 2 / np.pi) ** 2 * (cross @ cross)


def matrix_to_axis_angle(rotations: Floats) -> Floats:
    """Axis times angle (..., 3) in radians, of length 0 to pi, of rotation matrices (..., 3, 3)."""
    quaternion = matrix_to_quaternion(rotations)
    quaternion = quaternion * np.where(quaternion[..., 3:] < 0, -1.0, 1.0)
    sine = np.linalg.norm(quaternion[..., :3], axis=-1, keepdims=True)
    angle = 2 * np.arctan2(sine, quaternion[..., 3:])
    # angle / sine tends to 2 for small angles.
    return quaternion[..., :3] * np.where(sine < 1e-9, 2.0, angle / np.maximum(sine, 1e-9))


def slerp(start: Floats, end: Floats, share: Floats) -> Floats:
    """(N, J, 3, 3) rotations between `start` (share 0) and `end` (share 1), both (N, J, 3, 3), on the shortest path.

    Args:
        share: (N,) 0..1.
    """
    difference = matrix_to_axis_angle(start.swapaxes(-1, -2) @ end)
    return start @ axis_angle_to_matrix(difference * share[:, None, None])


def matrix_to_quaternion(rotations: Floats) -> Floats:
    """Unit quaternions (..., 4), in the order x, y, z, w, of rotation matrices (..., 3, 3).

    Source: Shepperd 1978, the largest component first.
    """
    diagonal = np.diagonal(rotations, axis1=-2, axis2=-1)
    trace = diagonal.sum(-1)
    # Row k of `table` is the quaternion times four times its k-th component; the longest row is the most exact.
    table = np.empty((*rotations.shape[:-2], 4, 4))
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        table[..., i, i] = 1 + 2 * diagonal[..., i] - trace
        table[..., i, j] = table[..., j, i] = rotations[..., i, j] + rotations[..., j, i]
        table[..., i, 3] = table[..., 3, i] = rotations[..., k, j] - rotations[..., j, k]
    table[..., 3, 3] = 1 + trace
    best = np.diagonal(table, axis1=-2, axis2=-1).argmax(-1)
    rows = np.take_along_axis(table, best[..., None, None], axis=-2)[..., 0, :]
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def quaternion_to_matrix(quaternions: Floats) -> Floats:
    """Rotation matrices (..., 3, 3) of quaternions (..., 4), in the order x, y, z, w, of any length above 0.

    Raises:
        ValueError: a quaternion is 0.
    """
    length = np.linalg.norm(quaternions, axis=-1, keepdims=True)
    if not (length > 0).all():
        raise ValueError("a quaternion is 0")
    vector, scalar = (quaternions / length)[..., :3], (quaternions / length)[..., 3, None, None]
    cross = cross_matrix(vector)
    return np.eye(3) + 2 * scalar * cross + 2 * cross @ cross


def matrix_to_euler_zyx(rotations: Floats, start: Floats | None = None) -> Floats:
    """Euler angles z, y, x in degrees with rotation = Rz @ Ry @ Rx, continuous over time.

    Of the triples that describe a rotation, the one nearest to that of the frame before is taken.

    Args:
        rotations: (T, J, 3, 3).
        start: (J, 3) angles of the frame before the first one; None is 0.

    Returns:
        (T, J, 3).
    """
    sine = np.clip(-rotations[..., 2, 0], -1, 1)
    y = np.arctan2(sine, np.hypot(rotations[..., 0, 0], rotations[..., 1, 0]))
    z = np.arctan2(rotations[..., 1, 0], rotations[..., 0, 0])
    x = np.arctan2(rotations[..., 2, 1], rotations[..., 2, 2])
    # With y at 90 degrees only z - x (or z + x) is determined: x is chosen, and z follows from it.
    sign = np.where(sine > 0, 1.0, -1.0)
    joined = np.arctan2(-rotations[..., 0, 1], rotations[..., 1, 1])
    locked = 1 - np.abs(sine) < 1e-12
    # Two triples describe the same rotation: (z, y, x) and (z + pi, pi - y, x + pi).
    both = np.stack([np.stack([z, y, x], -1), np.stack([z + np.pi, np.pi - y, x + np.pi], -1)])
    angles = np.empty_like(both[0])  # (T, J, 3)
    before = np.zeros(angles.shape[1:]) if start is None else np.radians(start)
    joint = np.arange(before.shape[0])
    for frame in range(len(angles)):
        near = both[:, frame] + 2 * np.pi * np.round((before - both[:, frame]) / (2 * np.pi))
        best = np.abs(near - before).sum(-1).argmin(0)
        chosen = near[best, joint]
        if locked[frame].any():
            held = before[:, 2]
            free = joined[frame] + sign[frame] * held
            free += 2 * np.pi * np.round((before[:, 0] - free) / (2 * np.pi))
            chosen = np.where(locked[frame, :, None], np.stack([free, chosen[:, 1], held], -1), chosen)
        angles[frame] = before = chosen
    return np.degrees(angles)


def cross_matrix(vectors: Floats) -> Floats:
    """Matrices (..., 3, 3) whose product with another vector is the cross product of vectors (..., 3) with it."""
    matrix = np.zeros((*vectors.shape, 3))
    x, y, z = np.moveaxis(vectors, -1, 0)
    matrix[..., 0, 1], matrix[..., 0, 2], matrix[..., 1, 2] = -z, y, -x
    matrix[..., 1, 0], matrix[..., 2, 0], matrix[..., 2, 1] = z, -y, x
    return matrix
