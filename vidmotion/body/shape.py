"""Fits the shape of a body to the bone lengths of a skeleton: damped Gauss-Newton on the betas. Numpy only."""

from __future__ import annotations

import numpy as np

from vidmotion.body.joints import WEIGHTS, offsets
from vidmotion.body.model import BODY_JOINTS, BodyModel
from vidmotion.skeletons import H36M17
from vidmotion.types import Floats

LENGTH_SPREAD = 0.015
"""Metres; this error of a bone counts as much as a beta of 1."""
# Closer to a man than to a woman: the mean of both has breasts, which look wrong on half of the people.
NEUTRAL = np.array([0.2, 0.35, 0.5, 0.45, 0.5, 0.55])
"""Phenotype (gender, age, muscle, weight, height, proportions) of the free body where bone lengths do not decide."""
STEPS = 10


def fit_shape(model: BodyModel, lengths: Floats, height: float, prior: Floats | None = None) -> Floats:
    """(S,) betas.

    Args:
        lengths: (17,) metres, of the bone that ends in each Human3.6M joint; 0 for the root.
        height: of the body in metres; scales the points that are fixed to the head.
        prior: (S,) betas where bone lengths do not decide; None: `neutral_betas`.
    """
    mix = WEIGHTS @ model.regressor[:BODY_JOINTS]  # (17, V)
    rest = mix @ model.template + offsets(height)
    joint_directions = np.einsum("jv,vcs->jcs", mix, model.shape_directions, optimize=True)
    children = np.array([child for _, child in H36M17.bones])
    parents = np.array([parent for parent, _ in H36M17.bones])
    prior = neutral_betas(model) if prior is None else prior
    betas = prior
    for _ in range(STEPS):
        joints = rest + joint_directions @ betas
        bones = joints[children] - joints[parents]
        now = np.linalg.norm(bones, axis=1)
        jacobian = (
            np.einsum("bc,bcs->bs", bones / now[:, None], joint_directions[children] - joint_directions[parents])
            / LENGTH_SPREAD
        )
        residual = (lengths[children] - now) / LENGTH_SPREAD
        normal = jacobian.T @ jacobian + np.eye(len(betas))
        betas = betas + np.linalg.solve(normal, jacobian.T @ residual - (betas - prior))
    return np.asarray(betas)


def neutral_betas(model: BodyModel) -> Floats:
    """(S,) betas to use where nothing is known about the shape."""
    if model.phenotype is None:
        return np.zeros(model.shape_directions.shape[2])
    return model.phenotype.betas(NEUTRAL)
