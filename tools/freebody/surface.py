"""A surface of faces over V vertices: neighbours, smoothing, normals, and delta mush. Does not depend on bodies."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse

from vidmotion.geometry.mesh import vertex_normals
from vidmotion.geometry.vectors import unit
from vidmotion.types import Bools, Floats, Ints

Faces = list[list[int]]
"""Polygons by vertex ids."""

_STEP = 0.6
"""Share of the way to the neighbours' mean in each round of smoothing."""


def vertex_ids(faces: Faces) -> Ints:
    """The vertices of some faces, in ascending order."""
    return np.unique(np.concatenate([np.array(face) for face in faces]))


def triangles(faces: Faces) -> Ints:
    """(F, 3) the faces, quads split in two."""
    return np.array([[face[0], *pair] for face in faces for pair in itertools.pairwise(face[1:])])


@dataclass(frozen=True, eq=False)
class Surface:
    """Triangles with the neighbours of each vertex."""

    triangles: Ints
    """(F, 3)"""
    averaging: sparse.csr_matrix
    """(V, V) each vertex to its neighbours' mean; loose ones stay."""
    neighbor: Ints
    """(V,) one neighbour of each vertex; 0 for loose ones."""
    loose: Bools
    """(V,) in no face."""

    def smooth(self, values: Floats, rounds: int) -> Floats:
        """(V, ...) values drawn towards their neighbours' mean."""
        for _ in range(rounds):
            values = (1 - _STEP) * values + _STEP * (self.averaging @ values)
        return values

    def normals(self, vertices: Floats) -> Floats:
        """(V, 3) unit normals, the faces weighted by their area."""
        return vertex_normals(vertices, self.triangles)

    def frames(self, vertices: Floats) -> Floats:
        """(V, 3, 3) axes attached to the surface, in columns: the normal, towards a neighbour, across."""
        normals = self.normals(vertices)
        along: Floats = vertices[self.neighbor] - vertices
        along = unit(along - (along * normals).sum(1, keepdims=True) * normals)
        return np.stack([normals, along, np.cross(normals, along)], -1)

    def delta_mush(self, rest: Floats, posed: Floats, rounds: int, strength: Floats) -> Floats:
        """Correct a skinned pose: smooth it, then add the detail that smoothing removes from the rest pose.

        Source: Mancewicz et al., "Delta Mush: Smoothing Deformations While Preserving Detail", 2014.

        Args:
            rest: (V, 3)
            posed: (V, 3)
            strength: (V,) 0 keeps `posed`.
        """
        smooth_rest, smooth_posed = self.smooth(rest, rounds), self.smooth(posed, rounds)
        detail = np.einsum("nji,nj->ni", self.frames(smooth_rest), rest - smooth_rest)
        corrected = smooth_posed + np.einsum("nij,nj->ni", self.frames(smooth_posed), detail)
        return np.where(self.loose[:, None], posed, posed + strength[:, None] * (corrected - posed))


def surface_of(faces: Faces, count: int) -> Surface:
    """The surface of some faces over `count` vertices."""
    edges = np.array([edge for face in faces for edge in zip(face, face[1:] + face[:1], strict=True)])
    edges = np.unique(np.concatenate([edges, edges[:, ::-1]]), axis=0)
    adjacency = sparse.csr_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(count, count))
    degree = np.asarray(adjacency.sum(1)).ravel()
    loose = degree == 0
    averaging = sparse.diags(1 / np.maximum(degree, 1)) @ adjacency + sparse.diags(loose.astype(float))
    neighbor = np.zeros(count, int)
    neighbor[~loose] = adjacency.indices[adjacency.indptr[:-1][~loose]]
    return Surface(triangles(faces), averaging, neighbor, loose)
