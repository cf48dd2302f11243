"""Draws triangle meshes into a picture through one depth buffer: the nearest surface wins, edges are smooth.

Knows pixels, depths and colours; nothing about people, cameras or light. The inner loops are in `raster_numba`,
or, where numba is not installed, in `raster_numpy`, which makes the same picture more slowly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from vidmotion.rendering.drawing import Canvas
from vidmotion.types import Bools, Floats, Ints, check_shape

NEAR = 0.1
"""Metres; triangles that reach nearer to the camera, or behind it, are left out."""
FAR = 1e6
"""Pixels beside the picture; triangles with a corner further away are left out, too."""
SAMPLES = 2
"""Along each side of a pixel."""
TINY = 1e-9
"""Square samples that a triangle must cover to count as turned to the camera."""
SPEED_UP = 10
"""How much faster numba draws a mesh, measured by `benchmarks/speed/mesh_render.py`."""
SLACK = 1e-7
"""By which a corner's weight may be negative: samples on an edge belong to both triangles, so that no seam is open."""


@dataclass(frozen=True, eq=False)
class Surface:
    """A mesh as the camera sees it."""

    xy: Floats
    """(V, 2) pixels of the picture, (0, 0) the corner of the first one."""
    depth: Floats
    """(V,) metres in front of the camera."""
    faces: Ints
    """(F, 3) vertex numbers, anticlockwise in the picture where the outside is seen; other faces are not drawn."""
    rgba: Floats
    """(V, 4) colour in 0..255 and opacity in 0..1, blended between the vertices."""

    def __post_init__(self) -> None:
        count = len(self.xy)
        check_shape("Surface", "xy", self.xy, (count, 2))
        check_shape("Surface", "depth", self.depth, (count,))
        check_shape("Surface", "faces", self.faces, ("F", 3))
        check_shape("Surface", "rgba", self.rgba, (count, 4))


class Kernels(Protocol):
    """The inner loops. Samples are the quarters of pixels: S x S of them (S = SAMPLES) make one pixel."""

    def fill(
        self,
        xy: NDArray[np.float32],
        near: NDArray[np.float32],
        faces: Ints,
        rgba: NDArray[np.float32],
        nearest: NDArray[np.float32],
        layer: NDArray[np.float32],
    ) -> None:
        """Draw triangles.

        Args:
            xy: (V, 2) samples.
            near: (V,) one over the depth; not above 0 where a vertex cannot be drawn.
            faces: (F, 3).
            rgba: (V, 4).
            nearest: (H, W) one over the depth of what is there already, 0 where nothing is; changed.
            layer: (H, W, 4) what is there; changed where the new surface is nearer.
        """

    def blend(self, canvas: Canvas, nearest: NDArray[np.float32], layer: NDArray[np.float32]) -> None:
        """Lay samples (H * S, W * S) over the pixels of a canvas (H, W, 3), which is changed."""


def is_fast() -> bool:
    """Whether numba is installed."""
    return find_spec("numba") is not None


def _uses_numba(fast: bool | None) -> bool:
    return is_fast() if fast is None else fast


@cache
def _loops(fast: bool | None) -> Kernels:
    """The loops in numba, or else in numpy; None takes the faster that there is."""
    name = "numba" if _uses_numba(fast) else "numpy"
    return cast(Kernels, import_module(f"vidmotion.rendering.raster_{name}"))


def normals_of(points: Floats, faces: Ints, fast: bool | None = None) -> Floats:
    """(V, 3) unit normals of a surface: the mean of the faces around each vertex, larger ones counting more.

    Args:
        points: (V, 3).
        faces: (F, 3), anticlockwise seen from outside.
    """
    name = "mesh_numba" if _uses_numba(fast) else "mesh"
    normals: Floats = import_module(f"vidmotion.geometry.{name}").vertex_normals(points.astype(np.float32), faces)
    return normals


def paint(canvas: Canvas, surfaces: Sequence[Surface], fast: bool | None = None) -> None:
    """Draw meshes into a picture (H, W, 3), which is changed.

    Args:
        fast: use numba; None asks whether it is installed.
    """
    usable = [_usable(surface) for surface in surfaces]
    box = _box(canvas, surfaces, usable)
    if box is None:
        return
    x0, y0, x1, y1 = box
    loops = _loops(fast)
    nearest = np.zeros(((y1 - y0) * SAMPLES, (x1 - x0) * SAMPLES), np.float32)
    layer = np.empty((*nearest.shape, 4), np.float32)
    for surface, fits in zip(surfaces, usable, strict=True):
        near = np.where(fits, 1 / np.maximum(surface.depth, NEAR), 0).astype(np.float32)
        xy = np.where(fits[:, None], (surface.xy - [x0, y0]) * SAMPLES, 0).astype(np.float32)
        loops.fill(xy, near, surface.faces, surface.rgba.astype(np.float32), nearest, layer)
    loops.blend(canvas[y0:y1, x0:x1], nearest, layer)


def _usable(surface: Surface) -> Bools:
    """(V,) which vertices have a place near the picture, and a colour; not numbers that are not finite."""
    x, y = surface.xy.T
    return (surface.depth > NEAR) & (np.abs(x) < FAR) & (np.abs(y) < FAR) & np.isfinite(surface.rgba).all(1)


def _box(canvas: Canvas, surfaces: Sequence[Surface], usable: Sequence[Bools]) -> tuple[int, int, int, int] | None:
    """The part of the canvas, x0 y0 x1 y1, that holds all usable vertices; None where there is none."""
    # Each direction by itself, as numpy is slow along short axes.
    sides = []
    for axis, size in enumerate(canvas.shape[1::-1]):
        places = [surface.xy[fits, axis] for surface, fits in zip(surfaces, usable, strict=True) if fits.any()]
        low = min((float(part.min()) for part in places), default=0.0)
        high = max((float(part.max()) for part in places), default=0.0)
        sides.append((max(math.floor(low), 0), min(math.ceil(high), size)))
    (x0, x1), (y0, y1) = sides
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None
