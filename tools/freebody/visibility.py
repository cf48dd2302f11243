"""Finds the faces that are visible from outside, with images of face numbers from many sides."""

from __future__ import annotations

from collections.abc import Callable

import numba
import numpy as np

from vidmotion.types import Bools, Floats, Ints

SEED = 0
VIEWS = 60
PIXELS = 1400
"""Width and height of each image."""
CLOSE = 0.16
"""Metres, half of the width of a close-up."""
_MARGIN = 0.01
"""Metres around the whole body."""


def seen_faces(vertices: Floats, faces: Ints, head: Bools) -> Bools:
    """(F,) whether a face is visible in any image: from each side the whole body, the head, and a random position.

    Args:
        vertices: (V, 3) metres.
        faces: (F, 3)
        head: (V,) the vertices of the head.
    """
    rng = np.random.default_rng(SEED)
    seen = np.zeros(len(faces), bool)
    for _ in range(VIEWS):
        rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
        rotated = vertices @ rotation
        flat = rotated[:, :2]
        whole = float(np.ptp(flat, axis=0).max()) / 2 + _MARGIN
        place = flat[rng.integers(len(flat))]
        for center, half in ((flat.mean(0), whole), (flat[head].mean(0), CLOSE), (place, CLOSE)):
            points = (flat - center) / half * PIXELS / 2 + PIXELS / 2
            numbers = _face_numbers(points, rotated[:, 2], faces, PIXELS)
            seen[np.unique(numbers[numbers >= 0])] = True
    return seen


def _draw_face_numbers(points: Floats, depth: Floats, faces: Ints, pixels: int) -> Ints:
    """(pixels, pixels) the nearest face in each pixel, -1 for none.

    Args:
        points: (V, 2) pixels.
        depth: (V,) smaller is nearer.
        faces: (F, 3)
    """
    nearest = np.full((pixels, pixels), np.inf)
    numbers = np.full((pixels, pixels), -1)
    for number in range(len(faces)):
        a, b, c = faces[number]
        ax, ay = points[a]
        bx, by = points[b]
        cx, cy = points[c]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if abs(area) < 1e-12:
            continue
        left = max(0, int(np.ceil(min(ax, bx, cx) - 0.5)))
        right = min(pixels - 1, int(np.floor(max(ax, bx, cx) - 0.5)))
        top = max(0, int(np.ceil(min(ay, by, cy) - 0.5)))
        bottom = min(pixels - 1, int(np.floor(max(ay, by, cy) - 0.5)))
        for y in range(top, bottom + 1):
            for x in range(left, right + 1):
                of_a = ((bx - x - 0.5) * (cy - y - 0.5) - (by - y - 0.5) * (cx - x - 0.5)) / area
                of_b = ((cx - x - 0.5) * (ay - y - 0.5) - (cy - y - 0.5) * (ax - x - 0.5)) / area
                of_c = 1 - of_a - of_b
                if of_a < 0 or of_b < 0 or of_c < 0:
                    continue
                z = of_a * depth[a] + of_b * depth[b] + of_c * depth[c]
                if z < nearest[y, x]:
                    nearest[y, x] = z
                    numbers[y, x] = number
    return numbers


_face_numbers: Callable[[Floats, Floats, Ints, int], Ints] = numba.njit(_draw_face_numbers)
