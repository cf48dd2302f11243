"""Draws triangle meshes into a picture with a depth buffer: the nearest surface is visible, edges are antialiased.

Works on pixels, depths and colors. Does not depend on people, cameras or light. The inner loops are in `raster_numba`,
or, if numba is not installed, in `raster_numpy`, which makes the same picture more slowly.

`vidmotion.data.synthetic.people` has a rasteriser of its own. It decides with other rounding whether a sample on an
edge is inside, and keeps the number of the face for each sample instead of a color. Synthetic clips have to be the same
pictures for the same seed, so that one stays as it is.
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
"""Metres; triangles with a corner nearer to the camera than this, or behind it, are not drawn."""
FAR = 1e6
"""Pixels; triangles with a corner further outside of the picture are not drawn."""
SAMPLES = 2
"""Number of samples along each side of a pixel."""
LEAST_AREA = 1e-9
"""Area in square samples below which a triangle is not drawn; triangles that face away have a negative area."""
SPEED_UP = 10
"""How many times faster numba draws a mesh, measured by `benchmarks/speed/mesh_render.py`."""
EDGE_TOLERANCE = 1e-7
"""How far a barycentric weight may be below 0: samples on an edge belong to both triangles, which leaves no gaps."""


@dataclass(frozen=True, eq=False)
class Surface:
    """A mesh, projected into a picture."""

    xy: Floats
    """(V, 2) pixels of the picture, (0, 0) the corner of the first one."""
    depth: Floats
    """(V,) metres in front of the camera."""
    faces: Ints
    """(F, 3) vertex numbers, anticlockwise in the picture where their outside is visible; other faces are not drawn."""
    rgba: Floats
    """(V, 4) color in 0..255 and opacity in 0..1, interpolated between the vertices."""

    def __post_init__(self) -> None:
        count = len(self.xy)
        check_shape("Surface", "xy", self.xy, (count, 2))
        check_shape("Surface", "depth", self.depth, (count,))
        check_shape("Surface", "faces", self.faces, ("F", 3))
        check_shape("Surface", "rgba", self.rgba, (count, 4))


class Kernels(Protocol):
    """The inner loops. Each pixel consists of S x S samples (S = SAMPLES)."""

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
            near: (V,) one over the depth; 0 or less for vertices that cannot be drawn.
            faces: (F, 3).
            rgba: (V, 4).
            nearest: (H, W) one over the depth of what is drawn already, 0 where nothing is; changed.
            layer: (H, W, 4) color and opacity of what is drawn already; changed where the new surface is nearer.
        """

    def blend(self, canvas: Canvas, nearest: NDArray[np.float32], layer: NDArray[np.float32]) -> None:
        """Blend samples (H * S, W * S) into the pixels of a canvas (H, W, 3), which is changed."""


def has_numba() -> bool:
    """Whether numba is installed."""
    return find_spec("numba") is not None


def _uses_numba(use_numba: bool | None) -> bool:
    return has_numba() if use_numba is None else use_numba


@cache
def _loops(use_numba: bool | None) -> Kernels:
    """The loops in numba or in numpy; None takes numba if it is installed."""
    name = "numba" if _uses_numba(use_numba) else "numpy"
    return cast(Kernels, import_module(f"vidmotion.rendering.raster_{name}"))


def vertex_normals(vertices: Floats, faces: Ints, use_numba: bool | None = None) -> Floats:
    """(V, 3) float32 unit normals, by `geometry.mesh` or `geometry.mesh_numba`, which say more.

    Args:
        vertices: (V, 3).
        faces: (F, 3) vertex numbers, anticlockwise seen from outside.
        use_numba: None asks whether numba is installed.
    """
    name = "mesh_numba" if _uses_numba(use_numba) else "mesh"
    normals: Floats = import_module(f"vidmotion.geometry.{name}").vertex_normals(vertices.astype(np.float32), faces)
    return normals


def draw_surfaces(canvas: Canvas, surfaces: Sequence[Surface], use_numba: bool | None = None) -> None:
    """Draw meshes into a picture (H, W, 3), which is changed.

    Args:
        use_numba: None asks whether numba is installed.
    """
    usable = [_usable(surface) for surface in surfaces]
    box = _box(canvas, surfaces, usable)
    if box is None:
        return
    x0, y0, x1, y1 = box
    loops = _loops(use_numba)
    nearest = np.zeros(((y1 - y0) * SAMPLES, (x1 - x0) * SAMPLES), np.float32)
    layer = np.empty((*nearest.shape, 4), np.float32)
    for surface, fits in zip(surfaces, usable, strict=True):
        near = np.where(fits, 1 / np.maximum(surface.depth, NEAR), 0).astype(np.float32)
        xy = np.where(fits[:, None], (surface.xy - [x0, y0]) * SAMPLES, 0).astype(np.float32)
        loops.fill(xy, near, surface.faces, surface.rgba.astype(np.float32), nearest, layer)
    loops.blend(canvas[y0:y1, x0:x1], nearest, layer)


def _usable(surface: Surface) -> Bools:
    """(V,) True for vertices that lie in front of the camera and near the picture, with finite numbers."""
    x, y = surface.xy.T
    return (surface.depth > NEAR) & (np.abs(x) < FAR) & (np.abs(y) < FAR) & np.isfinite(surface.rgba).all(1)


def _box(canvas: Canvas, surfaces: Sequence[Surface], usable: Sequence[Bools]) -> tuple[int, int, int, int] | None:
    """The part of the canvas, x0 y0 x1 y1, that contains all usable vertices; None if it is empty."""
    # One axis at a time, as numpy is slow along short axes.
    sides = []
    for axis, size in enumerate(canvas.shape[1::-1]):
        positions = [surface.xy[fits, axis] for surface, fits in zip(surfaces, usable, strict=True) if fits.any()]
        low = min((float(part.min()) for part in positions), default=0.0)
        high = max((float(part.max()) for part in positions), default=0.0)
        sides.append((max(math.floor(low), 0), min(math.ceil(high), size)))
    (x0, x1), (y0, y1) = sides
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None
