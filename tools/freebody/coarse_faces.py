"""A coarse skin of the free body on vertices of the fine one: `vidmotion/body/freebody/coarse_faces.npy`.

    pip install -r tools/freebody/requirements.txt
    python -m tools.freebody.coarse_faces

As it has no vertices of its own, shapes and skinning weights are those of the fine skin. The page of `view` draws it
where many people are shown without a GPU.
"""

from __future__ import annotations

import fast_simplification
import numpy as np
from scipy.spatial import cKDTree

from vidmotion.body.load import COARSE_FACES_FILE, free_body
from vidmotion.types import Floats, Ints

FACES = 2_400
"""Before those are removed that have no area after their corners have moved."""
_AGGRESSION = 4


def coarse_faces(vertices: Floats, faces: Ints, count: int) -> Ints:
    """About `count` faces (C, 3) whose corners are some of the vertices (V, 3): simplified, then moved to the nearest.

    Faces that turn their backs after the move are removed, too.
    """
    points, simple = fast_simplification.simplify(
        vertices.astype(np.float32), faces.astype(np.int32), target_count=count, agg=_AGGRESSION
    )
    moved = cKDTree(vertices).query(points)[1][simple]
    distinct = (moved != np.roll(moved, 1, axis=1)).all(1)
    faces_same_way = (_normals(points[simple]) * _normals(vertices[moved])).sum(1) > 0
    return np.unique(moved[distinct & faces_same_way], axis=0)


def _normals(corners: Floats) -> Floats:
    """(F, 3), as long as twice the area, of corners (F, 3, 3)."""
    return np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])


def main() -> None:
    """Write the file."""
    body = free_body()
    found = coarse_faces(body.template, body.faces, FACES)
    np.save(COARSE_FACES_FILE, found.astype("<u2"))
    print(f"{len(found)} faces on {len(np.unique(found))} vertices -> {COARSE_FACES_FILE}")


if __name__ == "__main__":
    main()
