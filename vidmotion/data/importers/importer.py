"""What importers share: the files that they are given, the choices of the user, the time grid."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vidmotion.data.packed_writer import NewClip
from vidmotion.geometry.filters import resample
from vidmotion.model.normalization import FRAME_RATE
from vidmotion.types import Floats

SAME_RATE = 2e-3
"""Rates that differ by less than this share are the same: 29.97 and 30, or 0.033 and 1/30 s."""


@dataclass(frozen=True)
class ImportOptions:
    """What the user says about the files; each importer takes what concerns it."""

    split: str = "train"
    """Of clips whose files do not tell."""
    val: frozenset[str] = frozenset()
    test: frozenset[str] = frozenset()
    """Subjects of these splits."""
    split_rule: str = "xsub"
    """Which of NTU's splits."""
    unit: str = "auto"
    up: str = "y"
    fps: float | None = None
    """Frames per second, instead of what the format or the file says."""
    size: tuple[int, int] | None = None
    """Width and height of pictures, where the file does not tell."""
    body_model: Path | None = None
    """A body model in SMPL's format instead of the free one."""

    def split_of(self, subject: str) -> str:
        """The split of a subject whose file does not tell."""
        return "val" if subject in self.val else "test" if subject in self.test else self.split


@dataclass(frozen=True)
class ImportFile:
    """A file to import."""

    path: Path
    name: str
    """Its path below the folder that the user named, without the suffix."""


@dataclass(frozen=True)
class Importer:
    """A format: which files are its own, and how the clips come out of one."""

    suffix: str
    read: Callable[[ImportFile, ImportOptions], Iterator[NewClip]]
    skipped: tuple[str, ...] = ()
    """Ends of file names that hold no motion and are passed over."""


def grid(frames: int, rate: float) -> Floats | None:
    """ImportFile frame numbers (N,), with fractions, of each frame at `FRAME_RATE`; None where the rates are the same."""
    if abs(rate / FRAME_RATE - 1) < SAME_RATE:
        return None
    step = rate / FRAME_RATE
    # Files round their frame times: the last frame is reached though it seems to lie a little too late.
    return np.minimum(np.arange(int((frames - 1) / step + 1e-3) + 1) * step, frames - 1)


def at_rate(values: Floats, rate: float) -> Floats:
    """Values (T, ...) at `rate` frames/s brought to `FRAME_RATE`."""
    wanted = grid(len(values), rate)
    return values if wanted is None else resample(values, np.arange(len(values), dtype=float), wanted)


def points_at_rate(xy: Floats, score: Floats, rate: float) -> tuple[Floats, Floats]:
    """The same of points (T, J, 2) with scores (T, J), in straight lines; missing beside a missing one."""
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
    """Points (..., 3) of a right-handed world with Z up in one with Y up; X stays."""
    return np.stack([points[..., 0], points[..., 2], -points[..., 1]], -1)
