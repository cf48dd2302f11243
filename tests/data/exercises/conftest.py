"""A body, and postures of it as joints."""

from collections.abc import Callable

import numpy as np
import pytest

from vidmotion.body.load import free_body
from vidmotion.body.model import RestBody
from vidmotion.body.shape import neutral_betas
from vidmotion.data.exercises.build import Build
from vidmotion.data.exercises.generate import posed_joints
from vidmotion.data.exercises.inverse_kinematics import solve
from vidmotion.data.exercises.posture import Posture, flatten, unflatten
from vidmotion.geometry.rotations import matrix_to_axis_angle
from vidmotion.types import Floats

Pose = Callable[..., Floats]


@pytest.fixture(scope="session")
def body() -> RestBody:
    model = free_body()
    return model.shape(neutral_betas(model))


@pytest.fixture(scope="session")
def build(body: RestBody) -> Build:
    return Build.of(body)


@pytest.fixture(scope="session")
def pose(body: RestBody) -> Pose:
    """The 17 joints (17, 3) in metres of a posture, by inverse and then forward kinematics."""

    def joints(posture: Posture, planted: bool = False) -> Floats:
        rotations, roots = solve(unflatten(flatten([posture]), posture), body, planted)
        assert np.allclose(rotations @ rotations.swapaxes(-1, -2), np.eye(3), atol=1e-9)
        return posed_joints(matrix_to_axis_angle(rotations), roots, body)[0]

    return joints
