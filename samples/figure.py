"""A free SMPL-format body: read it, shape it, pose it, and say where Human3.6M's 17 joints lie.

Numpy and scipy only. Axes as in the body file: metres, Y up, facing +Z, its left is +X. Knows nothing
about pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

_LIMBS = {1: 2, 2: 5, 3: 8, 4: 1, 5: 4, 6: 7, 11: 16, 12: 18, 13: 20, 14: 17, 15: 19, 16: 21}
"""Human3.6M joint: the SMPL joint at the same place."""
# The motion capture's joints 9 and 10 are constructed: measured there in the head's frame, placed here from
# SMPL's head joint, so that the distances from thorax to neck and from neck to head agree with it.
_NECK = np.array([0.0, 0.006, 0.013])
_HEAD = _NECK + np.array([0.0, 0.110, -0.035])
_REFERENCE_HEIGHT = 1.70


@dataclass(frozen=True, eq=False)
class Body:
    """A body with linear shape directions; V vertices, F faces, 24 SMPL joints."""

    template: np.ndarray
    """(V, 3) metres, T-pose."""
    directions: np.ndarray
    """(V, 3, 10) metres per unit of beta."""
    regressor: np.ndarray
    """(24, V) joints from vertices."""
    skin: np.ndarray
    """(V, 24) skinning weights."""
    faces: np.ndarray
    """(F, 3) vertex numbers, anticlockwise seen from outside."""
    parents: tuple[int, ...]
    phenotype: np.ndarray
    """(7, 10) betas from gender, age, muscle, weight, height, proportions (0..1, less the mean) and 1."""
    phenotype_mean: np.ndarray
    """(6,)"""

    def betas(self, phenotype: np.ndarray) -> np.ndarray:
        """(10,) betas of a phenotype (6,): gender 0 is male, 1 female."""
        return np.append(phenotype - self.phenotype_mean, 1.0) @ self.phenotype


def read_body(path: Path) -> Body:
    """Read an SMPL-format .npz without pose blend shapes."""
    with np.load(path, allow_pickle=False) as file:
        parents = file["kintree_table"][0].astype(np.int64)
        return Body(
            file["v_template"].astype(np.float64),
            file["shapedirs"].astype(np.float64),
            file["J_regressor"].astype(np.float64),
            file["weights"].astype(np.float64),
            file["f"].astype(np.int64),
            (-1, *(int(parent) for parent in parents[1:])),
            file["phenotype_to_betas"].astype(np.float64),
            file["phenotype_mean"].astype(np.float64),
        )


@dataclass(frozen=True, eq=False)
class Figure:
    """A body of one shape."""

    body: Body
    vertices: np.ndarray
    """(V, 3) metres, T-pose."""
    joints: np.ndarray
    """(24, 3) metres, T-pose."""

    @property
    def height(self) -> float:
        """Stature in metres."""
        return float(np.ptp(self.vertices[:, 1]))

    @property
    def leg(self) -> float:
        """Hip to ankle in metres."""
        return float(self.joints[[1, 2], 1].mean() - self.joints[[7, 8], 1].mean())


def shape(body: Body, betas: np.ndarray) -> Figure:
    """Give the body a shape by its (10,) betas."""
    vertices = body.template + body.directions @ betas
    return Figure(body, vertices, body.regressor @ vertices)


def pose(figure: Figure, rotations: np.ndarray, root: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pose a figure by linear blend skinning.

    Args:
        rotations: (24, 3, 3) of each joint in its parent's frame; the first in the world.
        root: (3,) metres, where the middle of the hips goes.

    Returns:
        (V, 3) vertices and (17, 3) Human3.6M joints, metres in the world.
    """
    rest, parents = figure.joints, figure.body.parents
    turns, places = np.empty((24, 3, 3)), np.empty((24, 3))
    turns[0], places[0] = rotations[0], rest[0]
    for joint, parent in enumerate(parents[1:], start=1):
        turns[joint] = turns[parent] @ rotations[joint]
        places[joint] = places[parent] + turns[parent] @ (rest[joint] - rest[parent])
    places += root - places[[1, 2]].mean(0)
    moves = np.concatenate([turns, (places - np.einsum("jab,jb->ja", turns, rest))[..., None]], -1)
    blend = (figure.body.skin @ moves.reshape(24, 12)).reshape(-1, 3, 4)
    vertices = np.einsum("vab,vb->va", blend[..., :3], figure.vertices) + blend[..., 3]
    return vertices, _human36m(places, turns[15], figure.height / _REFERENCE_HEIGHT)


def _human36m(places: np.ndarray, head: np.ndarray, scale: float) -> np.ndarray:
    joints = np.empty((17, 3))
    for joint, source in _LIMBS.items():
        joints[joint] = places[source]
    joints[0] = places[[1, 2]].mean(0)
    joints[7] = places[[3, 6]].mean(0)
    joints[8] = 0.85 * places[12] + 0.15 * places[9]
    joints[9] = places[15] + head @ _NECK * scale
    joints[10] = places[15] + head @ _HEAD * scale
    return joints


def matrices(axis_angles: np.ndarray) -> np.ndarray:
    """(..., 3) axis times angle in radians to rotations (..., 3, 3)."""
    return Rotation.from_rotvec(axis_angles.reshape(-1, 3)).as_matrix().reshape(*axis_angles.shape, 3)
