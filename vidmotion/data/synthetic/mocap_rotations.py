"""Packed motion capture with rotations, as footage needs it: clips by name, poses at any moment.

    *_rot.npy  int16 (N, 22, 3)  axis times angle of SMPL's body joints in their parents' frames, steps of 1e-4 rad

beside what `vidmotion.data.mocap` reads; the index may have a column `class`. Numpy arrays only.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vidmotion.body.model import BODY_JOINTS
from vidmotion.data.mocap import STEP, TURN_STEP, read_packed
from vidmotion.errors import InputError
from vidmotion.geometry.filters import gaussian_smooth, resample
from vidmotion.geometry.rotations import axis_angle_to_matrix, slerp
from vidmotion.types import Floats

_SOFT_TURN = 3.0
"""Frames over which a clip that runs backwards from its end slows down and picks up again."""
_MARGIN = 2
"""Frames read beyond those that are asked for: tangents need their neighbours."""


@dataclass(frozen=True)
class CaptureClip:
    """A run of frames in a `Capture`."""

    name: str
    group: str
    """Class of the motion, or ""."""
    subject: str
    offset: int
    frames: int
    leg: float
    """Metres from hip over knee to ankle."""


@dataclass(frozen=True, eq=False)
class Capture:
    """The clips of one split or of all."""

    name: str
    """Stem of the files."""
    clips: dict[str, CaptureClip]
    rotations: np.ndarray
    """(N, 22, 3) int16, memory-mapped."""
    roots: np.ndarray
    """(N, 3) metres."""

    def take(self, clip: str, positions: Floats) -> tuple[Floats, Floats]:
        """Rotations (T, 24, 3, 3) of SMPL's joints and roots (T, 3) at fractional frames (T,) of a clip.

        Raises:
            InputError: there is no such clip.
        """
        if clip not in self.clips:
            raise InputError(f"the motion capture has no clip {clip!r}; use the folder that the footage was made from")
        found = self.clips[clip]
        positions = within(positions, found.frames)
        first = max(int(positions.min()) - _MARGIN, 0)
        last = min(int(positions.max()) + _MARGIN + 1, found.frames - 1)
        rows = slice(found.offset + first, found.offset + last + 1)
        times = np.arange(first, last + 1, dtype=float)
        roots = resample(np.asarray(self.roots[rows], dtype=float), times, positions)
        turns = np.zeros((last - first + 1, 24, 3))
        turns[:, :BODY_JOINTS] = self.rotations[rows] * TURN_STEP
        return _between(axis_angle_to_matrix(turns), positions - first), roots


def within(positions: Floats, frames: int) -> Floats:
    """Positions (T,) folded back at the ends of a clip of so many frames, the turns softened."""
    end = frames - 1.0
    if positions.min() >= 0 and positions.max() <= end:
        return positions
    return gaussian_smooth(end - np.abs(positions % (2 * end) - end), _SOFT_TURN).clip(0, end)


def _between(rotations: Floats, positions: Floats) -> Floats:
    """Rotations (N, J, 3, 3) at fractional rows (T,): (T, J, 3, 3), turning evenly from one row to the next."""
    before = np.minimum(positions.astype(int), max(len(rotations) - 2, 0))
    after = np.minimum(before + 1, len(rotations) - 1)
    return slerp(rotations[before], rotations[after], positions - before)


def read_capture(folder: Path, split: str | None) -> Capture:
    """Read the clips of a split, or all of them, from a packed folder.

    Raises:
        InputError: the folder holds no packed motion capture with rotations, is damaged, or has no such clip.
    """
    packed = read_packed(folder, split)
    if packed.rotations is None:
        raise InputError(f"{folder} holds no rotations (*_rot.npy), without which no body can be posed")
    if packed.rotations.shape != (len(packed.roots), BODY_JOINTS, 3):
        raise InputError(
            f"{folder}: wanted rotations of shape ({len(packed.roots)}, {BODY_JOINTS}, 3), "
            f"received {packed.rotations.shape}"
        )
    clips = {}
    for row in packed.rows:
        offset, frames = int(row["offset"]), int(row["n_frames"])
        leg = _leg(packed.positions[offset])
        clips[row["clip"]] = CaptureClip(row["clip"], row.get("class") or "", row["subject"], offset, frames, leg)
    return Capture(packed.name, clips, packed.rotations, packed.roots)


def _leg(joints: np.ndarray) -> float:
    """Metres from hip over knee to ankle, the mean of both legs, of packed positions (17, 3)."""
    places = joints * STEP
    bones = [np.linalg.norm(places[child] - places[child - 1]) for child in (2, 3, 5, 6)]
    return float(np.sum(bones) / 2)
