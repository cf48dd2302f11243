"""The functions of `mesh` compiled by numba, for meshes that change in every frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vidmotion.geometry.compiled import compiled
from vidmotion.types import Ints


@compiled
def vertex_normals(vertices: NDArray[np.float32], faces: Ints) -> NDArray[np.float32]:
    """See `mesh.vertex_normals`."""
    normals = np.zeros(vertices.shape, np.float32)
    for face in range(len(faces)):
        a, b, c = vertices[faces[face, 0]], vertices[faces[face, 1]], vertices[faces[face, 2]]
        ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
        for corner in range(3):
            total = normals[faces[face, corner]]
            total[0] += uy * vz - uz * vy
            total[1] += uz * vx - ux * vz
            total[2] += ux * vy - uy * vx
    for vertex in range(len(normals)):
        x, y, z = normals[vertex, 0], normals[vertex, 1], normals[vertex, 2]
        length = max(np.sqrt(x**2 + y**2 + z**2), np.float32(1e-12))
        for axis in range(3):
            normals[vertex, axis] /= length
    return normals
