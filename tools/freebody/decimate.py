"""Reduce the number of faces: remove hidden ones, simplify the skin, transfer shapes, weights and joints to it."""

from __future__ import annotations

from dataclasses import dataclass

import fast_simplification
import numpy as np
import trimesh
from scipy.spatial import cKDTree

from tools.freebody.rings import POSITION_WEIGHT, convex_weights
from tools.freebody.smpl import FreeBody, columns, strongest
from tools.freebody.texture import transfer
from tools.freebody.visibility import seen_faces
from vidmotion.body.model import Texture
from vidmotion.types import Bools, Floats, Ints

FACES = 13_800
"""Nearly as many as SMPL has (13,776); this gives 6,935 vertices."""
_AGGRESSION = 2
"""`agg` of fast_simplification: a low value keeps the detail of face and hands."""
_INSIDE_HEAD = 0.9
"""The least weight of the head at the corners of faces that may be removed: the mouth's cavity, the eye sockets."""
_RIMS = 3
"""Rings of hidden faces that are kept around the visible ones, so that lips and lids stay closed."""
_SHAPE_WEIGHT = 5.0
"""Weight of a joint's shift along each shape direction; its position has the weight `POSITION_WEIGHT`."""
_NEAR = 0.02
"""Metres. New vertices nearer than this to the old vertices of a joint may carry it."""
_FEW = 60
"""If fewer new vertices than this are near,"""
_NEAREST = 120
"""this number of the nearest ones carries the joint."""


@dataclass(frozen=True, eq=False)
class Projection:
    """The positions of N new vertices on the faces of the old body."""

    corners: Ints
    """(N, 3) vertices of the old body."""
    shares: Floats
    """(N, 3) barycentric, rows sum to 1."""

    def carry(self, values: Floats) -> Floats:
        """Interpolate values (V, ...) of the old vertices at the new ones: (N, ...)."""
        return np.einsum("vk,vk...->v...", self.shares, values[self.corners])


def decimate(body: FreeBody, skin: int) -> tuple[FreeBody, Projection]:
    """The body with `FACES` faces, and where its vertices lie on the old one.

    Args:
        skin: number of skin vertices; those of the eyeballs follow them and are not changed.
    """
    vertices = body.template.astype(np.float64)
    outer = outer_faces(body, vertices, skin)
    shell = body.faces[outer]
    eye_vertices, eye_faces = _compact(vertices, shell[(shell >= skin).all(1)])
    skin_vertices, skin_faces = _compact(vertices, shell[(shell < skin).all(1)])
    skin_vertices, skin_faces = _simplify(skin_vertices, skin_faces, FACES - len(eye_faces))
    new_vertices = np.r_[skin_vertices, eye_vertices]
    new_faces = np.r_[skin_faces, eye_faces + len(skin_vertices)]
    projection = project(new_vertices, vertices, shell)
    template = new_vertices.astype(np.float32)
    shapes = projection.carry(body.shapes).astype(np.float32)
    old = _sets(vertices, body.shapes)
    new = _sets(new_vertices, shapes)
    decimated = FreeBody(
        template=template,
        faces=new_faces,
        texture=transfer(Texture(body.texture.uv, body.texture.faces[outer]), vertices, shell, new_vertices, new_faces),
        shapes=shapes,
        weights=strongest(projection.carry(body.weights)).astype(np.float32),
        regressor=refit(body.regressor, old, new).astype(np.float32),
        regressor_h36m=refit(body.regressor_h36m, old, new).astype(np.float32),
        landmarks=_nearest_landmarks(body, vertices, new_vertices),
        phenotype_mean=body.phenotype_mean,
        phenotype_to_betas=body.phenotype_to_betas,
    )
    return decimated, projection


def outer_faces(body: FreeBody, vertices: Floats, skin: int) -> Bools:
    """(F,) all faces but those inside the head that are not visible from any side."""
    of_head = columns(body.weights, "head")[:, 0]
    seen = seen_faces(vertices, body.faces, of_head > 0.5)
    for _ in range(_RIMS):
        touched = np.zeros(len(vertices), bool)
        touched[body.faces[seen]] = True
        seen |= touched[body.faces].any(1)
    inside = of_head[body.faces].min(1) > _INSIDE_HEAD
    eyes = (body.faces >= skin).all(1)
    return seen | ~inside | eyes


def _compact(vertices: Floats, faces: Ints) -> tuple[Floats, Ints]:
    """The vertices that the faces use, and the faces with the new vertex numbers."""
    used, faces_flat = np.unique(faces, return_inverse=True)
    return vertices[used], faces_flat.reshape(faces.shape)


def _simplify(vertices: Floats, faces: Ints, count: int) -> tuple[Floats, Ints]:
    vertices, faces = fast_simplification.simplify(
        vertices.astype(np.float32), faces.astype(np.int32), target_count=count, agg=_AGGRESSION
    )
    return _compact(vertices.astype(np.float64), faces)


def project(points: Floats, vertices: Floats, faces: Ints) -> Projection:
    """The nearest positions on the faces of a body to points (N, 3)."""
    closest, _, hit = trimesh.proximity.closest_point(trimesh.Trimesh(vertices, faces, process=False), points)
    corners = faces[hit]
    shares = trimesh.triangles.points_to_barycentric(vertices[corners], closest).clip(0, 1)
    return Projection(corners, shares / shares.sum(1, keepdims=True))


def _sets(vertices: Floats, shapes: Floats) -> Floats:
    """(1 + S, V, 3) the template and the shape directions."""
    return np.concatenate([vertices[None], shapes.transpose(2, 0, 1)])


def refit(regressor: Floats, old: Floats, new: Floats) -> Floats:
    """(J, N) a regressor for the new vertices with the joints of the old one, in the template and along each shape.

    Args:
        regressor: (J, V)
        old: (1 + S, V, 3) the template and the shape directions.
        new: (1 + S, N, 3) the same of the new body.
    """
    result = np.zeros((len(regressor), new.shape[1]))
    for row, weights in enumerate(regressor):
        carriers = old[0, weights > 0]
        if len(carriers) == 1:
            result[row, np.argmin(np.linalg.norm(new[0] - carriers, axis=1))] = 1
            continue
        joint = np.einsum("v,kvc->kc", weights, old)
        distance = cKDTree(carriers).query(new[0])[0]
        ids = np.flatnonzero(distance < _NEAR)
        if len(ids) < _FEW:
            ids = np.argsort(distance)[:_NEAREST]
        hold = np.r_[POSITION_WEIGHT, np.full(len(old) - 1, _SHAPE_WEIGHT)]
        rows = (hold[:, None, None] * new[:, ids].transpose(0, 2, 1)).reshape(-1, len(ids))
        wanted = (hold[:, None] * joint).ravel()
        result[row, ids] = convex_weights(rows, wanted, np.linalg.norm(new[0, ids] - joint[0], axis=1))
    return result


def _nearest_landmarks(body: FreeBody, vertices: Floats, new_vertices: Floats) -> dict[str, int]:
    ids = cKDTree(new_vertices).query(vertices[list(body.landmarks.values())])[1]
    return dict(zip(body.landmarks, ids.tolist(), strict=True))
