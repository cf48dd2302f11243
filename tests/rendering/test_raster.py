"""The rasteriser against closed forms, and the numba and the numpy loops against each other."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from vidmotion.rendering.raster import NEAR, Surface, draw_surfaces, vertex_normals

needs_numba = pytest.mark.skipif(find_spec("numba") is None, reason="needs numba")
each_kind = pytest.mark.parametrize("use_numba", [pytest.param(True, marks=needs_numba), False], ids=["numba", "numpy"])
GROUND = 100


def canvas(width: int = 16, height: int = 12) -> np.ndarray:
    return np.full((height, width, 3), GROUND, np.uint8)


def triangle(xy: list[tuple[float, float]], depth: float | list[float], color: float, opacity: float = 1.0) -> Surface:
    rgba = np.full((3, 4), [color, color, color, opacity])
    return Surface(np.array(xy, float), np.broadcast_to(np.array(depth, float), 3).copy(), np.array([[0, 1, 2]]), rgba)


def draw(*surfaces: Surface, use_numba: bool, size: tuple[int, int] = (16, 12)) -> np.ndarray:
    picture = canvas(*size)
    draw_surfaces(picture, surfaces, use_numba)
    return picture.astype(int)


def ball() -> tuple[np.ndarray, np.ndarray]:
    """Points (V, 3) of a unit sphere and its faces (F, 3), anticlockwise seen from outside."""
    down, around = np.meshgrid(np.linspace(0, np.pi, 25), np.linspace(0, 2 * np.pi, 49), indexing="ij")
    points = np.stack([np.sin(down) * np.sin(around), np.cos(down), np.sin(down) * np.cos(around)], axis=-1)
    first = (np.arange(24)[:, None] * 49 + np.arange(48)).reshape(-1)
    faces = [np.stack([first, first + 49, first + 1], 1), np.stack([first + 1, first + 49, first + 50], 1)]
    return points.reshape(-1, 3), np.concatenate(faces)


def seen_ball(center: tuple[float, float, float], radius: float, color: tuple[float, float, float]) -> Surface:
    """A sphere before a camera with a focal length of 60 pixels and its middle at (40, 30); x right, y down."""
    points, faces = ball()
    seen = np.array(center) + radius * points * [1, -1, -1]
    xy = 60 * seen[:, :2] / np.maximum(seen[:, 2:], 1e-3) + [40, 30]
    rgba = np.column_stack([np.array(color) * (0.6 + 0.4 * points[:, 1:2]), np.full(len(points), 0.8)])
    return Surface(xy, seen[:, 2], faces, rgba)


@each_kind
def test_pixels_of_a_triangle(use_numba: bool) -> None:
    """Below the diagonal all four samples are inside, on it three, above none."""
    picture = draw(triangle([(0, 0), (0, 8), (8, 0)], 2.0, 200), use_numba=use_numba)
    y, x = np.mgrid[:12, :16]
    wanted = np.where(x + y < 7, 200, np.where(x + y == 7, 175, GROUND))
    np.testing.assert_array_equal(picture, np.repeat(wanted[..., None], 3, axis=2))


@each_kind
def test_colours_run_from_corner_to_corner(use_numba: bool) -> None:
    corners = np.array([[-4.0, -4.0], [-4.0, 40.0], [40.0, -4.0]])
    rgba = np.column_stack([corners @ [5, 2] + 40, corners @ [0, 3] + 60, np.full(3, 7.0), np.ones(3)])
    picture = draw(Surface(corners, np.full(3, 2.0), np.array([[0, 1, 2]]), rgba), use_numba=use_numba)
    y, x = np.mgrid[:12, :16] + 0.5
    wanted = np.stack([5 * x + 2 * y + 40, 3 * y + 60, np.full(x.shape, 7.0)], axis=-1)
    assert np.abs(picture - wanted).max() <= 0.51


@each_kind
def test_the_nearer_wins_in_either_order(use_numba: bool) -> None:
    near, far = (triangle([(-9, -9), (-9, 60), (60, -9)], depth, color) for depth, color in ((1.0, 240), (3.0, 20)))
    for surfaces in ((near, far), (far, near)):
        assert (draw(*surfaces, use_numba=use_numba) == 240).all()


@each_kind
def test_surfaces_that_cross_meet_where_their_depths_are_equal(use_numba: bool) -> None:
    """One over the depth is linear in the picture: 1/2 meets 1 - x / 20 at x = 10."""
    flat = triangle([(-40, -40), (-40, 80), (80, -40)], 2.0, 20)
    corners = [(0, 0), (0, 12), (16, 6)]
    slope = triangle([(float(x), float(y)) for x, y in corners], [1 / (1 - x / 20) for x, _ in corners], 240)
    for surfaces in ((flat, slope), (slope, flat)):
        np.testing.assert_array_equal(draw(*surfaces, use_numba=use_numba)[6, :, 0], [240] * 10 + [20] * 6)


@each_kind
def test_opacity(use_numba: bool) -> None:
    picture = draw(triangle([(-9, -9), (-9, 60), (60, -9)], 1.0, 200, opacity=0.25), use_numba=use_numba)
    assert (picture == 125).all()


@each_kind
def test_the_inside_is_not_drawn(use_numba: bool) -> None:
    assert (draw(triangle([(0, 0), (8, 0), (0, 8)], 2.0, 200), use_numba=use_numba) == GROUND).all()


@each_kind
@pytest.mark.parametrize(
    ("xy", "depth"),
    [
        ([(-30, 0), (-30, 8), (-20, 0)], 2.0),
        ([(0, 30), (0, 38), (8, 30)], 2.0),
        ([(0, 0), (0, 8), (8, 0)], -2.0),
        ([(0, 0), (0, 8), (8, 0)], [2.0, 2.0, NEAR / 2]),
        ([(0, 0), (0, 8), (1e9, 0)], 2.0),
        ([(0, 0), (0, 8), (np.nan, np.inf)], 2.0),
        ([(0, 0), (0, 8), (8, 0)], np.nan),
        ([(3, 3), (3, 3), (3, 3)], 2.0),
    ],
)
def test_what_cannot_be_seen_leaves_the_picture_alone(
    use_numba: bool, xy: list[tuple[float, float]], depth: float | list[float]
) -> None:
    assert (draw(triangle(xy, depth, 200), use_numba=use_numba) == GROUND).all()


@each_kind
def test_triangles_far_larger_than_the_picture(use_numba: bool) -> None:
    assert (draw(triangle([(-3e5, -3e5), (-3e5, 9e5), (9e5, -3e5)], 2.0, 200), use_numba=use_numba) == 200).all()


@each_kind
def test_no_seams_between_triangles(use_numba: bool) -> None:
    """A fan of slices through odd places covers every sample of a square."""
    turn = -np.linspace(0, 2 * np.pi, 24)
    xy = np.concatenate([[[8.0, 6.0]], [8, 6] + 40 * np.stack([np.cos(turn), np.sin(turn)], axis=1)])
    faces = np.stack([np.zeros(23, int), np.arange(1, 24), np.arange(2, 25)], axis=1)
    fan = Surface(xy, np.full(25, 2.0), faces, np.full((25, 4), [200.0, 200.0, 200.0, 1.0]))
    assert (draw(fan, use_numba=use_numba) == 200).all()


@needs_numba
def test_numba_and_numpy_make_the_same_picture() -> None:
    """Crossing balls, one of them around the camera and one partly outside of the picture."""
    balls = (
        seen_ball((0, 0, 3), 0.9, (250, 120, 60)),
        seen_ball((0.5, 0.2, 2.6), 0.6, (60, 200, 90)),
        seen_ball((-1.6, 0.9, 2), 0.7, (90, 90, 250)),
        seen_ball((0.9, -0.5, 0.3), 0.5, (220, 220, 40)),
    )
    fast, plain = (draw(*balls, use_numba=kind, size=(80, 60)) for kind in (True, False))
    assert (plain != GROUND).any(-1).mean() > 0.3
    off = np.abs(fast - plain).max(-1)
    assert off.max() <= 60
    assert (off > 1).mean() < 0.002


@each_kind
def test_normals_of_a_ball_point_outwards(use_numba: bool) -> None:
    points, faces = ball()
    normals = vertex_normals(points, faces, use_numba)
    inner = np.abs(points[:, 1]) < 0.95  # the poles and the seam are several vertices at one place
    assert (normals * points).sum(1)[inner].min() > 0.99
