"""Films with meshes, and the three views. A block of wood stands in for a body."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

import vidmotion as vm
from tests.rendering.films import GREY, STANDING, footage, person, read, scene
from vidmotion.body.load import load_body
from vidmotion.choices import Style, View
from vidmotion.errors import InputError
from vidmotion.rendering import FilmOptions, render
from vidmotion.rendering.mesh_shading import PersonMesh
from vidmotion.rendering.panel3d import draw_panel
from vidmotion.rendering.skeleton3d import Person3D
from vidmotion.rendering.viewport import CameraOrbit, fit_viewport
from vidmotion.skeletons import H36M17
from vidmotion.types import BodyMotion, Person, Scene

SIZE = (320, 240)
HALF = np.array([0.3, 0.9, 0.2])


class Block:
    """A box of 0.6 x 1.8 x 0.4 metres on the floor of somebody's world."""

    faces = np.array(
        [
            [0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
            [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3],
        ]
    )  # fmt: skip

    def __init__(self, x: float = 0.0, z: float = 0.0) -> None:
        corners = np.array([[i, j, k] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)])
        self._vertices = corners * HALF + [x, HALF[1], z]

    def vertices(self, row: int) -> np.ndarray:
        return self._vertices


def film(made: Scene, folder: Path, style: str, view: str, filmed: bool = True, **blocks: Block) -> list[np.ndarray]:
    meshes = {int(name[1:]): block for name, block in blocks.items()}
    video = footage(folder / "film.mp4", SIZE, made.frame_count) if filmed else None
    render(made, folder / "out.mp4", video, None, FilmOptions(Style(style), View(view), meshes))
    return read(folder / "out.mp4")


def front(x: float = 0.0, z: float = 0.0) -> tuple[slice, slice]:
    """The pixels of the picture, a little inside, that a block's front fills (see `films.camera`)."""
    away = 4 - z - HALF[2]
    left, right = (160 + 320 * (x + side * HALF[0]) / away for side in (-1, 1))
    top, bottom = 120 - 320 * (2 * HALF[1] - 1) / away, 120 + 320 / away
    return slice(round(top) + 3, round(bottom) - 3), slice(round(left) + 3, round(right) - 3)


def chroma(frame: np.ndarray) -> np.ndarray:
    """(H, W) how far each pixel is from grey, as the ground is."""
    return frame.max(-1) - frame.min(-1)


def test_a_mesh_lies_where_the_camera_sees_it(tmp_path: Path) -> None:
    (frame,) = film(scene(SIZE, (person(0, [0], SIZE),), 1), tmp_path, "mesh", "camera", p0=Block())
    rows, columns = front()
    assert chroma(frame[rows, columns]).min() > 20
    frame[rows.start - 6 : rows.stop + 6, columns.start - 6 : columns.stop + 6] = GREY
    frame[: rows.start] = GREY  # the id
    assert chroma(frame).max() <= 12


def test_the_style_mesh_draws_no_bones(tmp_path: Path) -> None:
    """The arms stick out of the block: bare ground in the style mesh, bones in the style both."""
    made = scene(SIZE, (person(1, [0], SIZE),), 1)
    x, y = made.people[0].track.keypoints.xy[0][[12, 13]].mean(0).astype(int)
    (mesh,) = film(made, tmp_path, "mesh", "camera", p1=Block())
    (both,) = film(made, tmp_path, "both", "camera", p1=Block())
    assert np.abs(mesh[y, x] - GREY).max() <= 12
    assert both[y, x, 2] > GREY + 60


def test_the_mesh_is_fainter_below_a_skeleton_and_where_it_was_filled_in(tmp_path: Path) -> None:
    one = person(1, [0, 1], SIZE)
    track = dataclasses.replace(one.track, observed=np.array([True, False]))
    made = scene(SIZE, (dataclasses.replace(one, track=track),), 2)
    rows, columns = front()
    corner = (slice(rows.stop - 12, rows.stop), slice(columns.start, columns.start + 8))  # no bone is there
    seen, filled = (np.abs(frame[corner] - GREY).mean() for frame in film(made, tmp_path, "mesh", "camera", p1=Block()))
    both, _ = (np.abs(frame[corner] - GREY).mean() for frame in film(made, tmp_path, "both", "camera", p1=Block()))
    assert 0.3 * seen < filled < 0.6 * seen
    assert 0.45 * seen < both < 0.75 * seen


@pytest.mark.parametrize("order", [(0, 3), (3, 0)])
def test_the_nearer_person_hides_the_other(tmp_path: Path, order: tuple[int, int]) -> None:
    """Green 0 stands before red 3, whichever is drawn first."""
    made = scene(SIZE, tuple(person(id, [0], SIZE) for id in order), 1)
    (frame,) = film(made, tmp_path, "mesh", "camera", p0=Block(z=0.8), p3=Block(x=0.4, z=-0.8))
    redness = frame[..., 0] - frame[..., 1]
    rows, columns = front(z=0.8)
    assert redness[rows.stop - 100 : rows.stop, columns].max() < -20
    rows, columns = front(x=0.4, z=-0.8)
    assert redness[rows, columns.stop - 6 : columns.stop].min() > 10


def test_the_panel_turns_or_stands_at_the_side(tmp_path: Path) -> None:
    """Seen from the side the block is 0.4 m wide instead of 0.6, and stays so."""
    made = scene(SIZE, (person(1, list(range(30)), SIZE),), 30)
    turning = film(made, tmp_path, "mesh", "turn", filmed=False, p1=Block())
    standing = film(made, tmp_path, "mesh", "side", filmed=False, p1=Block())

    def width(frame: np.ndarray) -> int:
        return int(np.ptp(np.flatnonzero((frame[300:360] > 75).all(-1).any(0))))

    assert standing[0].shape == (720, 720, 3)
    assert width(turning[0]) > 1.25 * width(standing[0])
    assert width(turning[29]) != pytest.approx(width(turning[0]), abs=3)
    assert width(standing[29]) == pytest.approx(width(standing[0]), abs=2)


def test_a_mesh_has_a_shadow() -> None:
    """Points without faces, a metre above the floor, darken it straight below and nowhere else."""
    viewport = fit_viewport([np.arange(1)], [STANDING[None]], 1, (360, 360), 30.0, CameraOrbit.for_view(View.turn, 0.0))
    x, z = np.meshgrid(np.arange(0.4, 0.7, 0.02), np.arange(-0.15, 0.15, 0.02))
    cloud = np.stack([x, np.ones_like(x), z], axis=-1).reshape(-1, 3)
    mesh = PersonMesh(1, cloud, np.empty((0, 3), int), True)
    standing = Person3D(1, STANDING, np.ones(17), H36M17, mesh)
    light = draw_panel(viewport, [standing], 0, Style.mesh) / np.maximum(viewport.draw_floor(0), 1.0)

    def below(point: list[float]) -> float:
        (column, row), *_ = viewport.project(np.array([point]), 0)[0].astype(int)
        return float(light[row - 1 : row + 2, column - 1 : column + 2].mean())

    assert below([0.55, 0, 0]) < 0.6
    assert below([-0.55, 0, 0]) == pytest.approx(1, abs=0.02)
    assert below([0.55, 0, 0.6]) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(
    ("size", "wanted"),
    [((320, 240), (320, 240)), ((321, 239), (320, 240)), ((1440, 2560), (1080, 1920)), ((16, 4), (16, 4))],
)
def test_the_view_of_the_camera_has_the_size_of_the_video(
    tmp_path: Path, size: tuple[int, int], wanted: tuple[int, int]
) -> None:
    for video in (None, footage(tmp_path / "film.mp4", size, 1)):
        made = scene(size, (person(1, [0], size),), 1)
        render(made, tmp_path / "out.mp4", video, None, FilmOptions(view=View.camera))
        (frame,) = read(tmp_path / "out.mp4")
        assert frame.shape == (wanted[1], wanted[0], 3)


def test_people_without_a_mesh_are_skeletons(tmp_path: Path) -> None:
    made = scene(SIZE, (person(1, [0], SIZE, -0.8), person(2, [0], SIZE, 0.8)), 1)
    (frame,) = film(made, tmp_path, "mesh", "camera", p1=Block(-0.8))
    x, y = made.people[1].track.keypoints.xy[0][[12, 13]].mean(0).astype(int)
    assert frame[y, x, 2] > GREY + 60


def body(one: Person, model: str) -> Person:
    """With a body at rest where the person's hips are."""
    count, still = len(one.track), np.zeros(len(one.track))
    rest = load_body().shape(np.zeros(10))
    move = np.repeat([[0.0, -rest.vertices[:, 1].min(), 0.0]], count, axis=0)
    return dataclasses.replace(one, body=BodyMotion(model, np.zeros((count, 24, 3)), np.zeros(10), move, still))


def test_render_poses_the_bodies_of_a_scene(tmp_path: Path) -> None:
    """The free body in its T-pose stands where the skeleton stands: there is skin on the trunk and none beside."""
    made = scene(SIZE, (body(person(1, [0, 1], SIZE), "freebody"),), 2)
    vm.render(made, tmp_path / "out.mp4", video=footage(tmp_path / "film.mp4", SIZE, 2), style="mesh", view="camera")
    for frame in read(tmp_path / "out.mp4"):
        x, y = made.people[0].track.keypoints.xy[0][7].astype(int)
        assert np.abs(frame[y - 4 : y + 4, x - 4 : x + 4] - GREY).max(-1).min() > 15
        assert np.abs(frame[y - 4 : y + 4, x + 60 : x + 80] - GREY).max() <= 12


def test_a_style_without_bodies_is_refused(tmp_path: Path) -> None:
    bare = scene(SIZE, (person(1, [0], SIZE),), 1)
    with pytest.raises(InputError, match=r"holds no bodies to draw in the style both; run `vidmotion lift` again"):
        vm.render(bare, tmp_path / "out.mp4", style="both")
    foreign = scene(SIZE, (body(person(1, [0], SIZE), "smpl-12345678"),), 1)
    with pytest.raises(InputError, match="made for the body model smpl-12345678, not for freebody"):
        vm.render(foreign, tmp_path / "out.mp4", style="mesh")
    assert not list(tmp_path.iterdir())


def test_a_scene_without_people_needs_no_body(tmp_path: Path) -> None:
    vm.render(scene(SIZE, (), 2), tmp_path / "out.mp4", style="mesh", view="side")
    assert len(read(tmp_path / "out.mp4")) == 2


def test_a_disc_has_the_radius_of_the_expected_error() -> None:
    """Around the left wrist, at which the arm ends, the panel is tinted within 0.2 m and as before beyond."""
    viewport = fit_viewport([np.arange(1)], [STANDING[None]], 1, (720, 720), 30.0, CameraOrbit.for_view(View.turn, 0.0))
    wrist, errors = H36M17.joints.index("left_wrist"), np.zeros(17)
    errors[wrist] = 0.2
    certain = Person3D(1, STANDING, np.ones(17), H36M17)
    unsure = dataclasses.replace(certain, expected_error=errors)
    before, after = (draw_panel(viewport, [one], 0, Style.skeleton).astype(int) for one in (certain, unsure))

    def tint(away: float) -> int:
        point = STANDING[wrist] + np.array([0, away, 0])
        column, row = viewport.project(point[None], 0)[0][0].round().astype(int)
        return int(np.abs(after[row, column] - before[row, column]).max())

    assert tint(0.17) > 10
    assert tint(-0.17) > 10
    assert tint(0.23) == tint(-0.23) == 0
