"""The functions of `mesh` compiled by numba, for meshes that change in every frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vidmotion.geometry.compiled import compiled
from vidmotion.geometry.vectors import unit
from vidmotion.types import Floats, Ints


def vertex_normals(vertices: NDArray[np.float32], faces: Ints) -> Floats:
    """See `mesh.vertex_normals`."""
    return unit(normal_sums(vertices, faces))


@compiled
def normal_sums(vertices: NDArray[np.float32], faces: Ints) -> NDArray[np.float32]:
    """(V, 3) sums of the normals of the faces (F, 3) around each vertex (V, 3); each is as long as twice its area."""
    sums = np.zeros(vertices.shape, np.float32)
    for face in range(len(faces)):
        a, b, c = vertices[faces[face, 0]], vertices[faces[face, 1]], vertices[faces[face, 2]]
        ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
        for corner in range(3):
            total = sums[faces[face, corner]]
            total[0] += uy * vz - uz * vy
            total[1] += uz * vx - ux * vz
            total[2] += ux * vy - uy * vx
    return sums
