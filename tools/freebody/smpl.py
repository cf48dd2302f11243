"""A body in SMPL's format with 24 joints, and how it is written. Does not depend on how a body is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vidmotion.body.model import SMPL_JOINTS, SMPL_PARENTS, Texture
from vidmotion.io.atomic import atomic_file
from vidmotion.types import Floats, Ints

JOINTS, PARENTS = SMPL_JOINTS, SMPL_PARENTS
NO_PARENT = 2**32 - 1
"""-1 as SMPL's files store it, an unsigned number."""
POSE_DIRECTIONS = 207
"""9 for each joint but the root."""
INFLUENCES = 4
"""The most joints that may move one vertex."""
PHENOTYPE = ("gender", "age", "muscle", "weight", "height", "proportions")
LICENSE = "CC0-1.0 (derived from MakeHuman/MPFB2 hm08)"


def columns(values: Floats, *joints: str) -> Floats:
    """(..., N) the columns of some joints, from (..., 24)."""
    return values[..., [JOINTS.index(joint) for joint in joints]]


def strongest(weights: Floats) -> Floats:
    """(V, 24) weights with the strongest of each vertex only, rows sum to 1."""
    order = np.argsort(-weights, 1)[:, :INFLUENCES]
    kept = np.zeros_like(weights)
    np.put_along_axis(kept, order, np.take_along_axis(weights, order, 1), 1)
    return kept / kept.sum(1, keepdims=True)


@dataclass(frozen=True, eq=False)
class FreeBody:
    """A body with V vertices, F faces and S shape directions, in the precision of its file (32 bits).

    Metres, Y up, T-pose that faces +Z, its left is +X.
    """

    template: Floats
    """(V, 3) the pelvis near the origin."""
    faces: Ints
    """(F, 3)"""
    texture: Texture
    shapes: Floats
    """(V, 3, S) metres for each standard deviation."""
    weights: Floats
    """(V, 24)"""
    regressor: Floats
    """(24, V) vertices to joints."""
    regressor_h36m: Floats
    """(17, V) vertices to the joints of Human3.6M."""
    landmarks: Mapping[str, int]
    """Vertices by the names that the PyPI package smplx uses."""
    phenotype_mean: Floats
    """(6,)"""
    phenotype_to_betas: Floats
    """(7, S) the betas are (phenotype - mean, 1) @ this."""

    @property
    def joints(self) -> Floats:
        """(24, 3) metres, of the template."""
        return self.regressor @ self.template

    def shaped_joints(self, direction: int, sigmas: float) -> Floats:
        """(24, 3) metres, the joints at this many standard deviations along one direction."""
        return self.regressor @ (self.template + sigmas * self.shapes[..., direction])


def write_body(body: FreeBody, path: Path) -> None:
    """Write the body as a compressed .npz with SMPL's keys. There are no pose-dependent shapes: zeros."""
    parents = np.array([NO_PARENT if parent < 0 else parent for parent in PARENTS])
    with atomic_file(path) as file:
        np.savez_compressed(
            file,
            v_template=body.template,
            shapedirs=body.shapes,
            posedirs=np.zeros((len(body.template), 3, POSE_DIRECTIONS), np.float32),
            J_regressor=body.regressor,
            weights=body.weights,
            kintree_table=np.stack([parents, np.arange(len(JOINTS))]).astype(np.uint32),
            f=body.faces.astype(np.uint32),
            vt=body.texture.uv.astype(np.float32),
            ft=body.texture.faces.astype(np.uint32),
            J_regressor_h36m=body.regressor_h36m,
            J=body.joints,
            joint_names=np.array(JOINTS),
            vertex_ids_names=np.array(list(body.landmarks)),
            vertex_ids=np.array(list(body.landmarks.values())),
            phenotype_names=np.array(PHENOTYPE),
            phenotype_mean=body.phenotype_mean,
            phenotype_to_betas=body.phenotype_to_betas,
            bs_type=np.array("lrotmin"),
            bs_style=np.array("lbs"),
            license=np.array(LICENSE),
        )
