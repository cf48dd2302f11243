"""CSV: the documented columns, a row for each frame of each person, one world."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.io.scene.scenes import person_of, scene_of, walk
from vidmotion.errors import InputError
from vidmotion.io.scene.formats import export
from vidmotion.skeletons import H36M17
from vidmotion.types import Camera, Person, Scene


def write(scene: Scene, folder: Path) -> list[dict[str, str]]:
    (path,) = export(scene, folder / "out.csv")
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def joints(rows: list[dict[str, str]], axes: str = "xyz") -> np.ndarray:
    return np.array([[[float(row[f"{name}_{axis}"]) for axis in axes] for name in H36M17.joints] for row in rows])


def test_columns(walker: Person, tmp_path: Path) -> None:
    (path,) = export(scene_of(walker), tmp_path / "out.csv")
    header = path.read_text().splitlines()[0].split(",")
    assert header[:9] == [
        "person", "frame", "time", "observed", "root_x", "root_y", "root_z", "root_confidence", "right_hip_x",
    ]  # fmt: skip
    assert len(header) == 4 + 17 * 4


def test_values(walker: Person, tmp_path: Path) -> None:
    assert walker.motion
    rows = write(scene_of(walker), tmp_path)
    assert len(rows) == 120
    assert joints(rows) == pytest.approx(walker.motion.joints, abs=6e-5)
    seen = [[float(row[f"{name}_confidence"]) for name in H36M17.joints] for row in rows]
    assert np.array(seen) == pytest.approx(walker.motion.confidence, abs=6e-5)
    assert [row["observed"] == "1" for row in rows] == walker.track.observed.tolist()
    assert rows[31]["time"] == "1.033333"


def test_all_people_with_their_own_frames(tmp_path: Path) -> None:
    frames = np.array([5, 6, 40])
    rows = write(scene_of(person_of(walk(4)), person_of(walk(3), frames, number=7)), tmp_path)
    assert [(row["person"], row["frame"]) for row in rows] == [
        ("0", "0"), ("0", "1"), ("0", "2"), ("0", "3"), ("7", "5"), ("7", "6"), ("7", "40"),
    ]  # fmt: skip


def test_people_share_the_world_of_the_first(tmp_path: Path) -> None:
    first, second = person_of(walk(4)), person_of(walk(4), number=1)
    assert second.motion
    seen = second.motion.camera
    nearer = Camera(seen.focal, seen.center, seen.rotation, seen.translation - [0, 0, 1.5])
    second = replace(second, motion=replace(second.motion, camera=nearer))
    rows = write(scene_of(first, second), tmp_path)
    assert joints(rows[4:]) == pytest.approx(walk(4) + np.array([0, 0, 1.5]), abs=6e-5)


def test_what_cannot_be_written(tmp_path: Path) -> None:
    places = walk(5)
    places[2, 3, 1] = np.inf
    for scene, message in (
        (scene_of(person_of(places)), "not finite"),
        (scene_of(Person(person_of(walk(5)).track)), "vidmotion lift"),
        (scene_of(), "nobody"),
    ):
        with pytest.raises(InputError, match=message):
            export(scene, tmp_path / "out.csv")
    assert list(tmp_path.iterdir()) == []
