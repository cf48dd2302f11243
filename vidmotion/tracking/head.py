"""The rotation of a head over time, from the landmarks of its face or from nose, eyes and ears. Numpy only.

Rotations are those of a head as it is seen: the identity looks at the camera, x points to the right of the picture, y
down and z along the line of sight.
"""

from __future__ import annotations

import numpy as np

from vidmotion.geometry.filters import frame_rate, unbroken_runs
from vidmotion.geometry.rotations import axis_angle_to_matrix, cross_matrix, matrix_to_axis_angle
from vidmotion.geometry.vectors import unit
from vidmotion.skeletons import by_name
from vidmotion.types import Bools, Floats, Head, Ints, Keypoints2D, Track

EYES = ("left_eye", "right_eye")
POINTS = ("nose", *EYES, "left_ear", "right_ear")
PLACES = np.array(
    [[0.0, 0.024, -0.115], [0.033, -0.025, -0.090], [-0.033, -0.025, -0.090], [0.075, 0.0, 0.0], [-0.075, 0.0, 0.0]]
)
"""(5, 3) metres, the points in the axes of a head of usual size."""
SPREAD = 0.012
"""Metres; standard deviation of the points of a detector."""
TRUNK, TRUNK_SPREAD = 0.50, 0.35
"""Metres from shoulders to hips, and how far the scale that follows from it may be wrong, as a logarithm."""
PITCH_SPREAD = 0.5
"""Radians; standard deviation of nodding, with which the points' scale is easily confused."""
STARTS = np.radians([-150, -90, -45, 0, 45, 90, 150])
"""Turns of the head from which its rotation is searched for."""
STEPS = 8
POINTS_CONFIDENCE = 0.6
"""Confidence of a rotation from the best points, against that from a face."""
FEW_PIXELS = 12.0
"""Pixels from ear to ear at which that confidence is halved."""
WIDTH = 0.15
"""Metres from ear to ear."""
LEAST = 0.05
"""A lower confidence counts as none."""
READ_SECONDS = 0.11
"""Faces are read 15 times a second; two readings that are no farther apart, with some room, follow each other."""
STEADY, OUTLIER = 0.25, np.radians(25)
"""Seconds and radians: how far a rotation may be from the others around it before it counts for less."""
SMOOTHING = 0.08
"""Seconds, standard deviation of the smoothing."""

_RIGHT, _LEFT, _TOP, _CHIN = (234, 127, 33), (454, 356, 263), 10, 152
"""Landmarks of a face: three on either side of it, in pairs, then the middle of the forehead's top, and the chin."""


def face_rotation(points: Floats) -> Floats:
    """The rotation (3, 3) of a face with landmarks (468, 3), x right, y down, z away."""
    x = unit(unit(points[list(_LEFT)] - points[list(_RIGHT)]).mean(0))
    y = points[_CHIN] - points[_TOP]
    z = unit(np.cross(x, y))
    return np.stack([x, np.cross(z, x), z], -1)


def head_from(track: Track, faces: tuple[Floats, Floats] | None = None) -> Head:
    """The head of a person over time, from faces where there are any, and else from nose, eyes and ears.

    Args:
        faces: rotations (T, 3, 3) and presences (T,) of faces, 0 where there is none.
    """
    rotation, confidence = rotation_from_points(track.keypoints)
    if faces is not None:
        seen = faces[1] > 0
        rotation = np.where(seen[:, None, None], faces[0], rotation)
        confidence = np.where(seen, faces[1], confidence / _between(seen, track))
    rate = frame_rate(track.times, 30.0)
    parts = [_smoothed(rotation[run], confidence[run], rate) for run in unbroken_runs(track.frames, track.times)]
    turned, sure = (np.concatenate(part) for part in zip(*parts, strict=True))
    sure = np.where(sure < LEAST, 0.0, sure)
    return Head((matrix_to_axis_angle(turned) * (sure > 0)[:, None]).astype(np.float32), sure.astype(np.float32))


def _between(seen: Bools, track: Track) -> Ints:
    """(T,) how many frames lie between the readings of a face before and after a frame; 1 where no face is followed.

    The points of such frames count as those of one frame, so that in fast videos they do not outnumber the faces.
    """
    rows, at = np.arange(len(seen)), np.flatnonzero(seen)
    if not len(at):
        return np.ones(len(seen), int)
    before = at[(np.searchsorted(at, rows, side="right") - 1).clip(0)]
    after = at[np.searchsorted(at, rows).clip(max=len(at) - 1)]
    near = track.times[after] - track.times[before] < READ_SECONDS
    return np.where((before < rows) & (rows < after) & near, after - before - 1, 1)


def rotation_from_points(keypoints: Keypoints2D) -> tuple[Floats, Floats]:
    """Rotations (T, 3, 3) of a head from nose, eyes and ears, and their confidences (T,), 0 without such points."""
    joints = by_name(keypoints.skeleton).joints
    count = len(keypoints)
    if not set(POINTS) <= set(joints):
        return np.tile(np.eye(3), (count, 1, 1)), np.zeros(count)
    at = [joints.index(name) for name in POINTS]
    xy, score = keypoints.xy[:, at].astype(np.float64), keypoints.score[:, at].astype(np.float64)
    scale = _trunk(keypoints) / TRUNK
    found = [_fit(xy, score, scale, start) for start in STARTS]
    best = np.argmin([cost for _, _, cost in found], axis=0)
    rotation, scale, cost = (np.stack([one[part] for one in found])[best, np.arange(count)] for part in range(3))
    known = np.sort(score, axis=1)[:, 1]  # four of the five points are seen at least as well
    sharp = (scale * WIDTH / FEW_PIXELS) ** 2
    return rotation, POINTS_CONFIDENCE * known * sharp / (1 + sharp) * np.exp(-cost / 20)


def _trunk(keypoints: Keypoints2D) -> Floats:
    """(T,) pixels from shoulders to hips, at least the width of the shoulders."""
    joints = by_name(keypoints.skeleton).joints
    left, right, left_hip, right_hip = (
        keypoints.xy[:, joints.index(name)].astype(np.float64)
        for name in ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
    )
    trunk = np.linalg.norm((left + right - left_hip - right_hip) / 2, axis=-1)
    return np.maximum(np.maximum(trunk, np.linalg.norm(left - right, axis=-1)), 1.0)


def _fit(xy: Floats, score: Floats, scale: Floats, start: float) -> tuple[Floats, Floats, Floats]:
    """Rotations (T, 3, 3), pixels a metre (T,) and costs (T,) of heads whose points are nearest to (T, 5, 2).

    Gauss-Newton over rotation and scale with scaled orthographic projection, from a head that is turned by `start`.
    """
    count = len(xy)
    weight = score + 1e-3
    share = weight / weight.sum(1, keepdims=True)
    root = np.sqrt(weight)[..., None] / SPREAD
    centered = xy - (share[..., None] * xy).sum(1, keepdims=True)
    rotation = np.tile(axis_angle_to_matrix(np.array([0.0, start, 0.0])), (count, 1, 1))
    log_scale = np.zeros(count)

    def residuals(rotation: Floats, log_scale: Floats) -> tuple[Floats, Floats]:
        """(T, 12) residuals and (T, 5, 3) the model's points, turned and centered."""
        placed = PLACES @ rotation.swapaxes(1, 2)
        placed = placed - (share[..., None] * placed).sum(1, keepdims=True)
        measured = centered / (scale * np.exp(log_scale))[:, None, None]
        away = (root * (placed[..., :2] - measured)).reshape(count, -1)
        pitch = rotation[:, 1, 2] / PITCH_SPREAD
        return np.concatenate([away, (log_scale / TRUNK_SPREAD)[:, None], pitch[:, None]], 1), placed

    for _ in range(STEPS):
        residual, placed = residuals(rotation, log_scale)
        jacobian = np.zeros((count, residual.shape[1], 4))
        by_turn = -cross_matrix(placed)[:, :, :2]  # (T, 5, 2, 3)
        jacobian[:, :10, :3] = (root[..., None] * by_turn).reshape(count, 10, 3)
        measured = centered / (scale * np.exp(log_scale))[:, None, None]
        jacobian[:, :10, 3] = (root * measured).reshape(count, 10)
        jacobian[:, 10, 3] = 1 / TRUNK_SPREAD
        jacobian[:, 11, :3] = -cross_matrix(rotation[:, :, 2])[:, 1] / PITCH_SPREAD
        normal = jacobian.swapaxes(1, 2) @ jacobian + 0.5 * np.eye(4)
        step = -np.linalg.solve(normal, jacobian.swapaxes(1, 2) @ residual[..., None])[..., 0]
        rotation = axis_angle_to_matrix(step[:, :3].clip(-0.6, 0.6)) @ rotation
        log_scale = (log_scale + step[:, 3]).clip(-1.5, 1.5)
    residual, _ = residuals(rotation, log_scale)
    return rotation, scale * np.exp(log_scale), (residual**2).sum(1)


def _smoothed(rotation: Floats, confidence: Floats, rate: float) -> tuple[Floats, Floats]:
    """Rotations (T, 3, 3) and confidences (T,) of consecutive frames, smoothed; outliers count for little."""
    weight = confidence
    for _ in range(2):
        steady, _ = _mean(rotation, weight, STEADY * rate)
        away = np.linalg.norm(matrix_to_axis_angle(steady.swapaxes(1, 2) @ rotation), axis=-1)
        weight = confidence / (1 + (away / OUTLIER) ** 4)
    return _mean(rotation, weight, SMOOTHING * rate)


def _mean(rotation: Floats, weight: Floats, sigma: float) -> tuple[Floats, Floats]:
    """Weighted means of rotations (T, 3, 3) over time, and the weights (T,) that count for them.

    Source: Moakher 2002, "Means and Averaging in the Group of Rotations": the rotation nearest to the sum.
    """
    radius = int(np.ceil(3 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / max(sigma, 1e-3)) ** 2)
    count = len(weight)

    def blurred(values: Floats) -> Floats:
        return np.convolve(values, kernel)[radius : radius + count]

    weighted = (rotation * weight[:, None, None]).reshape(count, 9)
    u, _, vt = np.linalg.svd(np.stack([blurred(column) for column in weighted.T], -1).reshape(count, 3, 3))
    u[..., -1] *= np.linalg.det(u @ vt)[:, None]
    total, square = blurred(weight), blurred(weight**2)
    return u @ vt, square / np.maximum(total, 1e-9) * np.minimum(total, 1)
