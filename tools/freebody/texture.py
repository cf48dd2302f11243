"""How a simplified mesh gets the texture coordinates of the old one. Does not depend on bodies."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sparse
import trimesh
from scipy.sparse.csgraph import connected_components

from vidmotion.body.model import Texture
from vidmotion.types import Floats, Ints

_INWARD = 0.2
"""A corner is looked up at this share of the way to the center of its face, to stay on the face's side of a seam."""
_JUMP = 0.03
"""Corners that are farther than this from where their face's center puts them lie on the other side of a seam."""
_SAME = 0.004
"""Corners of a vertex that are nearer to each other than this are one point of the texture."""


def transfer(texture: Texture, vertices: Floats, faces: Ints, new_vertices: Floats, new_faces: Ints) -> Texture:
    """The texture of a new mesh (vertices (N, 3), faces (G, 3)) on the surface of an old one.

    The picture is the old one's. Faces across a seam belong to the side of their center.
    """
    corners = new_vertices[new_faces]  # (G, 3, 3)
    centers = corners.mean(1)
    whole = _Surface(texture, vertices, faces)
    at_center = whole.nearest(centers)
    expected = np.stack([whole.uv_at(corners[:, corner], at_center) for corner in range(3)], 1)
    island = whole.islands[at_center]
    found = np.empty_like(expected)
    for number in np.unique(island):
        mine = island == number
        rows = np.flatnonzero(whole.islands == number)
        inward = corners[mine] + _INWARD * (centers[mine, None] - corners[mine])
        hit = rows[_Surface(texture, vertices, faces[rows]).nearest(inward.reshape(-1, 3))]
        found[mine] = whole.uv_at(corners[mine].reshape(-1, 3), hit).reshape(-1, 3, 2)
    jumps = np.linalg.norm(found - expected, axis=-1) > _JUMP
    return _welded(np.where(jumps[..., None], expected, found), new_faces)


class _Surface:
    """Faces of the old mesh."""

    def __init__(self, texture: Texture, vertices: Floats, faces: Ints) -> None:
        self._mesh = trimesh.Trimesh(vertices, faces, process=False)
        self._corners = vertices[faces]
        self._texture = texture

    @property
    def islands(self) -> Ints:
        """(F,) number of the connected part of the picture that each face is in."""
        faces, count = self._texture.faces, len(self._texture.uv)
        pairs = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]]])
        graph = sparse.coo_matrix((np.ones(len(pairs)), pairs.T), shape=(count, count))
        numbers: Ints = connected_components(graph, directed=False)[1][faces[:, 0]]
        return numbers

    def nearest(self, points: Floats) -> Ints:
        """(N,) the face that is nearest to each point (N, 3)."""
        hit: Ints = trimesh.proximity.closest_point(self._mesh, points)[2]
        return hit

    def uv_at(self, points: Floats, faces: Ints) -> Floats:
        """(N, 2) of points (N, 3) in the planes of faces (N,), also outside of the faces."""
        shares = trimesh.triangles.points_to_barycentric(self._corners[faces], points)
        return np.einsum("nk,nkc->nc", shares, self._texture.uv[self._texture.faces[faces]])


def _welded(corners: Floats, faces: Ints) -> Texture:
    """Corners (F, 3, 2) with the points of each vertex that are near each other made one."""
    points: list[list[Floats]] = []
    numbers = np.empty(faces.shape, int)
    of_vertex: dict[int, list[int]] = {}
    for face, corner in np.ndindex(*faces.shape):
        place = corners[face, corner]
        mine = of_vertex.setdefault(int(faces[face, corner]), [])
        same = (number for number in mine if np.linalg.norm(points[number][0] - place) < _SAME)
        number = next(same, len(points))
        if number == len(points):
            mine.append(number)
            points.append([])
        points[number].append(place)
        numbers[face, corner] = number
    return Texture(np.array([np.mean(places, 0) for places in points]).clip(0, 1), numbers)
