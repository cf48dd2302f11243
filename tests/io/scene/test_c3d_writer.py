"""C3D: ezc3d reads back the markers of TRC; an independent reading of the bytes finds the same."""

import struct
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.io.scene.scenes import person_of, scene_of, walk
from vidmotion.choices import Markers
from vidmotion.errors import InputError, MissingExtraError
from vidmotion.io.scene import c3d_writer
from vidmotion.io.scene.formats import export
from vidmotion.io.scene.markers import HALPE26_JOINTS
from vidmotion.skeletons import H36M17
from vidmotion.types import Person, Scene

GAP = np.concatenate([np.arange(10, 40), np.arange(100, 130)])


def write(scene: Scene, folder: Path, markers: Markers = Markers.h36m17) -> Path:
    pytest.importorskip("ezc3d", reason="needs the extra c3d")
    (path,) = export(scene, folder / "out.c3d", markers=markers)
    return path


def read(path: Path) -> Any:
    return pytest.importorskip("ezc3d").c3d(str(path))


def test_points_are_the_joints_in_millimetres(walker: Person, tmp_path: Path) -> None:
    assert walker.motion
    c3d = read(write(scene_of(walker), tmp_path))
    points = c3d["parameters"]["POINT"]
    assert tuple(points["LABELS"]["value"]) == H36M17.joints
    assert points["UNITS"]["value"] == ["mm"]
    assert (points["X_SCREEN"]["value"], points["Y_SCREEN"]["value"]) == (["+X"], ["+Y"])
    assert points["RATE"]["value"] == c3d["header"]["points"]["frame_rate"] == 30
    assert c3d["data"]["points"][:3].transpose(2, 1, 0) == pytest.approx(walker.motion.joints * 1000, abs=1e-3)
    assert (c3d["data"]["meta_points"]["residuals"] == 0).all()


def test_fractional_frame_rate(tmp_path: Path) -> None:
    fps = Fraction(30000, 1001)
    path = write(scene_of(person_of(walk(50), times=np.arange(50) / float(fps)), fps=fps), tmp_path)
    assert read(path)["parameters"]["POINT"]["RATE"]["value"] == pytest.approx([29.97003], abs=1e-5)


def test_gaps_have_the_residual_minus_one(tmp_path: Path) -> None:
    joints = walk(60)
    path = write(scene_of(person_of(joints, GAP)), tmp_path)
    c3d = read(path)
    missing = [*range(10), *range(40, 100)]
    residuals = c3d["data"]["meta_points"]["residuals"][0]
    assert np.flatnonzero((residuals == -1).all(0)).tolist() == missing
    assert (residuals == -1).sum() == 17 * len(missing)
    after = c3d["data"]["points"][:3, :, 100].T
    assert after == pytest.approx(joints[30] * 1000, abs=1e-3)

    raw = path.read_bytes()
    count, first, last = struct.unpack_from("<H2xHH", raw, 2)
    (block,) = struct.unpack_from("<H", raw, 16)
    assert (count, first, last) == (17, 1, 130)
    stored = np.frombuffer(raw, "<f4", 130 * 17 * 4, (block - 1) * 512).reshape(130, 17, 4)
    assert (stored[missing] == [0, 0, 0, -1]).all()
    assert stored[GAP, :, :3] == pytest.approx(joints * 1000, abs=1e-3)
    assert (stored[GAP, :, 3] == 0).all()


def test_markers_of_opensim_setups(walker: Person, tmp_path: Path) -> None:
    path = write(scene_of(walker), tmp_path, Markers.halpe26)
    assert read(path)["parameters"]["POINT"]["LABELS"]["value"] == [*HALPE26_JOINTS, "Nose"]


def test_more_frames_than_the_format_counts(walker: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(scene_of(walker), tmp_path)
    monkeypatch.setattr(c3d_writer, "MOST_FRAMES", 119)
    with pytest.raises(InputError, match=r"holds 119 frames, walk\.mp4 has 120; cut the video, or take trc"):
        export(scene_of(walker), tmp_path / "long.c3d")
    assert [path.name for path in tmp_path.iterdir()] == ["out.c3d"]


def test_without_ezc3d_the_extra_is_named(walker: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ezc3d", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'vidmotion\[c3d\]'"):
        export(scene_of(walker), tmp_path / "out.c3d")
    assert list(tmp_path.iterdir()) == []
