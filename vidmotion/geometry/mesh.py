"""Triangle meshes. Numpy only; `mesh_numba` has the same function compiled by numba."""

from __future__ import annotations

import numpy as np

from vidmotion.geometry.vectors import unit
from vidmotion.types import Floats, Ints


def vertex_normals(vertices: Floats, faces: Ints) -> Floats:
    """(V, 3) unit normals, in the type of the vertices: the mean of the faces around each vertex, weighted by area.

    A vertex that belongs to no face has the normal (0, 0, 0).

    Args:
        vertices: (V, 3).
        faces: (F, 3) vertex numbers, anticlockwise seen from outside.
    """
    a, b, c = (vertices[corner] for corner in faces.T)
    corners, across = faces.T.reshape(-1), np.cross(b - a, c - a)
    sums = [np.bincount(corners, np.tile(part, 3), len(vertices)) for part in across.T]
    return unit(np.stack(sums, axis=1).astype(vertices.dtype))
