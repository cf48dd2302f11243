"""Packed motion capture: a folder of memory-mapped arrays and an index, no pickle.

    *_pos.npy   int16 (N, 17, 3)   joint minus root, steps of 0.1 mm
    *_root.npy  float32 (N, 3)     root (joint 0) in the world, metres
    index.csv   clip, subject, split, offset, n_frames, fps, ...

World axes: right-handed, Y up; joints are Human3.6M's 17. Knows nothing about cameras or noise.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vidmotion.errors import InputError

STEP = 1e-4
"""Metres per unit of the packed positions."""


@dataclass(frozen=True)
class Clip:
    """A run of frames in a `Mocap`."""

    name: str
    subject: str
    offset: int
    frames: int


@dataclass(frozen=True, eq=False)
class Mocap:
    """The clips of one split, joined along time."""

    joints: Tensor
    """(N, 17, 3) metres in the world."""
    clips: tuple[Clip, ...]
    fps: float

    def clip(self, index: int) -> Tensor:
        """(T, 17, 3) joints of one clip in metres."""
        clip = self.clips[index]
        return self.joints[clip.offset : clip.offset + clip.frames]


def read_mocap(folder: Path, split: str) -> Mocap:
    """Read the clips of `split` ("train", "val" or "test") from a packed folder.

    Raises:
        InputError: the folder holds no packed motion capture, is damaged, or has no clip of that split.
    """
    position_files = sorted(folder.glob("*_pos.npy"))
    if len(position_files) != 1 or not (folder / "index.csv").is_file():
        raise InputError(f"{folder} holds no packed motion capture (one *_pos.npy, *_root.npy, index.csv)")
    positions = np.load(position_files[0], mmap_mode="r", allow_pickle=False)
    roots = np.load(str(position_files[0]).replace("_pos.npy", "_root.npy"), mmap_mode="r", allow_pickle=False)
    with (folder / "index.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == split]
    if not rows:
        raise InputError(f"{folder / 'index.csv'} has no clip of split {split!r}")
    return _join(rows, positions, roots, folder)


def _join(rows: list[dict[str, str]], positions: np.ndarray, roots: np.ndarray, folder: Path) -> Mocap:
    parts, clips, offset = [], [], 0
    for row in rows:
        start, frames = int(row["offset"]), int(row["n_frames"])
        if start + frames > len(positions):
            raise InputError(f"{folder}: clip {row['clip']} lies outside the arrays; the folder is damaged")
        window = slice(start, start + frames)
        parts.append(positions[window].astype(np.float32) * STEP + roots[window, None])
        clips.append(Clip(row["clip"], row["subject"], offset, frames))
        offset += frames
    rates = {float(row["fps"]) for row in rows}
    if len(rates) != 1:
        raise InputError(f"{folder}: wanted one frame rate, found {sorted(rates)}")
    return Mocap(torch.from_numpy(np.concatenate(parts)), tuple(clips), rates.pop())
