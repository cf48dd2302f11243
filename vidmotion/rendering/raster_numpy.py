"""The inner loops of `raster` in numpy; see `raster.Kernels` for their arguments.

Triangles are cut into rows of samples, and the samples of many rows are processed at once. Along a row all values are
linear in x.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vidmotion.rendering.drawing import Canvas
from vidmotion.rendering.raster import EDGE_TOLERANCE, LEAST_AREA, SAMPLES
from vidmotion.types import Floats, Ints

AT_A_TIME = 1 << 18
"""Samples, or rows, that are processed at once, at least those of one row or triangle: about 40 MB."""


def fill(
    xy: NDArray[np.float32],
    near: NDArray[np.float32],
    faces: Ints,
    rgba: NDArray[np.float32],
    nearest: NDArray[np.float32],
    layer: NDArray[np.float32],
) -> None:
    """See `Kernels.fill`."""
    values = np.concatenate([near[:, None], rgba], axis=1)
    triangles = _prepare(xy.astype(np.float64), values, faces[(near[faces] > 0).all(1)], nearest.shape)
    for some in _slices(triangles.box[:, 3] - triangles.box[:, 1]):
        rows = _cut(triangles, some)
        for part in _slices(rows.count):
            _fill_rows(rows, part, nearest, layer)


@dataclass(frozen=True, eq=False)
class _Triangles:
    """F triangles that are in the picture and face the camera.

    K = 7 values vary over each: the weights of the second and third corner, one over the depth, color, opacity.
    """

    box: Ints
    """(F, 4) bounds x0 y0 x1 y1 in samples."""
    values: Floats
    """(F, K) at x = y = 0."""
    along: Floats
    """(F, K) change from one sample to its right neighbor."""
    down: Floats
    """(F, K) change from one sample to the one below."""


def _prepare(xy: Floats, values: Floats, faces: Ints, size: tuple[int, ...]) -> _Triangles:
    """Prepare the faces (F, 3) with vertices at samples (V, 2) with values (V, 5) for a picture (H, W)."""
    corners = faces[:, [0, 2, 1]]  # Pixels count downwards, so anticlockwise faces run clockwise here.
    positions = xy[corners]  # (F, 3, 2)
    low = np.ceil(np.maximum(positions.min(1) - 0.5, 0))
    high = np.floor(np.minimum(positions.max(1) - 0.5, np.array(size[::-1]) - 1.0)) + 1
    (abx, aby), (acx, acy) = (positions[:, 1] - positions[:, 0]).T, (positions[:, 2] - positions[:, 0]).T
    area = abx * acy - aby * acx
    kept = (area > LEAST_AREA) & (low < high).all(1)

    a, b, c = values[corners[kept]].swapaxes(0, 1)
    ones, zeros = np.ones((len(a), 1)), np.zeros((len(a), 1))
    start = np.concatenate([zeros, zeros, a], axis=1)
    to_b = np.concatenate([ones, zeros, b - a], axis=1)
    to_c = np.concatenate([zeros, ones, c - a], axis=1)
    bx, by, cx, cy = (part[kept, None] / area[kept, None] for part in (acy, -acx, -aby, abx))
    along, down = bx * to_b + cx * to_c, by * to_b + cy * to_c
    offset = 0.5 - positions[kept, 0]
    start += along * offset[:, :1] + down * offset[:, 1:]
    return _Triangles(np.concatenate([low, high], axis=1)[kept].astype(np.int64), start, along, down)


@dataclass(frozen=True, eq=False)
class _Rows:
    """N rows of samples inside triangles."""

    y: Ints
    """(N,) samples."""
    first: Ints
    """(N,) x of the first sample."""
    count: Ints
    """(N,) number of samples."""
    values: Floats
    """(N, 5) one over the depth, color, opacity at x = 0."""
    along: Floats
    """(N, 5) change from one sample to the next."""


def _cut(triangles: _Triangles, some: slice) -> _Rows:
    """The rows of a few of the triangles."""
    box = triangles.box[some]
    owner, below = _count_up(box[:, 3] - box[:, 1])
    y, along = box[owner, 1] + below, triangles.along[some][owner]
    values = triangles.values[some][owner] + y[:, None] * triangles.down[some][owner]
    first, count = _span(values[:, :2], along[:, :2], box[owner, 0], box[owner, 2])
    return _Rows(y, first, count, values[:, 2:], along[:, 2:])


def _span(weights: Floats, steps: Floats, left: Ints, end: Ints) -> tuple[Ints, Ints]:
    """The first x (N,) and the number (N,) of samples between left and end where no weight is negative."""
    low, high = left.astype(np.float64), end - 1.0
    for row, step in zip((*weights.T, 1 - weights.sum(1)), (*steps.T, -steps.sum(1)), strict=True):
        bound = -(row + EDGE_TOLERANCE) / np.where(step == 0, 1, step)
        low = np.where(step > 0, np.maximum(low, bound), low)
        high = np.where(step < 0, np.minimum(high, bound), high)
    first = np.ceil(np.minimum(low, end)).astype(np.int64)
    return first, np.maximum(np.floor(high).astype(np.int64) + 1 - first, 0)


def _count_up(counts: Ints) -> tuple[Ints, Ints]:
    """For groups of so many items (N,): the group that each item belongs to, and its number within the group from 0."""
    owner = np.repeat(np.arange(len(counts)), counts)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)


def _slices(counts: Ints) -> Iterator[slice]:
    """Slices of groups of so many items (N,): each has at most AT_A_TIME items, or is one group."""
    ends, first = np.cumsum(counts), 0
    while first < len(counts):
        done = ends[first] - counts[first]
        last = max(int(np.searchsorted(ends, done + AT_A_TIME, side="right")), first + 1)
        yield slice(first, last)
        first = last


def _fill_rows(rows: _Rows, some: slice, nearest: NDArray[np.float32], layer: NDArray[np.float32]) -> None:
    owner, right = _count_up(rows.count[some])
    values, along = rows.values[some], rows.along[some]
    x = rows.first[some][owner] + right
    sample = rows.y[some][owner] * nearest.shape[1] + x
    depth = (values[owner, 0] + x * along[owner, 0]).astype(np.float32)
    best = nearest.reshape(-1)
    np.maximum.at(best, sample, depth)
    won = np.flatnonzero(depth == best[sample])
    owner = owner[won]
    layer.reshape(-1, 4)[sample[won]] = values[owner, 1:] + x[won, None] * along[owner, 1:]


def blend(canvas: Canvas, nearest: NDArray[np.float32], layer: NDArray[np.float32]) -> None:
    """See `Kernels.blend`."""
    total = np.zeros((*canvas.shape[:2], 4), np.float32)
    for corner in np.ndindex(SAMPLES, SAMPLES):
        part = tuple(slice(start, None, SAMPLES) for start in corner)
        opacity = np.where(nearest[part] > 0, layer[part][..., 3], 0) / np.float32(SAMPLES**2)
        total[..., 3] += opacity
        total[..., :3] += np.where(opacity[..., None] > 0, layer[part][..., :3], 0) * opacity[..., None]
    mixed = canvas * (1 - total[..., 3:]) + total[..., :3] + np.float32(0.5)
    np.copyto(canvas, mixed.astype(np.uint8), where=total[..., 3:] > 0)
