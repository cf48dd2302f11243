"""Joint angles: the table and OpenSim's file hold the angles of the body, with the rows of CSV and TRC."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.io.scene.scenes import embodied, scene_of, wander
from vidmotion.body.angle_errors import expected_angle_errors
from vidmotion.body.joint_angles import ANGLES, joint_angles, opensim_coordinates
from vidmotion.body.load import free_body
from vidmotion.geometry.rotations import axis_angle_to_matrix
from vidmotion.io.scene.formats import export
from vidmotion.types import Floats, Person


def pose_of(person: Person) -> tuple[Floats, Floats]:
    assert person.body
    return axis_angle_to_matrix(person.body.pose), free_body().shape(person.body.betas).joints


def read_mot(path: Path) -> tuple[list[str], dict[str, np.ndarray]]:
    """The header, and the values of each column, as OpenSim's documentation describes the file."""
    lines = path.read_text().splitlines()
    end = lines.index("endheader")
    table = np.array([[float(word) for word in line.split("\t")] for line in lines[end + 2 :]])
    return lines[:end], dict(zip(lines[end + 1].split("\t"), table.T, strict=True))


def test_table_has_a_row_for_each_frame(tmp_path: Path) -> None:
    people = embodied(wander(4)), embodied(wander(3, number=7), np.array([5, 6, 40]), number=7)
    (path,) = export(scene_of(*people), tmp_path / "duo.angles.csv")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["person", "frame", "time", "observed", *ANGLES]
    assert [(row["person"], row["frame"]) for row in rows] == [
        ("0", "0"), ("0", "1"), ("0", "2"), ("0", "3"), ("7", "5"), ("7", "6"), ("7", "40"),
    ]  # fmt: skip
    assert rows[1]["time"] == "0.033333"
    for person, part in zip(people, (rows[:4], rows[4:]), strict=True):
        for name, values in joint_angles(*pose_of(person)).items():
            assert [float(row[name]) for row in part] == pytest.approx(values, abs=0.006)


def test_expected_errors_follow_the_angles(tmp_path: Path) -> None:
    """Only where every person has them."""
    walker, other = embodied(wander(4)), embodied(wander(4, number=7), number=7)
    assert walker.motion
    motion = replace(walker.motion, expected_error=np.full((4, 17), 0.05))
    errors = expected_angle_errors(motion)
    assert errors
    unsure = replace(walker, motion=motion)
    (path,) = export(scene_of(unsure), tmp_path / "one.angles.csv")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[-len(ANGLES) :] == [f"{name}_error" for name in ANGLES]
    for name, values in errors.items():
        assert [float(row[f"{name}_error"]) for row in rows] == pytest.approx(values, abs=0.006)
    (path,) = export(scene_of(unsure, other), tmp_path / "two.angles.csv")
    assert "_error" not in path.read_text()


def test_mot_has_opensim_s_header_and_coordinates(walker: Person, tmp_path: Path) -> None:
    assert walker.motion
    (path,) = export(scene_of(walker), tmp_path / "out.mot")
    header, columns = read_mot(path)
    assert header == ["walk.mp4", "version=1", "nRows=120", f"nColumns={len(columns)}", "inDegrees=yes"]
    assert columns["time"] == pytest.approx(walker.track.times, abs=1e-6)
    for name, values in opensim_coordinates(*pose_of(walker)).items():
        assert columns[name] == pytest.approx(values, abs=1e-5)
    places = np.stack([columns[f"pelvis_t{axis}"] for axis in "xyz"], 1)
    assert places == pytest.approx(walker.motion.joints[:, 0], abs=1e-6)


def test_mot_leaves_out_the_rows_that_trc_leaves_blank(tmp_path: Path) -> None:
    frames = np.concatenate([np.arange(10, 40), np.arange(100, 130)])
    (path,) = export(scene_of(embodied(wander(60), frames)), tmp_path / "out.mot")
    header, columns = read_mot(path)
    assert header[2] == "nRows=60"
    assert columns["time"] == pytest.approx(frames / 30, abs=1e-6)
