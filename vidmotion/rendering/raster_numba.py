"""The inner loops of `raster`, compiled by numba; see `raster.Kernels` for their arguments."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vidmotion.geometry.compiled import compiled
from vidmotion.rendering.drawing import Canvas
from vidmotion.rendering.raster import EDGE_TOLERANCE, LEAST_AREA, SAMPLES
from vidmotion.types import Ints

Float32s = NDArray[np.float32]


@compiled
def fill(xy: Float32s, near: Float32s, faces: Ints, rgba: Float32s, nearest: Float32s, layer: Float32s) -> None:
    """See `Kernels.fill`."""
    height, width = nearest.shape
    for face in range(len(faces)):
        # Pixels count downwards, so anticlockwise faces run clockwise here.
        a, c, b = faces[face, 0], faces[face, 1], faces[face, 2]
        if near[a] <= 0 or near[b] <= 0 or near[c] <= 0:
            continue
        ax, ay = np.float64(xy[a, 0]), np.float64(xy[a, 1])
        abx, aby, acx, acy = xy[b, 0] - ax, xy[b, 1] - ay, xy[c, 0] - ax, xy[c, 1] - ay
        area = abx * acy - aby * acx
        if area <= LEAST_AREA:
            continue
        left = max(np.ceil(ax + min(0.0, abx, acx) - 0.5), 0.0)
        right = min(np.floor(ax + max(0.0, abx, acx) - 0.5), width - 1.0)
        top = int(np.ceil(max(ay + min(0.0, aby, acy) - 0.5, 0.0)))
        bottom = int(np.floor(min(ay + max(0.0, aby, acy) - 0.5, height - 1.0)))
        # The change of the corners' weights from one sample to the next.
        step_b, step_c = acy / area, -aby / area
        step_a = -step_b - step_c
        for y in range(top, bottom + 1):
            # The weights at x = 0, and the range of x in which none of them is negative.
            down = y + 0.5 - ay
            row_b, row_c = -acx / area * down + step_b * (0.5 - ax), abx / area * down + step_c * (0.5 - ax)
            first, last = left, right
            for row, step in ((row_b, step_b), (row_c, step_c), (1 - row_b - row_c, step_a)):
                if step > 0:
                    first = max(first, -(row + EDGE_TOLERANCE) / step)
                elif step < 0:
                    last = min(last, -(row + EDGE_TOLERANCE) / step)
            if first > last:
                continue
            for x in range(int(np.ceil(first)), int(np.floor(last)) + 1):
                wb, wc = row_b + x * step_b, row_c + x * step_c
                wa = 1.0 - wb - wc
                depth = np.float32(wa * near[a] + wb * near[b] + wc * near[c])
                if depth > nearest[y, x]:
                    nearest[y, x] = depth
                    fa, fb, fc = np.float32(wa), np.float32(wb), np.float32(wc)
                    for k in range(4):
                        layer[y, x, k] = fa * rgba[a, k] + fb * rgba[b, k] + fc * rgba[c, k]


@compiled
def blend(canvas: Canvas, nearest: Float32s, layer: Float32s) -> None:
    """See `Kernels.blend`."""
    share, half = np.float32(1.0 / SAMPLES**2), np.float32(0.5)
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
                rest = 1 - opacity
                canvas[y, x, 0] = np.uint8(canvas[y, x, 0] * rest + red + half)
                canvas[y, x, 1] = np.uint8(canvas[y, x, 1] * rest + green + half)
                canvas[y, x, 2] = np.uint8(canvas[y, x, 2] * rest + blue + half)
