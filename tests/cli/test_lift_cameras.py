"""`vidmotion lift` with a camera from a file, with heights of single people, and with each kind of smoothing.

The camera and the motion are those of the sample, which is rendered: the truth is exact.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import vidmotion as vm
from tests.cli.conftest import Run

pytestmark = pytest.mark.usefixtures("detector")

FRAMES = 30
SIZE = (960, 540)
TO_BLENDER = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])
"""From Y up to Z up."""

Truth = dict[str, np.ndarray]
Write = Callable[[Path, Truth, int], Path]


@pytest.fixture(scope="session")
def truth(sample: Path) -> Truth:
    """The exact values of the sample."""
    with np.load(sample.with_suffix(".npz")) as values:
        return dict(values)


@pytest.fixture(scope="session")
def points(second: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The people of the second in 2D, so that lifting them again is fast."""
    path = tmp_path_factory.mktemp("points") / "second.json"
    vm.export(vm.detect(second, camera="still", hands=False), path)
    return path


def poses(truth: Truth, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Rotations (F, 3, 3) from the camera to the world, and positions (F, 3)."""
    rotation = truth["rotation"][:frames].swapaxes(1, 2)
    return rotation, -np.einsum("fij,fj->fi", rotation, truth["translation"][:frames])


def write_csv(folder: Path, truth: Truth, frames: int) -> Path:
    rotation, position = poses(truth, frames)
    rows = ["frame,focal,x,y,z,qx,qy,qz,qw"]
    for number in range(frames):
        values = [truth["focal"], *position[number], *Rotation.from_matrix(rotation[number]).as_quat()]
        rows.append(f"{number}," + ",".join(f"{value:.9f}" for value in values))
    path = folder / "camera.csv"
    path.write_text("\n".join(rows))
    return path


def write_blender(folder: Path, truth: Truth, frames: int) -> Path:
    rotation, position = poses(truth, frames)
    entries = []
    for number in range(frames):
        matrix = np.eye(4)
        matrix[:3, :3] = TO_BLENDER @ rotation[number] @ np.diag([1, -1, -1])
        matrix[:3, 3] = TO_BLENDER @ position[number]
        entries.append(
            {
                "frame": number,
                "focal": float(truth["focal"]),
                "center": truth["center"].tolist(),
                "matrix": matrix.tolist(),
            }
        )
    path = folder / "camera.json"
    path.write_text(json.dumps({"size": SIZE, "frames": entries}))
    return path


def write_colmap(folder: Path, truth: Truth, frames: int) -> Path:
    focal, center = float(truth["focal"]), truth["center"]
    folder = folder / "sparse"
    folder.mkdir()
    (folder / "cameras.txt").write_text(f"1 PINHOLE {SIZE[0]} {SIZE[1]} {focal} {focal} {center[0]} {center[1]}\n")
    lines = []
    for number in range(frames):
        x, y, z, w = Rotation.from_matrix(truth["rotation"][number]).as_quat()
        pose = " ".join(f"{value:.9f}" for value in (w, x, y, z, *truth["translation"][number]))
        lines += [f"{number + 1} {pose} 1 frame_{number + 1:04d}.png", ""]
    (folder / "images.txt").write_text("\n".join(lines) + "\n")
    return folder


def person_in(path: Path) -> dict[str, Any]:
    (person,) = json.loads(path.read_text())["people"]
    return dict(person)


def camera_position(camera: dict[str, Any]) -> np.ndarray:
    """(3,) metres, of a camera that stands still."""
    return -np.array(camera["rotation"]).T @ camera["translation"]


@pytest.mark.parametrize("write", [write_csv, write_blender, write_colmap])
def test_people_stand_in_the_world_of_a_camera_file(
    write: Write, points: Path, truth: Truth, tmp_path: Path, vidmotion: Run
) -> None:
    camera = write(tmp_path, truth, FRAMES)
    code, told = vidmotion("lift", points, "-o", tmp_path / "out", "--camera-file", camera)
    assert code == 0, told
    assert f"camera: of {camera.name} (" in told
    assert "moves" in told
    motion = person_in(tmp_path / "out" / "second.json")["motion"]
    assert motion["height_source"] == "floor"
    assert motion["height"] == pytest.approx(float(truth["height"]), abs=0.08)
    np.testing.assert_allclose(motion["camera"]["rotation"], truth["rotation"][:FRAMES], atol=1e-6)
    np.testing.assert_allclose(motion["camera"]["translation"], truth["translation"][:FRAMES], atol=1e-6)
    away = np.linalg.norm(np.array(motion["joints"]) - truth["joints_world"][:FRAMES], axis=-1)
    assert away.mean() < 0.25


def test_a_camera_of_another_length_is_refused_before_the_work(
    second: Path, truth: Truth, tmp_path: Path, vidmotion: Run
) -> None:
    camera = write_csv(tmp_path, truth, 20)
    code, told = vidmotion("lift", second, "-o", tmp_path / "out", "--camera-file", camera)
    assert (code, "has a camera for 20 frames, but the video has 30" in told) == (1, True)
    code, told = vidmotion("lift", second, "-o", tmp_path / "out", "--camera-file", tmp_path / "none.csv")
    assert code != 0
    assert "none.csv" in told
    assert not (tmp_path / "out" / "second.json").exists()


def test_the_camera_is_either_found_or_given(points: Path, truth: Truth, tmp_path: Path, vidmotion: Run) -> None:
    camera = write_csv(tmp_path, truth, FRAMES)
    code, told = vidmotion("lift", points, "-o", tmp_path / "out", "--camera-file", camera, "--camera", "pan")
    assert (code, "--camera-file" in told) == (2, True)


def test_one_person_has_a_height_of_their_own(points: Path, tmp_path: Path, vidmotion: Run) -> None:
    """The distance grows with the height."""
    distances = {}
    for height in ("1.6", "0=1.2"):
        code, told = vidmotion("lift", points, "-o", tmp_path / height, "--height", height)
        assert code == 0, told
        motion = person_in(tmp_path / height / "second.json")["motion"]
        away = np.array(motion["joints"])[:, 0] - camera_position(motion["camera"])
        distances[height] = np.median(np.linalg.norm(away, axis=-1))
    assert (motion["height"], motion["height_source"]) == (1.2, "given")
    assert "1.2 m of person 0" in told
    assert distances["0=1.2"] / distances["1.6"] == pytest.approx(1.2 / 1.6, abs=0.03)


def test_the_height_of_nobody_is_refused(points: Path, tmp_path: Path, vidmotion: Run) -> None:
    code, told = vidmotion("lift", points, "-o", tmp_path / "out", "--height", "7=1.2")
    assert (code, "there is no person 7; give --height for one of 0" in told) == (1, True)
    code, told = vidmotion("lift", points, "-o", tmp_path / "out", "--height", "tall")
    assert (code, "wanted metres such as 1.75" in told) == (2, True)
    code, told = vidmotion("lift", points, "-o", tmp_path / "out", "--height", "0=1.2", "--height", "0=1.3")
    assert (code, "is given twice" in told) == (2, True)


def test_smoothing_takes_out_trembling(points: Path, tmp_path: Path, vidmotion: Run) -> None:
    trembling = []
    for kind in ("none", "light", "strong"):
        code, told = vidmotion("lift", points, "-o", tmp_path / kind, "--smooth", kind)
        assert code == 0, told
        joints = np.array(person_in(tmp_path / kind / "second.json")["motion"]["joints"])
        trembling.append(np.linalg.norm(np.diff(joints, 2, axis=0), axis=-1).mean())
    assert trembling[0] > 1.2 * trembling[1]
    assert trembling[1] > trembling[2]
    assert vidmotion("lift", points, "-o", tmp_path / "out", "--smooth", "much")[0] == 2
