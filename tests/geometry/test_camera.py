"""Projection against closed forms."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vidmotion.geometry.camera import field_of_view, focal_length
from vidmotion.types import Camera

# Two metres above the origin of the world and three metres back along Z; it faces the origin's side of the world.
FACING = Camera(600.0, (320.0, 240.0), np.diag([1.0, -1.0, -1.0]), np.array([0.0, 2.0, 3.0]))


def tilted() -> Camera:
    rotation = Rotation.from_rotvec([0.3, -1.1, 0.2]).as_matrix()
    return Camera(600.0, (320.0, 240.0), rotation, np.array([0.4, -0.2, 5.0]))


def test_a_known_point() -> None:
    """One metre right of the axis, half a metre below it, two metres in front."""
    point = np.array([1.0, 1.5, 1.0])
    np.testing.assert_allclose(FACING.position, [0.0, 2.0, 3.0], atol=1e-12)
    np.testing.assert_allclose(FACING.to_camera_axes(point), [1.0, 0.5, 2.0], atol=1e-12)
    np.testing.assert_allclose(FACING.project(point), [320 + 300, 240 + 150], atol=1e-9)


def test_points_of_the_axis_fall_on_the_principal_point() -> None:
    camera = tilted()
    forward = camera.position + np.array([[0.5], [4.0]]) * camera.rotation[2]
    np.testing.assert_allclose(camera.project(forward), [camera.center] * 2, atol=1e-9)


def test_unprojected_pixels_are_the_points_again() -> None:
    camera = tilted()
    points = np.random.default_rng(0).normal(size=(4, 17, 3))
    depth = camera.to_camera_axes(points)[..., 2]
    np.testing.assert_allclose(camera.unproject(camera.project(points), depth), points, atol=1e-12)
    np.testing.assert_allclose(camera.to_world(camera.to_camera_axes(points)), points, atol=1e-12)


def test_depths_below_the_least_are_raised() -> None:
    near = np.array([[0.1, 0.2, 0.01], [0.1, 0.2, -1.0], [0.1, 0.2, 2.0]])
    camera = Camera.at_origin(100.0, (40, 30))
    np.testing.assert_allclose(camera.to_pixels(near, 0.5), [[40, 55], [40, 55], [25, 25]])


def test_rays_lie_one_metre_away() -> None:
    camera = Camera.at_origin(640.0, (1280, 720))
    np.testing.assert_allclose(camera.to_rays(np.array([1280.0, 360.0])), [1, 0])
    np.testing.assert_allclose(camera.unproject(np.array([1280.0, 360.0]), np.array(1.0)), [1, 0, 1])


def test_focal_length_of_a_right_angle_is_half_the_longer_side() -> None:
    assert focal_length(90, (720, 1280)) == pytest.approx(640)
    assert field_of_view(640, (720, 1280)) == pytest.approx(90)
    assert field_of_view(focal_length(55, (640, 480)), (640, 480)) == pytest.approx(55)
