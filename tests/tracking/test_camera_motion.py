"""The camera's rotation from pictures of a textured background, against the rotation that made them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest

from vidmotion.geometry.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from vidmotion.tracking import camera_motion as tested
from vidmotion.tracking.camera_motion import with_focal
from vidmotion.tracking.corners import CornerReader, fit_rotation
from vidmotion.tracking.parts import read_in_parts
from vidmotion.types import STILL, TURNS, UNSURE, Camera, CameraMotion, Keypoints2D, Track
from vidmotion.video.reader import Frame

SIZE, FOCAL, FRAMES = (320, 240), 300.0, 20
CENTER = np.array(SIZE) / 2


def texture(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return cv2.resize(rng.integers(0, 255, (90, 160, 3)).astype(np.uint8), (1280, 720), interpolation=cv2.INTER_CUBIC)


def filmed(rotations: np.ndarray, picture: np.ndarray, zoom: float = 1.0) -> np.ndarray:
    """The picture as a camera sees it that looks at its middle and has turned by a rotation (3, 3)."""
    wide = np.array([[FOCAL, 0, 640], [0, FOCAL, 360], [0, 0, 1.0]])
    lens = np.array([[zoom * FOCAL, 0, CENTER[0]], [0, zoom * FOCAL, CENTER[1]], [0, 0, 1.0]])
    return cv2.warpPerspective(picture, lens @ rotations @ np.linalg.inv(wide), SIZE, flags=cv2.INTER_AREA)


def pan(degrees: float) -> np.ndarray:
    """(FRAMES, 3, 3) a pan with some tilt and roll."""
    turn = np.linspace(0, np.radians(degrees), FRAMES)[:, None] * np.array([0.2, 1.0, 0.1])
    return axis_angle_to_matrix(turn)


def frames(pictures: list[np.ndarray]) -> Iterator[Frame]:
    for index, picture in enumerate(pictures):
        yield Frame(index, index / 30, picture)


def camera_motion(
    pictures: Iterator[Frame], count: int, tracks: list[Track], cuts: Sequence[int], focal: float, turns: bool = False
) -> CameraMotion:
    steps = read_in_parts(pictures, lambda part: CornerReader(part, tracks, cuts, focal))
    return tested.camera_motion(steps, count, SIZE, cuts, focal, turns=turns)


def degrees_apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.degrees(np.linalg.norm(matrix_to_axis_angle(one @ other.swapaxes(-1, -2)), axis=-1))


def walker() -> tuple[Track, np.ndarray]:
    """Somebody who walks through the picture, and the box (x0, y0, x1, y1) in each frame."""
    left = np.linspace(20, 200, FRAMES)
    boxes = np.stack([left, np.full(FRAMES, 30.0), left + 90, np.full(FRAMES, 230.0)], 1)
    points = Keypoints2D(np.zeros((FRAMES, 17, 2)), np.zeros((FRAMES, 17)), "coco17")
    every = np.arange(FRAMES)
    return Track(0, every, every / 30, boxes, points, np.ones(FRAMES, bool)), boxes


def test_a_pan_is_found() -> None:
    rotations = pan(15)
    found = camera_motion(frames([filmed(one, texture()) for one in rotations]), FRAMES, [], (), FOCAL)
    assert found.kinds == (TURNS,)
    assert found.certain.all()
    assert degrees_apart(found.rotation, rotations).max() < 0.1
    np.testing.assert_array_equal(found.zoom, 1.0)


def test_people_are_not_background() -> None:
    rotations, (track, boxes) = pan(6), walker()
    pictures, person = [filmed(one, texture()) for one in rotations], texture(1)
    for picture, (x0, y0, x1, y1) in zip(pictures, boxes.astype(int), strict=True):
        picture[y0:y1, x0:x1] = person[: y1 - y0, : x1 - x0]
    found = camera_motion(frames(pictures), FRAMES, [track], (), FOCAL)
    assert degrees_apart(found.rotation, rotations).max() < 0.15


def test_a_still_camera_is_exactly_still() -> None:
    rng = np.random.default_rng(0)
    noisy = [
        np.clip(filmed(np.eye(3), texture()) + rng.normal(0, 4, (SIZE[1], SIZE[0], 3)), 0, 255).astype(np.uint8)
        for _ in range(FRAMES)
    ]
    found = camera_motion(frames(noisy), FRAMES, [], (), FOCAL)
    assert (found.kinds, found.moves, len(found)) == ((STILL,), False, 0)


def test_every_shot_has_its_own_motion() -> None:
    turning = [filmed(one, texture(2)) for one in pan(8)]
    found = camera_motion(frames([filmed(np.eye(3), texture())] * FRAMES + turning), 2 * FRAMES, [], (FRAMES,), FOCAL)
    assert found.kinds == (STILL, TURNS)
    np.testing.assert_array_equal(found.rotation[:FRAMES], np.tile(np.eye(3), (FRAMES, 1, 1)))
    assert degrees_apart(found.rotation[FRAMES:], pan(8)).max() < 0.1


def test_nothing_to_see_is_no_motion() -> None:
    black = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    found = camera_motion(frames([black] * FRAMES), FRAMES, [], (), FOCAL)
    assert (found.kinds, found.moves) == ((UNSURE,), False)


def test_a_few_black_frames_hold_the_camera() -> None:
    pictures = [filmed(one, texture()) for one in pan(8)]
    pictures[10] = np.zeros_like(pictures[0])
    found = camera_motion(frames(pictures), FRAMES, [], (), FOCAL)
    assert not found.certain[10]
    np.testing.assert_allclose(found.rotation[10], found.rotation[9])
    assert degrees_apart(found.rotation, pan(8)).max() < 1.5


def test_a_zoom_is_found() -> None:
    zooms = np.linspace(1, 1.5, FRAMES)
    found = camera_motion(frames([filmed(np.eye(3), texture(), zoom) for zoom in zooms]), FRAMES, [], (), FOCAL)
    np.testing.assert_allclose(found.zoom, zooms, atol=0.04)


def test_rotation_and_zoom_of_exact_points() -> None:
    rng = np.random.default_rng(0)
    before = rng.uniform(-0.5, 0.5, (60, 2))
    rotation = axis_angle_to_matrix(np.array([0.05, -0.2, 0.1]))
    turned = np.concatenate([before, np.ones((60, 1))], 1) @ rotation.T
    after = 1.2 * turned[:, :2] / turned[:, 2:]
    after[:15] += rng.uniform(-0.2, 0.2, (15, 2))
    found, log_zoom, agrees = fit_rotation(before, after, np.eye(3), 0.0, FOCAL)
    np.testing.assert_allclose(found, rotation, atol=1e-5)
    assert np.exp(log_zoom) == pytest.approx(1.2, abs=1e-4)
    assert agrees[15:].all()


def test_another_focal_length_turns_the_picture_as_far() -> None:
    """Of a pan without roll, the picture's center moves by the same number of pixels."""
    turn = axis_angle_to_matrix(np.linspace(0, 0.05, 6)[:, None] * np.array([0.0, 1.0, 0.0]))
    motion = CameraMotion((TURNS,), turn, np.ones(6), np.ones(6, bool), FOCAL)
    longer = with_focal(motion, 2 * FOCAL, ())
    assert degrees_apart(longer.rotation[5], np.eye(3)) == pytest.approx(np.degrees(0.025), rel=1e-6)
    assert with_focal(replace(motion, kinds=(STILL,)), 2 * FOCAL, ()).focal == 2 * FOCAL


def test_a_moving_camera_projects_and_unprojects() -> None:
    rotations = pan(20)
    camera = Camera(np.linspace(300, 400, FRAMES), (160.0, 120.0), rotations, np.tile([0.1, -1.0, 0.3], (FRAMES, 1)))
    points = np.random.default_rng(0).uniform((-1, -1, 3), (1, 1, 5), (FRAMES, 5, 3))
    pixels, depth = camera.project(points), camera.to_camera_axes(points)[..., 2]
    np.testing.assert_allclose(camera.unproject(pixels, depth), points, atol=1e-9)
    for row in (0, 7):
        np.testing.assert_allclose(camera.at(row).project(points[row]), pixels[row])
        np.testing.assert_allclose(camera.at(row).position, camera.position[row])


def test_a_camera_that_is_said_to_turn_is_never_still() -> None:
    found = camera_motion(frames([filmed(one, texture()) for one in pan(0.1)]), FRAMES, [], (), FOCAL, turns=True)
    assert found.kinds == (TURNS,)
    assert degrees_apart(found.rotation, pan(0.1)).max() < 0.05


def test_a_crowd_that_fills_the_picture_is_no_motion() -> None:
    every = np.arange(FRAMES)
    boxes = np.tile([0.0, 0.0, *map(float, SIZE)], (FRAMES, 1))
    points = Keypoints2D(np.zeros((FRAMES, 17, 2)), np.zeros((FRAMES, 17)), "coco17")
    crowd = Track(0, every, every / 30, boxes, points, np.ones(FRAMES, bool))
    found = camera_motion(frames([filmed(one, texture()) for one in pan(8)]), FRAMES, [crowd], (), FOCAL, turns=True)
    assert (found.kinds, found.moves) == ((UNSURE,), False)


def test_frames_that_are_not_read_do_not_count_as_unknown() -> None:
    """A section that begins late in the file: `--start`."""
    rotations, first = pan(15), 90
    pictures = (
        Frame(first + index, (first + index) / 30, filmed(one, texture())) for index, one in enumerate(rotations)
    )
    found = camera_motion(pictures, first + FRAMES, [], (), FOCAL)
    assert found.kinds == (TURNS,)
    assert degrees_apart(found.rotation[first:], rotations).max() < 0.1
