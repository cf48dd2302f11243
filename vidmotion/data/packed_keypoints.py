"""Reads the 2D points of packed folders (`vidmotion.data.mocap`) as camera rays, with 3D joints where there are any.

Needs numpy and torch only. Does not depend on windows or networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vidmotion.data.mocap import DEFAULT_FOCAL, SCORE_STEP, Clip, parse_clip, read_array, read_packed, read_rows, stem
from vidmotion.errors import InputError


@dataclass(frozen=True, eq=False)
class Points2D:
    """The 2D clips of one split, joined along time."""

    rays: Tensor
    """(N, 17, 2) points on the plane z = 1 in front of the camera, x right, y down; zeros where missing."""
    score: Tensor
    """(N, 17) in 0..1; 0 where a point is missing."""
    joints: Tensor | None
    """(N, 17, 3) metres in camera axes; None where the folder has no 3D."""
    clips: tuple[Clip, ...]

    def clip(self, index: int) -> tuple[Tensor, Tensor]:
        """Rays (T, 17, 2) and scores (T, 17) of one clip."""
        clip = self.clips[index]
        rows = slice(clip.offset, clip.offset + clip.frames)
        return self.rays[rows], self.score[rows]


def has_points(folder: Path) -> bool:
    """Whether a packed folder holds 2D points.

    Raises:
        InputError: the folder is not a packed folder.
    """
    return (folder / f"{stem(folder)}_xy.npy").is_file()


def is_2d_only(folder: Path) -> bool:
    """Whether a packed folder holds 2D points and no 3D joints.

    Raises:
        InputError: the folder is not a packed folder.
    """
    return has_points(folder) and not (folder / f"{stem(folder)}_pos.npy").is_file()


def read_points(folder: Path, split: str) -> Points2D:
    """Read the 2D clips of `split` ("train", "val" or "test") from a packed folder.

    Raises:
        InputError: the folder holds no 2D points, is damaged, has another frame rate than `FRAME_RATE`, or has no clip
            of that split.
    """
    name = stem(folder)
    if not has_points(folder):
        raise InputError(
            f"{folder} holds no 2D points (*_xy.npy); `vidmotion data import` and `vidmotion data detect` make some"
        )
    xy, levels = read_array(folder / f"{name}_xy.npy"), read_array(folder / f"{name}_score.npy")
    if xy.shape != (len(levels), 17, 2) or levels.shape != (len(levels), 17):
        raise InputError(
            f"{folder}: wanted points of shape (N, 17, 2) and scores of shape (N, 17), "
            f"received {xy.shape} and {levels.shape}"
        )
    rows = read_rows(folder, split, len(xy))
    spans = [slice(int(row["offset"]), int(row["offset"]) + int(row["n_frames"])) for row in rows]
    rays = np.empty((sum(span.stop - span.start for span in spans), 17, 2), np.float32)
    score, clips, offset = np.empty(rays.shape[:2], np.float32), [], 0
    for row, span in zip(rows, spans, strict=True):
        clip = parse_clip(row, offset)
        offset += clip.frames
        rays[clip.offset : offset] = xy[span] / _focal(row, folder)
        score[clip.offset : offset] = levels[span] * SCORE_STEP
        clips.append(clip)
    return Points2D(
        torch.from_numpy(rays), torch.from_numpy(score), _joints(folder, name, split, len(xy)), tuple(clips)
    )


def _focal(row: dict[str, str], folder: Path) -> float:
    """Focal length of a row's camera in pixels."""
    try:
        focal = float(row.get("focal") or 0) or DEFAULT_FOCAL * max(
            float(row.get(side) or 0) for side in ("width", "height")
        )
    except ValueError as error:
        raise InputError(f"{folder}: index.csv, clip {row['clip']}: {error}") from None
    if not focal > 0:
        raise InputError(f"{folder}: index.csv, clip {row['clip']}: wanted a focal length, or width and height")
    return focal


def _joints(folder: Path, name: str, split: str, total: int) -> Tensor | None:
    """3D joints of the same clips, or None."""
    if not (folder / f"{name}_pos.npy").is_file():
        return None
    packed = read_packed(folder, split)
    if len(packed.positions) != total:
        raise InputError(f"{folder}: {total} frames of 2D but {len(packed.positions)} of 3D; the folder is damaged")
    return packed.joints()
