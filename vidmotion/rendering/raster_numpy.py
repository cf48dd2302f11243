"""The loops of `raster` in numpy; see `raster.Kernels` for their arguments.

All samples in the triangles' boxes are tested side by side, a bounded number of them at a time.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from vidmotion.rendering.ink import Canvas
from vidmotion.rendering.raster import SAMPLES, TINY
from vidmotion.types import Ints

INSIDE = -1e-7
AT_A_TIME = 1 << 18
"""Samples that are tested at a time, beyond those of one triangle: about 40 MB."""


def fill(
    xy: NDArray[np.float32],
    near: NDArray[np.float32],
    faces: Ints,
    rgba: NDArray[np.float32],
    nearest: NDArray[np.float32],
    layer: NDArray[np.float32],
) -> None:
    """See `Kernels.fill`."""
    faces, boxes = _seen(xy.astype(np.float64), near, faces, nearest.shape)
    for part in _parts((boxes[:, 2:] - boxes[:, :2]).prod(1)):
        _fill_part(xy.astype(np.float64), near, faces[part], boxes[part], rgba, nearest.reshape(-1), layer)


def _seen(
    xy: NDArray[np.float64], near: NDArray[np.float32], faces: Ints, size: tuple[int, ...]
) -> tuple[Ints, Ints]:
    """The faces (N, 3) that are turned to the camera and in the picture, and their samples x0 y0 x1 y1 (N, 4)."""
    faces = faces[(near[faces] > 0).all(1)]
    corners = xy[faces]  # (F, 3, 2)
    low = np.ceil(np.maximum(corners.min(1) - 0.5, 0))
    high = np.floor(np.minimum(corners.max(1) - 0.5, np.array(size[::-1]) - 1.0)) + 1
    (abx, aby), (acx, acy) = (corners[:, 2] - corners[:, 0]).T, (corners[:, 1] - corners[:, 0]).T
    kept = (abx * acy - aby * acx > TINY) & (low < high).all(1)
    return faces[kept], np.concatenate([low[kept], high[kept]], axis=1).astype(np.int64)


def _parts(samples: Ints) -> Iterator[slice]:
    """Runs of triangles that have at most AT_A_TIME samples (N,), or that are one triangle."""
    ends, first = np.cumsum(samples), 0
    while first < len(samples):
        done = ends[first] - samples[first]
        last = max(int(np.searchsorted(ends, done + AT_A_TIME, side="right")), first + 1)
        yield slice(first, last)
        first = last


def _fill_part(
    xy: NDArray[np.float64],
    near: NDArray[np.float32],
    faces: Ints,
    boxes: Ints,
    rgba: NDArray[np.float32],
    nearest: NDArray[np.float32],
    layer: NDArray[np.float32],
) -> None:
    wide, count = boxes[:, 2] - boxes[:, 0], (boxes[:, 2:] - boxes[:, :2]).prod(1)
    owner = np.repeat(np.arange(len(faces)), count)  # (N,) the triangle of each sample
    down, right = np.divmod(np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count), wide[owner])
    x, y = boxes[owner, 0] + right, boxes[owner, 1] + down

    start = xy[faces[:, 0]]
    (abx, aby), (acx, acy) = (xy[faces[:, 2]] - start).T, (xy[faces[:, 1]] - start).T
    area = abx * acy - aby * acx
    dx, dy = x + 0.5 - start[owner, 0], y + 0.5 - start[owner, 1]
    wb = (dx * acy[owner] - dy * acx[owner]) / area[owner]
    wc = (abx[owner] * dy - aby[owner] * dx) / area[owner]
    wa = 1.0 - wb - wc
    inside = (wa >= INSIDE) & (wb >= INSIDE) & (wc >= INSIDE)

    corners = faces[owner[inside]][:, [0, 2, 1]]
    weights = np.stack([wa, wb, wc], axis=1)[inside]
    sample = (y * layer.shape[1] + x)[inside]
    depth = (weights * near[corners]).sum(1).astype(np.float32)
    np.maximum.at(nearest, sample, depth)
    won = depth == nearest[sample]
    layer.reshape(-1, 4)[sample[won]] = (weights[won, :, None] * rgba[corners[won]]).sum(1)


def blend(canvas: Canvas, nearest: NDArray[np.float32], layer: NDArray[np.float32]) -> None:
    """See `Kernels.blend`."""
    drawn = np.where(nearest[..., None] > 0, layer, 0)
    drawn[..., :3] *= drawn[..., 3:]
    height, width = canvas.shape[:2]
    pixels = drawn.reshape(height, SAMPLES, width, SAMPLES, 4).mean((1, 3))
    mixed = canvas * (1 - pixels[..., 3:]) + pixels[..., :3] + np.float32(0.5)
    canvas[:] = np.where(pixels[..., 3:] > 0, mixed, canvas).astype(np.uint8)
