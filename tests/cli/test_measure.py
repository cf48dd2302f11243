"""`vidmotion measure`: a summary, a table and a picture."""

import csv
import math
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.io.scene.scenes import embodied, scene_of, wander
from vidmotion.io.scene.formats import export

needs_matplotlib = pytest.mark.skipif(find_spec("matplotlib") is None, reason="needs the extra `plot`")


@pytest.fixture
def motion(tmp_path: Path) -> Path:
    """Two seconds of one person."""
    return export(scene_of(embodied(wander(60))), tmp_path / "walk.json")[0]


def test_summary_and_table(vidmotion: Run, motion: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "report.csv"
    assert vidmotion("measure", motion, "-o", table) == (0, f"wrote {table}\n")
    summary = capsys.readouterr().out
    assert "person 0\n" in summary
    assert "left knee flexion" in summary
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["person", "measure", "side", "number", "start", "end", "value", "unit"]
    found = {(row["measure"], row["side"]): float(row["value"]) for row in rows}
    assert found["knee_flexion_min", "left"] < found["knee_flexion_max", "left"]


def test_results_are_not_replaced_unasked(
    vidmotion: Run, motion: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "report.csv"
    table.write_text("old")
    code, error = vidmotion("measure", motion, "-o", table)
    assert code == 1
    assert "pass -y to replace it" in error
    assert table.read_text() == "old"
    capsys.readouterr()
    assert vidmotion("measure", motion, "-o", table, "-y", "-q") == (0, "")
    assert capsys.readouterr().out == ""
    assert table.read_text().startswith("person,measure")


def test_wrong_usage(vidmotion: Run, motion: Path, tmp_path: Path) -> None:
    assert vidmotion("measure", motion, "-o", tmp_path / "report.xlsx")[0] == 2
    assert vidmotion("measure", motion, "--plot", tmp_path / "angles.gif")[0] == 2
    code, error = vidmotion("measure", motion, "--person", 4)
    assert code == 1
    assert "the ids of its people are: 0" in error


@needs_matplotlib
@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.pdf", b"%PDF")])
def test_plot(vidmotion: Run, motion: Path, tmp_path: Path, name: str, start: bytes) -> None:
    path = tmp_path / name
    assert vidmotion("measure", motion, "--plot", path) == (0, f"wrote {path}\n")
    assert path.read_bytes().startswith(start)


def test_one_frame_has_measures(vidmotion: Run, tmp_path: Path) -> None:
    """Nobody walks or repeats anything in it, and each angle is as large as it gets."""
    (motion,) = export(scene_of(embodied(wander(1))), tmp_path / "one.json")
    table = tmp_path / "report.csv"
    assert vidmotion("measure", motion, "-o", table, "-q") == (0, "")
    with table.open(newline="") as file:
        values = {(row["measure"], row["side"]): float(row["value"]) for row in csv.DictReader(file)}
    assert all(math.isfinite(value) for value in values.values())
    assert values["knee_flexion_min", "left"] == values["knee_flexion_max", "left"]
    assert not any(measure.startswith(("step", "stride", "repetition")) for measure, _ in values)


@needs_matplotlib
def test_a_plot_of_one_frame_has_dots(vidmotion: Run, tmp_path: Path) -> None:
    (motion,) = export(scene_of(embodied(wander(1))), tmp_path / "one.json")
    path = tmp_path / "a.svg"
    assert vidmotion("measure", motion, "--plot", path, "-q") == (0, "")
    assert path.read_text().count("#0072b2") > 2 * 6  # six legends of left angles have a line in this color, and no dot


@needs_matplotlib
def test_plot_shows_one_person(vidmotion: Run, tmp_path: Path) -> None:
    people = embodied(wander(10)), embodied(wander(10, number=2), number=2)
    (motion,) = export(scene_of(*people), tmp_path / "duo.json")
    code, error = vidmotion("measure", motion, "--plot", tmp_path / "a.png")
    assert code == 1
    assert "choose one with --person" in error
    assert vidmotion("measure", motion, "--plot", tmp_path / "a.png", "--person", 2)[0] == 0


def test_plot_without_matplotlib(vidmotion: Run, motion: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vidmotion.measurements.plot.find_spec", lambda name: None)
    code, error = vidmotion("measure", motion, "--plot", tmp_path / "a.png")
    assert code == 1
    assert "vidmotion[plot]" in error
