"""Joint rotations of packed motion capture: clips by name, and their poses at fractional frames.

    *_rot.npy  int16 (N, 22, 3)  axis-angle of SMPL's body joints in their parents' frames, steps of 1e-4 rad

The file lies beside those that `vidmotion.data.mocap` reads; the index may have a column `class`. Reads numpy arrays
only.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vidmotion.body.model import BODY_JOINTS
from vidmotion.data.knee_extension import missing_extension
from vidmotion.data.mocap import ROTATION_STEP, STEP, read_packed
from vidmotion.errors import InputError
from vidmotion.geometry.filters import gaussian_smooth, resample
from vidmotion.geometry.rotations import axis_angle_to_matrix, slerp
from vidmotion.types import Floats

_REVERSAL_SMOOTHING = 3.0
"""Frames, standard deviation of the smoothing where a clip reverses at its end: the motion slows down and speeds up."""
_MARGIN = 2
"""Frames read beyond the requested ones: interpolation needs the neighbouring frames."""


@dataclass(frozen=True)
class RotationClip:
    """A range of frames in a `MocapRotations`."""

    name: str
    group: str
    """Class of the motion, or ""."""
    subject: str
    offset: int
    frames: int
    leg: float
    """Metres from hip over knee to ankle, measured in the first frame."""
    missing_extension: tuple[float, float] = (0.0, 0.0)
    """Radians of flexion that left and right knee keep when the subject stands."""


@dataclass(frozen=True, eq=False)
class MocapRotations:
    """The rotations and roots of all clips of one split, or of the whole folder."""

    name: str
    """Common beginning of the files' names."""
    clips: dict[str, RotationClip]
    rotations: np.ndarray
    """(N, 22, 3) int16, axis-angle in steps of `ROTATION_STEP`, memory-mapped."""
    roots: np.ndarray
    """(N, 3) metres in the world."""

    def sample(self, clip: str, positions: Floats) -> tuple[Floats, Floats]:
        """The pose of a clip at fractional frames; the clip runs backwards and forwards beyond its ends.

        Args:
            positions: (T,) frames of the clip.

        Returns:
            rotations (T, 24, 3, 3) of SMPL's joints in their parents' frames, and roots (T, 3) in metres.

        Raises:
            InputError: there is no such clip.
        """
        if clip not in self.clips:
            raise InputError(
                f"the motion capture has no clip {clip!r}; use the folder that the clips were generated from"
            )
        found = self.clips[clip]
        positions = fold_back(positions, found.frames)
        first = max(int(positions.min()) - _MARGIN, 0)
        last = min(int(positions.max()) + _MARGIN + 1, found.frames - 1)
        rows = slice(found.offset + first, found.offset + last + 1)
        times = np.arange(first, last + 1, dtype=float)
        roots = resample(np.asarray(self.roots[rows], dtype=float), times, positions)
        rotations = np.zeros((last - first + 1, 24, 3))
        rotations[:, :BODY_JOINTS] = self.rotations[rows] * ROTATION_STEP
        return _interpolate(axis_angle_to_matrix(rotations), positions - first), roots


def fold_back(positions: Floats, frames: int) -> Floats:
    """Positions (T,) reflected into 0 .. frames - 1 at both ends of a clip; the reversals are smoothed."""
    end = frames - 1.0
    if positions.min() >= 0 and positions.max() <= end:
        return positions
    return gaussian_smooth(end - np.abs(positions % (2 * end) - end), _REVERSAL_SMOOTHING).clip(0, end)


def _interpolate(rotations: Floats, positions: Floats) -> Floats:
    """(T, J, 3, 3) rotations (N, J, 3, 3) at fractional rows (T,), by spherical interpolation."""
    before = np.minimum(positions.astype(int), max(len(rotations) - 2, 0))
    after = np.minimum(before + 1, len(rotations) - 1)
    return slerp(rotations[before], rotations[after], positions - before)


def read_mocap_rotations(folder: Path, split: str | None) -> MocapRotations:
    """Read the clips of a split, or of the whole folder, from packed motion capture.

    Raises:
        InputError: the folder holds no packed motion capture with rotations, is damaged, or has no clip of the split.
    """
    packed = read_packed(folder, split)
    if packed.rotations is None:
        raise InputError(f"{folder} holds no rotations (*_rot.npy); they are needed to pose a body")
    if packed.rotations.shape != (len(packed.roots), BODY_JOINTS, 3):
        raise InputError(
            f"{folder}: wanted rotations of shape ({len(packed.roots)}, {BODY_JOINTS}, 3), "
            f"received {packed.rotations.shape}"
        )
    spans = [slice(int(row["offset"]), int(row["offset"]) + int(row["n_frames"])) for row in packed.rows]
    missing = missing_extension(packed.rotations * ROTATION_STEP, spans, [row["subject"] for row in packed.rows])
    clips = {
        row["clip"]: RotationClip(
            row["clip"],
            row.get("class") or "",
            row["subject"],
            span.start,
            span.stop - span.start,
            _leg(packed.positions[span.start]),
            (float(left), float(right)),
        )
        for row, span, (left, right) in zip(packed.rows, spans, missing, strict=True)
    }
    return MocapRotations(packed.name, clips, packed.rotations, packed.roots)


def _leg(joints: np.ndarray) -> float:
    """Metres from hip over knee to ankle, the mean of both legs, of packed positions (17, 3)."""
    metres = joints * STEP
    bones = [np.linalg.norm(metres[child] - metres[child - 1]) for child in (2, 3, 5, 6)]
    return float(np.sum(bones) / 2)
