"""People before a camera that is known and carried along stand where they are, and the floor tells their height."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from tests.lifting.test_placement import RATE, TIMES, person
from vidmotion.lifting import heights
from vidmotion.lifting.heights import Height, Standing
from vidmotion.lifting.lift import _placed
from vidmotion.types import ASSUMED, FLOOR, GIVEN, Camera


def carried(frames: int) -> Camera:
    """A camera that is carried past the person, and turns."""
    angles = np.linspace([172.0, -20.0, 0.0], [176.0, 25.0, 3.0], frames)
    rotation = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    position = np.linspace([-1.8, 1.3, 4.0], [1.8, 1.6, 4.6], frames)
    return Camera(np.full(frames, 900.0), (640.0, 360.0), rotation, -np.einsum("tij,tj->ti", rotation, position))


def test_who_stands_before_a_carried_camera_stands_still() -> None:
    world = np.repeat(person()[:1], len(TIMES), axis=0)
    camera = carried(len(world))
    seen = camera.to_camera_axes(world)
    rays = camera.to_rays(camera.project(world))
    placed = _placed(seen - seen[:, :1], rays, np.ones(seen.shape[:2]), RATE, camera)
    np.testing.assert_allclose(placed[10:-10], world[10:-10], atol=0.03)


def standing(true: float, assumed: float) -> Standing:
    """A person, seen as from a camera of known path, that was lifted with another height."""
    world = person(height=true)
    position = carried(len(world)).position
    return Standing((world - position[:, None]) * assumed / true, position, TIMES)


@pytest.mark.parametrize("true", [1.15, 1.7, 1.95])
def test_a_known_camera_tells_heights(true: float) -> None:
    (found,) = heights.from_floor([Height(1.7, ASSUMED)], [standing(true, 1.7)], camera_is_known=True)
    assert found.source == FLOOR
    assert found.metres == pytest.approx(true, abs=0.01)


def test_heights_stay_where_nothing_tells_them() -> None:
    stated = [Height(1.7, GIVEN), Height(1.7, ASSUMED)]
    people = [standing(1.15, 1.7), standing(4.0, 1.7)]
    assert heights.from_floor(stated, people, camera_is_known=True) == stated
    assert heights.from_floor(stated, people, camera_is_known=False) == stated
