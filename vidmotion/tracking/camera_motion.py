"""Estimates how the camera of a video turns and zooms, from how it stands in each frame against the frames before.

Does not read pictures by itself: `corners.py` does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from vidmotion.geometry.filters import median_smooth
from vidmotion.geometry.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from vidmotion.tracking.corners import CameraStep, small_size, turned
from vidmotion.types import STILL, TURNS, UNSURE, CameraMotion, Floats, Ints

STILL_PIXELS = 1.0
"""Pixels of the small picture; a background that never moves further does not move."""
LEAST_ZOOM = 1.3
"""A smaller change of the focal length over a whole shot is not zoom: the camera may have come closer."""
CERTAIN_SHARE = 0.7
"""Share of the frames of a shot that must be certain; otherwise the camera is taken to stand still."""


def camera_motion(
    steps: Iterable[CameraStep], count: int, size: tuple[int, int], cuts: Sequence[int], focal: float,
    *, turns: bool = False,
) -> CameraMotion:  # fmt: skip
    """The motion of the camera in the first `count` frames of a video.

    Args:
        steps: of the frames, in their order; numbers may be missing.
        size: width and height of the pictures.
        cuts: frame numbers, rising, at which a new shot begins.
        focal: pixels.
        turns: whether the camera is known to turn or zoom, so that it is never taken for one that stands still.
    """
    scale, small = small_size(size)
    shots = [_Shot(turns, np.array(small) / 2, focal * scale) for _ in range(len(cuts) + 1)]
    begins = np.zeros(len(shots), int)
    begins[1:] = cuts
    estimate = _Estimate(
        np.zeros((count, 3)), np.zeros(count), np.zeros(count, bool), np.zeros(count, bool), np.zeros(count)
    )
    for step in steps:
        if step.index < count:
            number = int(np.searchsorted(begins, step.index, "right")) - 1
            shots[number].add(step, estimate)
    return _assembled(estimate, begins, focal, turns)


def with_focal(motion: CameraMotion, focal: float, cuts: Sequence[int]) -> CameraMotion:
    """The motion for another focal length: what turns the picture by as many pixels turns the camera by less or more.

    Args:
        focal: pixels.
        cuts: frame numbers, rising, at which a new shot begins.
    """
    if not motion.moves or math.isclose(focal, motion.focal, rel_tol=1e-6):
        return replace(motion, focal=focal)
    factors = np.array([motion.focal / focal, motion.focal / focal, 1.0])
    before = np.concatenate([np.eye(3)[None], motion.rotation[:-1]])
    before[[0, *(cut for cut in cuts if cut < len(motion))]] = np.eye(3)
    steps = axis_angle_to_matrix(matrix_to_axis_angle(motion.rotation @ before.swapaxes(1, 2)) * factors)
    rotation = np.empty_like(motion.rotation)
    for row, step in enumerate(steps):
        rotation[row] = step if row == 0 or row in cuts else step @ rotation[row - 1]
    return replace(motion, rotation=rotation, focal=focal)


@dataclass
class _Estimate:
    """What is known of N frames: rotation (N, 3) and logarithm of the zoom (N,), from the shot's first frame on."""

    rotation: Floats
    log_zoom: Floats
    read: NDArray[np.bool_]
    """(N,) False before the time at which reading begins."""
    certain: NDArray[np.bool_]
    moved: Floats
    """(N,) pixels of the small picture, by how much its points moved in the mean."""


@dataclass
class _Shot:
    """Adds up the steps of one shot."""

    turns: bool
    """Whether the camera never counts as still."""
    center: Floats
    """(2,) pixels of the small picture; its principal point."""
    focal: float
    """Pixels of the small picture."""
    key_rotation: Floats = field(default_factory=lambda: np.eye(3))
    """(3, 3) of the key frame, from the shot's first frame on."""
    key_log_zoom: float = 0.0
    last: tuple[Floats, float] | None = None
    """Rotation (3, 3) and logarithm of the zoom in the last frame, from the shot's first frame on."""

    def add(self, step: CameraStep, into: _Estimate) -> None:
        """Write what the next frame tells into its row."""
        if step.after_key:
            self._begin()
        rotation, log_zoom = step.turn @ self.key_rotation, self.key_log_zoom + step.log_zoom
        into.rotation[step.index], into.log_zoom[step.index] = matrix_to_axis_angle(rotation), log_zoom
        into.read[step.index] = True
        into.certain[step.index] = step.is_known or self.last is None
        into.moved[step.index] = self._displacement(rotation, log_zoom)
        self.last = rotation, log_zoom
        if step.is_key:
            self._begin()

    def _begin(self) -> None:
        """Make the last frame the key frame."""
        rotation, log_zoom = self.last or (np.eye(3), 0.0)
        # A camera that has not moved so far has not moved at all.
        stood = self._displacement(rotation, log_zoom) < STILL_PIXELS and not self.turns
        self.key_rotation, self.key_log_zoom = (np.eye(3), 0.0) if stood else (rotation, log_zoom)

    def _displacement(self, rotation: Floats, log_zoom: float) -> float:
        """Pixels by which the picture's points move in the mean, measured near its corners and at its center."""
        corners = np.array([[0, 0], [-1, -1], [-1, 1], [1, -1], [1, 1]]) * 0.7 * self.center / self.focal
        moved = turned(corners, rotation, log_zoom)
        return float(np.linalg.norm(moved - corners, axis=-1).mean() * self.focal)


def _assembled(estimate: _Estimate, begins: Ints, focal: float, turns: bool) -> CameraMotion:
    """The motion of all shots; none of those of which too little is certain, or that hardly move unless it `turns`."""
    count = len(estimate.certain)
    rotation, zoom = np.tile(np.eye(3), (count, 1, 1)), np.ones(count)
    certain, kinds = estimate.certain.copy(), []
    for begin, end in zip(begins, [*begins[1:], count], strict=True):
        shot = begin + np.flatnonzero(estimate.read[begin:end])
        known = estimate.certain[shot]
        sure = len(known) > 0 and known.mean() >= CERTAIN_SHARE
        moves = sure and (turns or estimate.moved[shot][known].max() > STILL_PIXELS)
        kinds.append(TURNS if moves else STILL if sure else UNSURE)
        if moves:
            rotation[shot] = axis_angle_to_matrix(estimate.rotation[shot])
            smooth = median_smooth(estimate.log_zoom[shot], 7)
            if np.ptp(smooth) > np.log(LEAST_ZOOM):
                zoom[shot] = np.exp(smooth)
    rows = slice(count if TURNS in kinds else 0)
    return CameraMotion(tuple(kinds), rotation[rows], zoom[rows], certain[rows], focal)
