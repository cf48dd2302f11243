"""`vidmotion export`: saved motions into other formats, with the body model that they were lifted with."""

import shutil
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree

import numpy as np
import pytest

from vidmotion.body.load import FREE_BODY_FILE, load_body
from vidmotion.cli.main import main
from vidmotion.io.scene import formats
from vidmotion.io.scene.formats import export, load
from vidmotion.types import Actions, BodyMotion, Camera, Keypoints2D, Motion, Person, Scene, Segment, Track


@pytest.fixture
def person() -> Person:
    """Somebody who stands still for three frames."""
    points = Keypoints2D(np.zeros((3, 17, 2)), np.ones((3, 17)), "h36m17")
    track = Track(0, np.arange(3), np.arange(3) / 30, np.zeros((3, 4)), points, np.ones(3, bool))
    camera = Camera(1000.0, (500.0, 500.0), np.diag([1.0, -1.0, -1.0]), np.zeros(3))
    motion = Motion(np.zeros((3, 17, 3)), np.ones((3, 17)), "h36m17", camera, 1.7)
    body = BodyMotion("freebody", np.zeros((3, 24, 3)), np.zeros(10), np.zeros((3, 3)), np.zeros(3))
    return Person(track, motion, body)


def save(person: Person, folder: Path) -> Path:
    return export(Scene("a.mp4", Fraction(30), (1000, 1000), 3, (person,)), folder / "motion.npz")[0]


def run(monkeypatch: pytest.MonkeyPatch, *args: object) -> int:
    monkeypatch.setattr(sys, "argv", ["vidmotion", "export", *map(str, args)])
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)


def test_all_formats(person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"out.{suffix}" for suffix in ("json", "npz", "bvh", "glb", "trc", "csv")]
    wanted = [option for name in names for option in ("-o", tmp_path / name)]
    assert run(monkeypatch, save(person, tmp_path), *wanted, "-q") == 0
    assert all((tmp_path / name).stat().st_size for name in names)


def test_files_of_other_people_are_not_in_the_way(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = replace(person, track=replace(person.track, id=1))
    scene = Scene("a.mp4", Fraction(30), (1000, 1000), 3, (person, other))
    (motion,) = export(scene, tmp_path / "motion.npz")
    assert run(monkeypatch, motion, "-o", tmp_path / "x.bvh") == 0
    assert run(monkeypatch, motion, "-o", tmp_path / "x.bvh", "--person", 0) == 0
    assert sorted(path.name for path in tmp_path.glob("*.bvh")) == ["x.0.bvh", "x.1.bvh", "x.bvh"]
    assert run(monkeypatch, motion, "-o", tmp_path / "x.bvh", "--person", 1) == 1


def test_summary_counts_what_was_filled_in_and_pauses(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A picture after 1/30 s, and one after a pause of 5 s."""
    paused = replace(person, track=replace(person.track, times=np.array([0, 1 / 30, 5 + 1 / 30])))
    run(monkeypatch, save(paused, tmp_path), "-o", tmp_path / "out.csv")
    expected = "time: 30 frames/s, 0 dropped frames filled in, 1 pause (the longest of 5.0 s)"
    assert capsys.readouterr().err.splitlines()[0] == expected


def test_a_name_that_is_no_utf8_is_escaped_in_every_format(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions = Actions(("w\udcfflk",), np.zeros(1), np.ones((1, 1)), (Segment(0, 0.1, "w\udcfflk", 1),))
    scene = Scene("\udcff.mp4", Fraction(30), (1000, 1000), 3, (replace(person, actions=actions),))
    motion = export(scene, tmp_path / "motion.json")[0]
    assert load(motion).source == "\\udcff.mp4"
    suffixes = ("json", "json.gz", "npz", "bvh", "glb", "trc", "csv", "amass.npz", "vtt", "eaf")
    assert run(monkeypatch, motion, *(f"-o{tmp_path / 'out'}.{suffix}" for suffix in suffixes)) == 0
    assert "w\\udcfflk" in (tmp_path / "out.csv").read_text(encoding="utf-8")
    assert ElementTree.parse(tmp_path / "out.eaf").findtext(".//ANNOTATION_VALUE") == "w\\udcfflk"


def _broken(scene: Scene, file: BinaryIO) -> None:
    raise ZeroDivisionError("division by zero")


def test_a_bug_in_one_format_takes_no_other_along(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(formats.WRITERS, ".csv", formats.Writer(_broken))
    wanted = [f"-o{tmp_path / name}" for name in ("a.json", "a.csv", "a.trc")]
    assert run(monkeypatch, save(person, tmp_path), *wanted) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "a.trc", "motion.npz"]
    told = capsys.readouterr().err
    assert "Traceback" in told
    assert "error: unexpected ZeroDivisionError: division by zero" in told


def test_markers_and_bones_of_other_programs(person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trc, bvh = tmp_path / "out.trc", tmp_path / "out.bvh"
    options = ("--markers", "halpe26", "--bones", "mixamo")
    assert run(monkeypatch, save(person, tmp_path), "-o", trc, "-o", bvh, *options) == 0
    assert "LKnee" in trc.read_text()
    assert "JOINT mixamorig:LeftLeg" in bvh.read_text()


def test_users_own_body_model(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "mine.npz"
    shutil.copy(FREE_BODY_FILE, model)
    assert person.body
    motion = save(replace(person, body=replace(person.body, model=load_body(model).name)), tmp_path)
    assert run(monkeypatch, motion, "-o", tmp_path / "out.glb") == 1
    assert "--body-model" in capsys.readouterr().err
    assert not (tmp_path / "out.glb").exists()
    assert run(monkeypatch, motion, "-o", tmp_path / "out.glb", "--body-model", model) == 0
    assert (tmp_path / "out.glb").exists()


def test_body_model_that_is_not_there(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    motion = save(person, tmp_path)
    assert run(monkeypatch, motion, "-o", tmp_path / "a.bvh", "--body-model", tmp_path / "no.npz") == 1
    assert "no such file" in capsys.readouterr().err
