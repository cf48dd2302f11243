"""What importers share: the files to import, the user's options, and resampling to the common frame rate."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vidmotion.choices import FRAME_RATES
from vidmotion.data.packed_writer import NewClip
from vidmotion.errors import InputError
from vidmotion.geometry.filters import resample
from vidmotion.geometry.rotations import slerp
from vidmotion.model.normalization import FRAME_RATE
from vidmotion.types import Floats

MOST_FRAMES = 1_000_000
"""Frames of a clip, in its file and at `FRAME_RATE` (9 hours); more are refused before arrays are made."""
LARGEST_NUMBER = 1e9
SAME_RATE = 2e-3
"""Rates that differ by less than this share count as equal: 29.97 and 30, or 0.033 and 1/30 s."""


@dataclass(frozen=True)
class ImportOptions:
    """What the user states about the files; each importer uses what applies to its format."""

    split: str = "train"
    """Split of the clips for which neither the file nor `val` and `test` give one."""
    val: frozenset[str] = frozenset()
    """Subjects of the split val."""
    test: frozenset[str] = frozenset()
    """Subjects of the split test."""
    split_rule: str = "xsub"
    """Which of NTU's splits to use: by people (xsub), cameras (xview) or setups (xset)."""
    unit: str = "auto"
    """Unit of lengths in BVH and AMC files, a name of `vidmotion.data.importers.rig.UNITS` or "auto"."""
    up: str = "auto"
    """Vertical axis of BVH and AMC files: "y", "z", or "auto", which takes the axis along which the rig stands."""
    fps: float | None = None
    """Frames per second, in place of the file's or the format's own."""
    size: tuple[int, int] | None = None
    """Width and height of the pictures in pixels, if the file does not contain them."""
    body_model: Path | None = None
    """A body model in SMPL's format for AMASS, in place of the free one."""
    subjects: re.Pattern[str] | None = None
    """Its first group in a file's path is the subject, in place of what the reader takes."""
    table: Path | None = None
    """A CSV with what is known of each file (`vidmotion.data.importers.file_table`)."""

    def split_of(self, subject: str) -> str:
        """The split of a subject, for files that do not give one."""
        return "val" if subject in self.val else "test" if subject in self.test else self.split


@dataclass(frozen=True)
class ImportFile:
    """A file to import."""

    path: Path
    name: str
    """Its path below the folder that was given, without the suffix."""
    given: str
    """The same with the suffix; the whole path of a file that was given itself."""
    note: Callable[[str], None]
    """Called with a sentence about what the reader found or assumed."""


@dataclass(frozen=True)
class Importer:
    """A format: which files belong to it, and how to read the clips of one."""

    suffix: str
    read: Callable[[ImportFile, ImportOptions], Iterator[NewClip]]
    skipped: tuple[str, ...] = ()
    """Ends of the names of files without motion, which are ignored."""


def check_frames(frames: float) -> None:
    """Refuse more frames than `MOST_FRAMES`.

    Raises:
        InputError: there are more.
    """
    if frames > MOST_FRAMES:
        raise InputError(f"has {frames:,.0f} frames, and at most {MOST_FRAMES:,} are read; split it, or check its rate")


def check_numbers(values: Floats) -> None:
    """Refuse numbers that are not finite, or that no position and no angle has in any unit.

    Raises:
        InputError: there is such a number.
    """
    if not (np.abs(values) <= LARGEST_NUMBER).all():
        raise InputError("holds numbers that are not finite or far too large; the file is damaged")


def grid(frames: int, rate: float) -> Floats | None:
    """(N,) fractional frames of the file at each frame of `FRAME_RATE`; None if the rates are equal.

    Raises:
        InputError: no file has such a rate, or there are too many frames.
    """
    lowest, highest = FRAME_RATES
    if not lowest <= rate <= highest:
        raise InputError(f"has a frame rate of {rate:g} frames/s, wanted {lowest:g} to {highest:g}; pass `fps`")
    check_frames(max(frames, math.ceil(frames * FRAME_RATE / rate)))
    if abs(rate / FRAME_RATE - 1) < SAME_RATE:
        return None
    step = rate / FRAME_RATE
    # Frame times in files are rounded, so the last frame is included even if it seems to come slightly too late.
    return np.minimum(np.arange(int((frames - 1) / step + 1e-3) + 1) * step, frames - 1)


def at_rate(values: Floats, rate: float) -> Floats:
    """Values (T, ...) at `rate` frames/s, resampled to `FRAME_RATE`."""
    wanted = grid(len(values), rate)
    return values if wanted is None else resample(values, np.arange(len(values), dtype=float), wanted)


def rotations_at_rate(rotations: Floats, rate: float) -> Floats:
    """Rotations (T, J, 3, 3) at `rate` frames/s, resampled to `FRAME_RATE`."""
    wanted = grid(len(rotations), rate)
    if wanted is None:
        return rotations
    before = wanted.astype(int)
    return slerp(rotations[before], rotations[np.minimum(before + 1, len(rotations) - 1)], wanted - before)


def points_at_rate(xy: Floats, score: Floats, rate: float) -> tuple[Floats, Floats]:
    """As `at_rate`, for points (T, J, 2) with scores (T, J): linear; missing where a neighbouring frame is missing."""
    wanted = grid(len(xy), rate)
    if wanted is None:
        return xy, score
    before = wanted.astype(int)
    after = np.minimum(before + 1, len(xy) - 1)
    share = (wanted - before)[:, None]
    after = np.where(share[:, 0] < 1e-9, before, after)
    both = (score[before] > 0) & (score[after] > 0)
    moved = xy[before] + (xy[after] - xy[before]) * share[..., None]
    return moved, (score[before] + (score[after] - score[before]) * share) * both


def y_up(points: Floats) -> Floats:
    """Points (..., 3) of a right-handed world with Z up, in one with Y up; X stays the same."""
    return np.stack([points[..., 0], points[..., 2], -points[..., 1]], -1)
