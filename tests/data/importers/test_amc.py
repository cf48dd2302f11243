"""CMU's ASF and AMC: units, axes of bones, frame rate, subjects."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from tests.data.importers.rigs import H36M, PLACES, amc, asf, rest
from vidmotion.data.mocap import read_mocap

Run = Callable[..., tuple[int, str]]


def test_units_and_rate_are_those_of_the_laboratory(data: Run, tmp_path: Path) -> None:
    moving = np.stack([np.arange(41.0), np.full(41, 90.0), np.zeros(41)], 1)
    (tmp_path / "07.asf").write_text(asf())
    (tmp_path / "07_01.amc").write_text(amc(41, {}, moving))
    assert data("import", "amc", tmp_path, "-o", tmp_path / "out", "--test", "07")[0] == 0
    mocap = read_mocap(tmp_path / "out", "test")
    assert (mocap.clips[0].name, mocap.clips[0].subject, mocap.clips[0].frames) == ("07_01", "07", 11)
    places = np.stack([rest()[joint] for joint in H36M])
    wanted = (places + moving[::4, None]) / 100
    np.testing.assert_allclose(mocap.clip(0).numpy()[:, PLACES], wanted, atol=2e-4)


@pytest.mark.parametrize("axis", [(0, 0, 0), (0, 0, 20), (30, -50, 70)])
def test_bones_rotate_about_their_own_axes(axis: tuple[float, float, float], data: Run, tmp_path: Path) -> None:
    angles = np.tile([-25.0, 10.0, 40.0], (4, 1))
    root = np.tile([15.0, 70.0, -5.0], (4, 1))
    (tmp_path / "01.asf").write_text(asf(axis))
    (tmp_path / "01_02.amc").write_text(amc(4, {"root": root, "lfemur": angles}, np.tile([0.0, 60.0, 0.0], (4, 1))))
    assert data("import", "amc", tmp_path, "-o", tmp_path / "out", "--fps", 30)[0] == 0
    joints = read_mocap(tmp_path / "out", "train").clip(0).numpy()
    own = Rotation.from_euler("xyz", axis, degrees=True)
    turn = own * Rotation.from_euler("xyz", angles[0], degrees=True) * own.inv()
    body = Rotation.from_euler("xyz", root[0], degrees=True)
    floor = np.array([0, joints[2, 0, 1] - body.apply([0, -0.05, 0])[1], 0])
    hip = body.apply([0.1, -0.05, 0]) + floor
    knee = hip + (body * turn).apply([0, -0.4, 0])
    np.testing.assert_allclose(joints[2, 4], hip, atol=2e-4)
    np.testing.assert_allclose(joints[2, 5], knee, atol=2e-4)
    np.testing.assert_allclose(joints[2, 6], knee + (body * turn).apply([0, -0.4, 0]), atol=2e-4)


def test_an_amc_file_needs_its_rig(data: Run, tmp_path: Path) -> None:
    (tmp_path / "01_02.amc").write_text(amc(4, {}, np.zeros((4, 3))))
    code, message = data("import", "amc", tmp_path, "-o", tmp_path / "out")
    assert (code, "01_02.amc: needs its rig beside it: 01.asf" in message) == (1, True), message
    (tmp_path / "01.asf").write_text("nothing")
    code, message = data("import", "amc", tmp_path, "-o", tmp_path / "out")
    assert (code, "01.asf is not an Acclaim file" in message) == (1, True), message
    (tmp_path / "01.asf").write_text(asf())
    (tmp_path / "01_02.amc").write_text(amc(4, {}, np.zeros((4, 3)))[:-9])
    code, message = data("import", "amc", tmp_path, "-o", tmp_path / "out")
    assert (code, "01_02.amc is not an Acclaim file, or is damaged (root: wanted 6 numbers" in message) == (1, True), (
        message
    )


def test_the_rig_with_the_longest_name_is_taken(data: Run, tmp_path: Path) -> None:
    """7.asf is not that of 70_walk, and anna_tall.asf is nearer to anna_tall_01 than anna.asf."""
    (tmp_path / "70_walk.amc").write_text(amc(2, {}, np.zeros((2, 3))))
    (tmp_path / "anna_tall_01.amc").write_text(amc(2, {}, np.zeros((2, 3))))
    for name in ("7", "anna"):
        (tmp_path / f"{name}.asf").write_text("not a rig")
    (tmp_path / "anna_tall.asf").write_text(asf())
    code, message = data("import", "amc", tmp_path, "-o", tmp_path / "out")
    assert (code, "70_walk.amc: needs its rig beside it: 70.asf; found 3 .asf files" in message) == (1, True), message
    assert [clip.name for clip in read_mocap(tmp_path / "out", "train").clips] == ["anna_tall_01"]
