"""Captured limbs keep their directions on bodies whose rest pose is no exact T-pose."""

import numpy as np

from vidmotion.body.kinematics import forward_kinematics
from vidmotion.body.load import free_body
from vidmotion.body.model import SMPL_JOINTS
from vidmotion.body.rest_pose import from_t_pose, turns_to_t_pose
from vidmotion.geometry.rotations import axis_angle_to_matrix


def test_limbs_point_as_in_the_t_pose() -> None:
    """Against forward kinematics of a T-pose with straight limbs; bones that are not limbs move as before."""
    body, rng = free_body(), np.random.default_rng(0)
    rest = body.shape(rng.normal(0, 1, 10)).joints
    rotations = axis_angle_to_matrix(rng.normal(0, 0.7, (5, 24, 3)))
    turned = from_t_pose(rotations, turns_to_t_pose(rest))
    world, positions = forward_kinematics(turned, rest, body.parents, np.zeros((5, 3)))
    wanted, _ = forward_kinematics(rotations, rest, body.parents, np.zeros((5, 3)))
    limbs = {"hip": "knee", "knee": "ankle", "shoulder": "elbow", "elbow": "wrist"}
    for side, outward in (("left", 1.0), ("right", -1.0)):
        for joint, child in limbs.items():
            direction = [outward, 0, 0] if joint in ("shoulder", "elbow") else [0, -1, 0]
            start, end = SMPL_JOINTS.index(f"{side}_{joint}"), SMPL_JOINTS.index(f"{side}_{child}")
            limb = positions[:, end] - positions[:, start]
            limb /= np.linalg.norm(limb, axis=-1, keepdims=True)
            np.testing.assert_allclose(limb, wanted[:, start] @ direction, atol=1e-9)
    others = [SMPL_JOINTS.index(name) for name in ("pelvis", "spine3", "head", "left_ankle", "right_wrist")]
    np.testing.assert_allclose(world[:, others], wanted[:, others], atol=1e-9)


def test_the_free_body_at_rest_bends_its_knees() -> None:
    """The reason for all this; the angle is that of the joints at rest."""
    turns = turns_to_t_pose(free_body().shape(np.zeros(10)).joints)
    thigh, shin = (turns[SMPL_JOINTS.index(f"left_{name}")] for name in ("hip", "knee"))
    cosine = (np.trace(thigh.T @ shin) - 1) / 2
    assert 5 < np.degrees(np.arccos(cosine)) < 13
