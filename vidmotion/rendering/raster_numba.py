"""The loops of `raster` compiled by numba; see `raster.Kernels` for their arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from vidmotion.rendering.raster import SAMPLES, TINY

INSIDE = -1e-7
"""Least weight of a corner: samples on an edge belong to both triangles, so that no seam stays open."""


def _compiled(loop: Callable[..., None]) -> Any:
    try:
        return numba.njit(cache=True, fastmath=True, nogil=True)(loop)
    except RuntimeError:  # neither the package nor the user's cache folder can hold the compiled code
        return numba.njit(fastmath=True, nogil=True)(loop)


@_compiled
def fill(xy, near, faces, rgba, nearest, layer):
    height, width = nearest.shape
    for face in range(len(faces)):
        # Pixels count downwards, so anticlockwise faces run clockwise here.
        a, c, b = faces[face, 0], faces[face, 1], faces[face, 2]
        if near[a] <= 0 or near[b] <= 0 or near[c] <= 0:
            continue
        ax, ay = np.float64(xy[a, 0]), np.float64(xy[a, 1])
        abx, aby, acx, acy = xy[b, 0] - ax, xy[b, 1] - ay, xy[c, 0] - ax, xy[c, 1] - ay
        area = abx * acy - aby * acx
        if area <= TINY:
            continue
        left = int(np.ceil(max(ax + min(0.0, abx, acx) - 0.5, 0.0)))
        right = int(np.floor(min(ax + max(0.0, abx, acx) - 0.5, width - 1.0)))
        top = int(np.ceil(max(ay + min(0.0, aby, acy) - 0.5, 0.0)))
        bottom = int(np.floor(min(ay + max(0.0, aby, acy) - 0.5, height - 1.0)))
        for y in range(top, bottom + 1):
            dy = y + 0.5 - ay
            for x in range(left, right + 1):
                dx = x + 0.5 - ax
                wb = (dx * acy - dy * acx) / area
                wc = (abx * dy - aby * dx) / area
                wa = 1.0 - wb - wc
                if wa < INSIDE or wb < INSIDE or wc < INSIDE:
                    continue
                depth = np.float32(wa * near[a] + wb * near[b] + wc * near[c])
                if depth > nearest[y, x]:
                    nearest[y, x] = depth
                    for k in range(4):
                        layer[y, x, k] = wa * rgba[a, k] + wb * rgba[b, k] + wc * rgba[c, k]


@_compiled
def blend(canvas, nearest, layer):
    share = np.float32(1.0 / SAMPLES**2)
    for y in range(canvas.shape[0]):
        for x in range(canvas.shape[1]):
            red, green, blue, opacity = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
            for j in range(y * SAMPLES, (y + 1) * SAMPLES):
                for i in range(x * SAMPLES, (x + 1) * SAMPLES):
                    if nearest[j, i] > 0:
                        part = layer[j, i, 3] * share
                        red += layer[j, i, 0] * part
                        green += layer[j, i, 1] * part
                        blue += layer[j, i, 2] * part
                        opacity += part
            if opacity > 0:
                rest, half = 1 - opacity, np.float32(0.5)
                canvas[y, x, 0] = np.uint8(canvas[y, x, 0] * rest + red + half)
                canvas[y, x, 1] = np.uint8(canvas[y, x, 1] * rest + green + half)
                canvas[y, x, 2] = np.uint8(canvas[y, x, 2] * rest + blue + half)
