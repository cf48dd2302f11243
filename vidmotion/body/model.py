"""A body model in SMPL's format: a template, shape directions, a joint regressor and skinning weights.

Source: Loper et al., "SMPL: A Skinned Multi-Person Linear Model", 2015. Axes of a model at rest: metres, Y up,
T-pose that faces +Z, its left is +X. Joints 0 to 21 are SMPL's body joints in every model of the family; what
follows them is hands, or jaw, eyes and fingers. Numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vidmotion.errors import InputError
from vidmotion.skeletons import SMPL24
from vidmotion.types import BodyMotion, Floats, Ints, check_shape

SMPL_JOINTS, SMPL_PARENTS = SMPL24.joints, SMPL24.parents
BODY_JOINTS = 22
"""Number of joints that all models of the SMPL family have, in the same order."""
WRISTS = (20, 21)
FINGER_COUNT = 15
"""Finger joints of a hand: those of `vidmotion.skeletons.FINGER_JOINTS`."""


_LOWEST = (0.0, 0.0, 0.15, 0.15, 0.25, 0.25)
_HIGHEST = (1.0, 0.8, 0.95, 0.95, 0.75, 0.8)
"""Range of the phenotypes of random people."""


def finger_parents(first: int) -> tuple[int, ...]:
    """(30,) parents of the finger joints of the left and the right hand, of which the first has the number `first`."""
    return tuple(first + joint - 1 if joint % 3 else WRISTS[joint // FINGER_COUNT] for joint in range(2 * FINGER_COUNT))


@dataclass(frozen=True, eq=False)
class Phenotype:
    """The shape of a body in terms such as age and weight; only the free body has it."""

    to_betas: Floats
    """(7, S) betas of gender (0 male, 1 female), age, muscle, weight, height and proportions, each 0..1 minus the
    mean, and of a constant 1."""
    mean: Floats
    """(6,) mean phenotype."""

    def betas(self, values: Floats) -> Floats:
        """(S,) betas of a phenotype (6,)."""
        return np.append(values - self.mean, 1.0) @ self.to_betas

    def sample(self, rng: np.random.Generator) -> Floats:
        """(S,) betas of a random person."""
        return self.betas(rng.uniform(_LOWEST, _HIGHEST)) + rng.normal(0, 0.3, self.to_betas.shape[1])


@dataclass(frozen=True, eq=False)
class RestBody:
    """A body at rest, in one shape."""

    vertices: Floats
    """(V, 3) metres."""
    joints: Floats
    """(J, 3) metres."""

    @property
    def height(self) -> float:
        """Height in metres."""
        return float(np.ptp(self.vertices[:, 1]))


@dataclass(frozen=True, eq=False)
class Texture:
    """Where the F faces of a body lie on a picture, on which there are K points."""

    uv: Floats
    """(K, 2) 0..1 from the lower left corner of the picture."""
    faces: Ints
    """(F, 3) points of the corners of each face."""

    def __post_init__(self) -> None:
        check_shape("Texture", "uv", self.uv, ("K", 2))
        check_shape("Texture", "faces", self.faces, ("F", 3))
        if len(self.faces) and not 0 <= self.faces.min() <= self.faces.max() < len(self.uv):
            raise ValueError(f"Texture.faces: wanted numbers of points below {len(self.uv)}")


@dataclass(frozen=True, eq=False)
class BodyModel:
    """A body model with V vertices, F faces, J joints and S shape directions."""

    name: str
    """Betas are valid only for the model of this name."""
    licence: str
    template: Floats
    """(V, 3) metres."""
    shape_directions: Floats
    """(V, 3, S) metres per unit of beta."""
    pose_directions: Floats | None
    """(V, 3, 9 * (J - 1)) metres per unit of (rotation - identity) of joints 1 .. J-1; None if all are 0."""
    regressor: Floats
    """(J, V) weights that give the joints at rest from the vertices at rest."""
    weights: Floats
    """(V, J) skinning weights; each row sums to 1."""
    faces: Ints
    """(F, 3) vertex indices, counterclockwise when seen from outside."""
    parents: tuple[int, ...]
    """(J,) parent of each joint, before its children; -1 for the root."""
    phenotype: Phenotype | None = None
    texture: Texture | None = None

    def __post_init__(self) -> None:
        vertices, joints = len(self.template), len(self.parents)
        check_shape("BodyModel", "template", self.template, ("V", 3))
        check_shape("BodyModel", "shape_directions", self.shape_directions, (vertices, 3, "S"))
        check_shape("BodyModel", "regressor", self.regressor, (joints, vertices))
        check_shape("BodyModel", "weights", self.weights, (vertices, joints))
        check_shape("BodyModel", "faces", self.faces, ("F", 3))
        if self.texture is not None:
            check_shape("BodyModel", "texture.faces", self.texture.faces, self.faces.shape)
        if self.pose_directions is not None:
            check_shape("BodyModel", "pose_directions", self.pose_directions, (vertices, 3, 9 * (joints - 1)))
        if self.parents[:BODY_JOINTS] != SMPL_PARENTS[:BODY_JOINTS]:
            raise ValueError("BodyModel.parents: wanted SMPL's body joints first")
        if not all(0 <= parent < child for child, parent in enumerate(self.parents) if child):
            raise ValueError("BodyModel.parents: wanted each parent before its children")
        if len(self.faces) and not 0 <= self.faces.min() <= self.faces.max() < vertices:
            raise ValueError(f"BodyModel.faces: wanted vertex numbers below {vertices}")

    @property
    def first_finger(self) -> int | None:
        """Number of the first of the 30 finger joints, left hand first, as the last joints of SMPL-H and SMPL-X are.

        None if the model has none.
        """
        first = len(self.parents) - 2 * FINGER_COUNT
        return first if first >= BODY_JOINTS and self.parents[first:] == finger_parents(first) else None

    def shape(self, betas: Floats) -> RestBody:
        """The body at rest in a shape.

        Args:
            betas: (B,) with B <= S; the other betas are 0.

        Raises:
            InputError: more betas than the model has shape directions.
        """
        if len(betas) > self.shape_directions.shape[2]:
            raise InputError(
                f"{len(betas)} betas do not fit the body model {self.name}, which has "
                f"{self.shape_directions.shape[2]} shape directions"
            )
        vertices = self.template + self.shape_directions[..., : len(betas)] @ betas
        return RestBody(vertices, self.regressor @ vertices)

    def check_motion(self, body: BodyMotion) -> None:
        """Check that a motion was made with this model.

        Raises:
            InputError: it was made with another model.
        """
        if body.model != self.name:
            raise InputError(
                f"this motion was made for the body model {body.model}, not for {self.name}, whose shapes differ; "
                "pass its own file as `body_model`, or lift again"
            )
