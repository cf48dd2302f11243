"""`vidmotion render`: the styles and views of saved motions."""

import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from vidmotion.cli.main import main
from vidmotion.io.scene.formats import export
from vidmotion.rendering import raster
from vidmotion.types import BodyMotion, Camera, Keypoints2D, Motion, Person, Scene, Track
from vidmotion.video import open_video


@pytest.fixture
def person() -> Person:
    """Somebody who stands still for two frames, three metres before the camera."""
    points = Keypoints2D(np.full((2, 17, 2), 50.0), np.ones((2, 17)), "h36m17")
    track = Track(0, np.arange(2), np.arange(2) / 30, np.zeros((2, 4)), points, np.ones(2, bool))
    rotation = np.diag([1.0, -1.0, -1.0])
    camera = Camera(100.0, (60.0, 40.0), rotation, -rotation @ [0.0, 1.0, 3.0])
    joints = np.zeros((2, 17, 3))
    joints[..., 1] = np.linspace(0.1, 1.6, 17)
    body = BodyMotion("freebody", np.zeros((2, 24, 3)), np.zeros(10), np.tile([0, 0.9, 0], (2, 1)), np.zeros(2))
    return Person(track, Motion(joints, np.ones((2, 17)), "h36m17", camera, 1.7), body)


def save(person: Person, folder: Path) -> Path:
    return export(Scene("a.mp4", Fraction(30), (120, 80), 2, (person,)), folder / "motion.npz")[0]


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["vidmotion", *map(str, args)])
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0), capsys.readouterr().err


@pytest.mark.parametrize("style", ["skeleton", "mesh", "both"])
def test_the_film_is_named_after_its_style(
    style: str, person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = run(monkeypatch, capsys, "render", save(person, tmp_path), "--style", style, "--view", "camera")
    assert (code, f"motion.{style}.mp4" in told) == (0, True)
    with open_video(tmp_path / f"motion.{style}.mp4") as film:
        assert film.size == (120, 80)
        assert len(list(film)) == 2


def test_people_in_2d_are_drawn_without_an_empty_3d_view(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _ = run(monkeypatch, capsys, "render", save(replace(person, motion=None, body=None), tmp_path))
    assert code == 0
    with open_video(tmp_path / "motion.skeleton.mp4") as film:
        assert film.size == (120, 80)


def test_one_person_of_several_is_drawn(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The other one, who stands to the right of it, is not in the picture."""
    points = replace(person.track.keypoints, xy=person.track.keypoints.xy + np.array([50.0, 0.0]))
    other = replace(person, track=replace(person.track, id=7, keypoints=points))
    scene = Scene("a.mp4", Fraction(30), (120, 80), 2, (person, other))
    (motion,) = export(scene, tmp_path / "motion.npz")
    pictures = {}
    for name, options in {"both": (), "first": ("--person", 0), "second": ("--person", 7)}.items():
        film = tmp_path / f"{name}.mp4"
        assert run(monkeypatch, capsys, "render", motion, "-o", film, "--view", "camera", *options)[0] == 0
        with open_video(film) as opened:
            picture = next(iter(opened)).rgb.max(axis=2)
        pictures[name] = picture[:, :75].max() > 150, picture[:, 75:].max() > 150
    assert pictures == {"both": (True, True), "first": (True, False), "second": (False, True)}
    code, told = run(monkeypatch, capsys, "render", motion, "-o", tmp_path / "a.mp4", "--person", 3)
    assert (code, "there is no person 3 in a.mp4; the ids are 0, 7" in told) == (1, True)


def test_meshes_need_bodies_of_the_model(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = save(replace(person, body=None), tmp_path)
    code, told = run(monkeypatch, capsys, "render", bare, "--style", "mesh")
    assert (code, "run `vidmotion lift` again" in told) == (1, True)
    code, told = run(monkeypatch, capsys, "render", bare, "--body-model", tmp_path / "SMPL.pkl", "--style", "mesh")
    assert (code, "register at" in told) == (1, True)
    assert not list(tmp_path.glob("*.mp4"))


def test_speed_advice_without_numba(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(raster, "has_numba", lambda: False)
    motion = save(person, tmp_path)
    advice = "`pip install numba` would draw meshes"
    assert run(monkeypatch, capsys, "render", motion, "--style", "mesh")[1].count(advice) == 1
    assert advice not in run(monkeypatch, capsys, "render", motion, "-y", "--style", "mesh", "-q")[1]
    assert advice not in run(monkeypatch, capsys, "render", motion, "-y")[1]
