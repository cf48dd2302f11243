"""Packed motion: a folder of memory-mapped arrays and an index, without pickle. `vidmotion data import` writes it.

    *_pos.npy   int16 (N, 17, 3)    joint minus root, steps of 0.1 mm
    *_root.npy  float32 (N, 3)      root (joint 0), metres
    *_rot.npy   int16 (N, 22, 3)    optional; see `vidmotion.data.synthetic.mocap_rotations`
    *_xy.npy    float32 (N, 17, 2)  optional: pixels from the picture's center, x right, y down
    *_score.npy uint8 (N, 17)       beside xy: confidence times 255; 0: missing
    index.csv   clip, subject, split, offset, n_frames, fps, and where known:
                class               class of the motion
                scene, person       clips of one scene show several people at the same time
                width, height       of the picture, pixels
                focal               of the camera, pixels; if empty, `DEFAULT_FOCAL` times the longer side
                description         what happens, in words

A folder has 3D (pos, root), or 2D (xy, score; `vidmotion.data.packed_keypoints`), or both. Axes of pos and root: the
world, right-handed and Y up; beside xy the camera's, x right, y down, z forward. Joints are Human3.6M's 17.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vidmotion.errors import InputError
from vidmotion.io.pickles import DAMAGED
from vidmotion.model.normalization import FRAME_RATE

STEP = 1e-4
"""Metres per unit of the packed positions."""
ROTATION_STEP = 1e-4
"""Radians per unit of the packed rotations."""
SCORE_STEP = 1 / 255
"""Confidence per unit of the packed scores."""
DEFAULT_FOCAL = 1.15
"""Focal length, in longer sides of the picture, where it is unknown: a field of view of 47 degrees."""
COLUMNS = ("clip", "subject", "split", "offset", "n_frames", "fps")
"""Columns that every index has."""


@dataclass(frozen=True)
class Clip:
    """A range of frames in a `Mocap` or in `vidmotion.data.packed_keypoints.Points2D`."""

    name: str
    subject: str
    offset: int
    frames: int
    label: str = ""
    """Class of the motion, or ""."""
    scene: str = ""
    """Clips of one scene show several people at the same time."""
    person: str = ""


@dataclass(frozen=True, eq=False)
class Mocap:
    """The clips of one split, joined along time."""

    joints: Tensor
    """(N, 17, 3) metres in the world."""
    clips: tuple[Clip, ...]

    def clip(self, index: int) -> Tensor:
        """(T, 17, 3) joints of one clip in metres."""
        clip = self.clips[index]
        return self.joints[clip.offset : clip.offset + clip.frames]


@dataclass(frozen=True, eq=False)
class PackedFolder:
    """The contents of a packed folder, as stored."""

    name: str
    """Common beginning of the files' names."""
    rows: list[dict[str, str]]
    """Rows of the index, of one split or of all; offsets, lengths and rates have been checked."""
    positions: np.ndarray
    """(N, 17, 3) joint minus root, in steps of `STEP`."""
    roots: np.ndarray
    """(N, 3) metres."""
    rotations: np.ndarray | None
    """As stored, or None if there is no such file."""
    in_camera_axes: bool
    """Whether positions and roots are in camera axes; otherwise in world axes."""

    def joints(self) -> Tensor:
        """(M, 17, 3) metres, the frames of all rows, joined along time."""
        spans = [slice(int(row["offset"]), int(row["offset"]) + int(row["n_frames"])) for row in self.rows]
        return torch.from_numpy(
            np.concatenate(
                [
                    self.positions[span].astype(np.float32) * STEP + self.roots[span, None].astype(np.float32)
                    for span in spans
                ]
            )
        )


def read_mocap(folder: Path, split: str) -> Mocap:
    """Read the clips of `split` ("train", "val" or "test") from a packed folder.

    Joints in camera axes are turned into a world with Y up, as if the camera had been level.

    Raises:
        InputError: the folder holds no packed motion capture, is damaged, has another frame rate than `FRAME_RATE`,
            or has no clip of that split.
    """
    packed = read_packed(folder, split)
    clips: list[Clip] = []
    for row in packed.rows:
        clips.append(parse_clip(row, clips[-1].offset + clips[-1].frames if clips else 0))
    joints = packed.joints()
    return Mocap(joints * torch.tensor([1.0, -1.0, -1.0]) if packed.in_camera_axes else joints, tuple(clips))


def parse_clip(row: dict[str, str], offset: int) -> Clip:
    """The clip that a row of the index describes, with its frames beginning at `offset`."""
    extra = (row.get(name) or "" for name in ("class", "scene", "person"))
    return Clip(row["clip"], row["subject"], offset, int(row["n_frames"]), *extra)


def read_packed(folder: Path, split: str | None) -> PackedFolder:
    """The arrays of a packed folder and the clips of one split, or of all.

    Raises:
        InputError: as `read_mocap`.
    """
    name = stem(folder)
    if not (folder / f"{name}_pos.npy").is_file():
        raise InputError(f"{folder} holds 2D points and no 3D (*_pos.npy); use a folder of motion capture instead")
    positions, roots = read_array(folder / f"{name}_pos.npy"), read_array(folder / f"{name}_root.npy")
    if positions.shape != (len(roots), 17, 3) or roots.shape != (len(roots), 3):
        raise InputError(
            f"{folder}: wanted positions of shape (N, 17, 3) and roots of shape (N, 3), "
            f"received {positions.shape} and {roots.shape}"
        )
    rotations = read_array(folder / f"{name}_rot.npy") if (folder / f"{name}_rot.npy").is_file() else None
    rows = read_rows(folder, split, len(positions))
    return PackedFolder(name, rows, positions, roots, rotations, (folder / f"{name}_xy.npy").is_file())


def stem(folder: Path) -> str:
    """Common beginning of the names of a packed folder's files.

    Raises:
        InputError: the folder holds no packed motion, or more than one.
    """
    names = {path.name.removesuffix(end) for end in ("_pos.npy", "_xy.npy") for path in folder.glob(f"*{end}")}
    if len(names) != 1 or not (folder / "index.csv").is_file():
        raise InputError(
            f"{folder} holds no packed motion capture (one *_pos.npy, *_root.npy, index.csv); "
            "`vidmotion data import` makes one"
        )
    return names.pop()


def read_rows(folder: Path, split: str | None, total: int) -> list[dict[str, str]]:
    """Rows of the index, of one split or of all, for arrays of `total` frames.

    Raises:
        InputError: the index is damaged, has no clip of that split, or has a clip of another rate than `FRAME_RATE`.
    """
    rows = [row for row in _read_index(folder / "index.csv") if split is None or row["split"] == split]
    if not rows:
        raise InputError(f"{folder / 'index.csv'} has no clip of split {split!r}")
    for row in rows:
        _check_row(row, total, folder)
    return rows


def splits(folder: Path) -> set[str]:
    """The splits that occur in a packed folder.

    Raises:
        InputError: the folder is not a packed folder, or its index is damaged.
    """
    stem(folder)
    return {row["split"] for row in _read_index(folder / "index.csv")}


def read_array(path: Path) -> np.ndarray:
    """A memory-mapped array of numbers.

    Raises:
        InputError: the file is missing, damaged, or holds something else.
    """
    try:
        array: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise InputError(f"{path.parent}: {path.name} is missing") from None
    except (OSError, *DAMAGED) as error:
        raise InputError(f"{path.parent}: {path.name} cannot be read ({error})") from None
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "iuf" or not array.ndim:
        raise InputError(f"{path.parent}: {path.name} holds no array of numbers")
    return array


def _read_index(path: Path) -> list[dict[str, str]]:
    """The rows of an index, each with all of `COLUMNS`."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            columns = reader.fieldnames or ()
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path.parent}: index.csv cannot be read ({error})") from None
    missing = [name for name in COLUMNS if name not in columns]
    if missing:
        raise InputError(f"{path.parent}: index.csv lacks the column {missing[0]}; wanted {', '.join(COLUMNS)}")
    for number, row in enumerate(rows, start=1):
        if any(row[name] is None for name in COLUMNS):
            raise InputError(f"{path.parent}: index.csv, clip {number}: the row is too short")
    return rows


def _check_row(row: dict[str, str], total: int, folder: Path) -> None:
    try:
        start, frames, rate = int(row["offset"]), int(row["n_frames"]), float(row["fps"])
    except ValueError as error:
        raise InputError(f"{folder}: index.csv, clip {row['clip']}: {error}") from None
    if start < 0 or frames < 1 or start + frames > total:
        raise InputError(f"{folder}: clip {row['clip']} lies outside the arrays; the folder is damaged")
    if rate != FRAME_RATE:
        raise InputError(f"{folder}: clip {row['clip']} has {rate:g} frames/s; resample to {FRAME_RATE} frames/s")
