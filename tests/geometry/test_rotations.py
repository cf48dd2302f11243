"""Rotations against scipy's."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vidmotion.geometry.rotations import (
    directions,
    matrix_to_euler_zyx,
    rotation_about_axis,
    shortest_rotation,
    twist_angle,
)


def units(seed: int, count: int = 50) -> np.ndarray:
    values = np.random.default_rng(seed).normal(size=(count, 3))
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def test_shortest_takes_start_to_goal_at_once() -> None:
    start, goal = units(0), units(1)
    goal[0], goal[1] = start[0], -start[1]
    goal[2] = -start[2] + 1e-6 * np.cross(start[2], [1, 0, 0])
    goal[2] /= np.linalg.norm(goal[2])
    rotations = shortest_rotation(start, goal)
    assert np.einsum("tij,tj->ti", rotations, start) == pytest.approx(goal, abs=2e-5)
    assert rotations @ rotations.swapaxes(1, 2) == pytest.approx(np.tile(np.eye(3), (50, 1, 1)), abs=1e-8)
    assert np.linalg.det(rotations) == pytest.approx(np.ones(50), abs=1e-8)
    angle = Rotation.from_matrix(rotations).magnitude()
    assert angle == pytest.approx(np.arccos(np.clip((start * goal).sum(1), -1, 1)), abs=2e-5)


def test_about_and_back() -> None:
    axis, angle = units(2), np.linspace(-3, 3, 50)
    assert rotation_about_axis(axis, angle) == pytest.approx(
        Rotation.from_rotvec(axis * angle[:, None]).as_matrix(), abs=1e-12
    )
    side = np.cross(axis, units(3))
    turned = np.einsum("tij,tj->ti", rotation_about_axis(axis, angle), side)
    assert twist_angle(axis, side, turned) == pytest.approx(angle, abs=1e-12)
    assert twist_angle(axis, side, turned + axis) == pytest.approx(angle, abs=1e-12)


def test_euler_angles_give_the_rotation() -> None:
    rotations = Rotation.random(200, rng=np.random.default_rng(4)).as_matrix()
    angles = matrix_to_euler_zyx(rotations.reshape(50, 4, 3, 3)).reshape(200, 3)
    assert Rotation.from_euler("ZYX", angles, degrees=True).as_matrix() == pytest.approx(rotations, abs=1e-12)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_euler_angles_run_on_through_every_axis(axis: int) -> None:
    angles = np.zeros((120, 3))
    angles[:, axis] = np.linspace(0, -900, 120)
    rotations = Rotation.from_euler("ZYX", angles, degrees=True).as_matrix()
    assert matrix_to_euler_zyx(rotations[:, None])[:, 0] == pytest.approx(angles, abs=1e-6)


@pytest.mark.parametrize("quarter", [90, -90])
def test_euler_angles_at_the_lock(quarter: int) -> None:
    wanted = Rotation.from_euler("ZYX", [[20, 0, 10], [20, quarter, 10], [50, quarter, 30]], degrees=True)
    angles = matrix_to_euler_zyx(wanted.as_matrix()[:, None])[:, 0]
    back = Rotation.from_euler("ZYX", angles, degrees=True)
    assert back.as_matrix() == pytest.approx(wanted.as_matrix(), abs=1e-7)
    assert angles[1] == pytest.approx([20, quarter, 10], abs=1e-5)


def test_vector_that_points_nowhere_repeats_its_neighbour() -> None:
    rest = np.array([0.0, 1.0, 0.0])
    vectors = np.array([[0, 0, 0], [2, 0, 0], [0, 0, 0], [0, 0, 3.0]])
    assert directions(vectors, rest).tolist() == [[1, 0, 0], [1, 0, 0], [1, 0, 0], [0, 0, 1]]
    assert directions(np.zeros((2, 3)), rest).tolist() == [[0, 1, 0]] * 2
