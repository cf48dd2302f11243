"""`vidmotion data exercises`: what it writes, and that a seed gives the same bytes again."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.test_imports import loaded
from vidmotion.data.exercises.catalogue import CATALOGUE
from vidmotion.data.exercises.generate import LABEL, generate_exercises
from vidmotion.data.mocap import read_mocap
from vidmotion.data.synthetic.mocap_rotations import read_mocap_rotations

Run = Callable[..., tuple[int, str]]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_seed_gives_the_same_bytes_and_another_one_does_not(tmp_path: Path) -> None:
    made: list[int] = []
    for place, seed in (("a", 3), ("b", 3), ("c", 4)):
        generate_exercises(tmp_path / place / "out", 3, seed, False, made.append)
    first, again, other = (contents(tmp_path / place / "out") for place in "abc")
    assert made == [1, 2, 3] * 3
    assert first == again
    assert all(first[name] != other[name] for name in first)


def test_the_command_writes_packed_motion_with_rotations(data: Run, tmp_path: Path) -> None:
    out = tmp_path / "exercises"
    code, told = data("exercises", "-o", out, "--clips", 6, "--seed", 1)
    mocap, rotations = read_mocap(out, "train"), read_mocap_rotations(out, "train")
    assert code == 0
    assert told.strip().endswith(f"exercises: 6 clips, {len(mocap.joints)} frames")
    assert [clip.label for clip in mocap.clips] == [LABEL] * 6
    assert [clip.subject for clip in mocap.clips] == ["exercise_000"] * 5 + ["exercise_001"]
    assert list(rotations.clips) == [clip.name for clip in mocap.clips]
    assert rotations.rotations.shape == (len(mocap.joints), 22, 3)
    np.testing.assert_allclose(rotations.roots, mocap.joints[:, 0], atol=1e-6)
    with (out / "index.csv").open() as file:
        assert all(row["description"].split(",")[0] in CATALOGUE for row in csv.DictReader(file))


def test_the_command_refuses_an_existing_folder(data: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert data("exercises", "-o", out, "--clips", 1)[0] == 0
    before = contents(out)
    code, told = data("exercises", "-o", out, "--clips", 1, "--seed", 1)
    assert (code, "out exists already; pass -y" in told) == (1, True)
    assert contents(out) == before
    assert data("exercises", "-o", out, "--clips", 1, "--seed", 1, "-y")[0] == 0
    assert contents(out) != before


def test_the_command_line_loads_nothing_heavy_before_it_runs() -> None:
    assert not loaded("import vidmotion.cli.data") & {"torch", "cv2", "numpy"}
