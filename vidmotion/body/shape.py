"""The shape of a body whose bones are as long as a skeleton's: damped Gauss-Newton on the betas. Numpy only."""

from __future__ import annotations

import numpy as np

from vidmotion.body.joints import WEIGHTS, offsets
from vidmotion.body.model import BODY_JOINTS, BodyModel
from vidmotion.skeletons import H36M17
from vidmotion.types import Floats

LENGTH_SPREAD = 0.015
"""Metres; a bone this much off weighs as much as a beta of 1."""
# Nearer to a man than to a woman: the middle of both has breasts, which look odd on half of the people.
NEUTRAL = np.array([0.2, 0.35, 0.5, 0.45, 0.5, 0.55])
"""Phenotype (gender, age, muscle, weight, height, proportions) of the free body where bones say nothing."""
STEPS = 10


def fit_shape(model: BodyModel, lengths: Floats, height: float, middle: Floats | None = None) -> Floats:
    """(S,) betas.

    Args:
        middle: (S,) betas where bones say nothing; None: `neutral_betas`.
        lengths: (17,) metres, bone that ends in each Human3.6M joint; 0 for the root.
        height: stature in metres, which scales the points that are fixed to the head.
    """
    mix = WEIGHTS @ model.regressor[:BODY_JOINTS]  # (17, V)
    rest = mix @ model.template + offsets(height)
    moves = np.einsum("jv,vcs->jcs", mix, model.shape_directions, optimize=True)
    children = np.array([child for _, child in H36M17.bones])
    parents = np.array([parent for parent, _ in H36M17.bones])
    middle = neutral_betas(model) if middle is None else middle
    betas = middle
    for _ in range(STEPS):
        joints = rest + moves @ betas
        bones = joints[children] - joints[parents]
        now = np.linalg.norm(bones, axis=1)
        slope = np.einsum("bc,bcs->bs", bones / now[:, None], moves[children] - moves[parents]) / LENGTH_SPREAD
        miss = (lengths[children] - now) / LENGTH_SPREAD
        normal = slope.T @ slope + np.eye(len(betas))
        betas = betas + np.linalg.solve(normal, slope.T @ miss - (betas - middle))
    return np.asarray(betas)


def neutral_betas(model: BodyModel) -> Floats:
    """(S,) betas of the body that bones say nothing about."""
    if model.phenotype is None:
        return np.zeros(model.shape_directions.shape[2])
    return model.phenotype.betas(NEUTRAL)
