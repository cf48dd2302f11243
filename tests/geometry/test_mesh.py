"""Vertex normals against closed forms, compiled and not."""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

import numpy as np
import pytest

needs_numba = pytest.mark.skipif(find_spec("numba") is None, reason="needs numba")
Normals = Callable[[np.ndarray, np.ndarray], np.ndarray]


@pytest.fixture(params=["mesh", pytest.param("mesh_numba", marks=needs_numba)])
def vertex_normals(request: pytest.FixtureRequest) -> Normals:
    found: Normals = import_module(f"vidmotion.geometry.{request.param}").vertex_normals
    return found


def test_a_flat_face_has_one_normal(vertex_normals: Normals) -> None:
    vertices = np.array([[0, 0, 0], [2, 0, 0], [0, 3, 0]], np.float32)
    normals = vertex_normals(vertices, np.array([[0, 1, 2]]))
    assert normals.dtype == np.float32
    assert normals.tolist() == [[0, 0, 1]] * 3


def test_larger_faces_count_more(vertex_normals: Normals) -> None:
    """Two faces meet in an edge at a right angle; one is three times as large as the other."""
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 3, 0], [0, 0, 1]], np.float32)
    normals = vertex_normals(vertices, np.array([[0, 1, 2], [0, 3, 1]]))
    np.testing.assert_allclose(normals[0], np.array([0, 1, 3]) / np.sqrt(10), atol=1e-6)
    np.testing.assert_allclose(normals[1], normals[0], atol=1e-6)
    np.testing.assert_allclose(normals[2:], [[0, 0, 1], [0, 1, 0]], atol=1e-6)


def test_a_vertex_of_no_face_has_no_normal(vertex_normals: Normals) -> None:
    vertices = np.array([[0, 0, 0], [2, 0, 0], [0, 3, 0], [5, 5, 5]], np.float32)
    assert vertex_normals(vertices, np.array([[0, 1, 2]]))[3].tolist() == [0, 0, 0]


@needs_numba
def test_both_agree() -> None:
    rng = np.random.default_rng(0)
    vertices, faces = rng.normal(size=(50, 3)).astype(np.float32), rng.integers(0, 50, (90, 3))
    one, other = (import_module(f"vidmotion.geometry.{name}").vertex_normals for name in ("mesh", "mesh_numba"))
    np.testing.assert_allclose(one(vertices, faces), other(vertices, faces), atol=1e-5)
