"""TRC: markers of an independent reading are the motion's joints; gaps stay empty."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.io.scene.scenes import person_of, scene_of, walk
from vidmotion.body.load import FREE_BODY_FILE, free_body
from vidmotion.body.posed_mesh import PosedMesh
from vidmotion.choices import Markers
from vidmotion.errors import InputError
from vidmotion.io.scene.formats import export
from vidmotion.io.scene.markers import HALPE26_JOINTS
from vidmotion.skeletons import H36M17
from vidmotion.types import Keypoints2D, Person, Scene


def write(scene: Scene, folder: Path) -> tuple[list[list[str]], np.ndarray]:
    """The five lines of the header, and (N, 2 + 51) numbers with NaN in empty fields."""
    (path,) = export(scene, folder / "out.trc")
    lines = [line.split("\t") for line in path.read_text().splitlines()]
    assert lines[5] == [""]
    rows = [[float(word) if word else np.nan for word in line[:53]] for line in lines[6:]]
    return lines[:5], np.array(rows)


def test_header(walker: Person, tmp_path: Path) -> None:
    header, values = write(scene_of(walker), tmp_path)
    assert header[0] == ["PathFileType", "4", "(X/Y/Z)", "walk.mp4"]
    fields = dict(zip(header[1], header[2], strict=True))
    assert fields == {
        "DataRate": "30.000000", "CameraRate": "30.000000", "NumFrames": "120", "NumMarkers": "17", "Units": "mm",
        "OrigDataRate": "30.000000", "OrigDataStartFrame": "1", "OrigNumFrames": "120",
    }  # fmt: skip
    assert header[3][:2] == ["Frame#", "Time"]
    assert tuple(header[3][2::3]) == H36M17.joints
    assert header[4][2:6] == ["X1", "Y1", "Z1", "X2"]
    assert values.shape == (120, 53)


def test_markers_are_the_joints_in_millimetres(walker: Person, tmp_path: Path) -> None:
    assert walker.motion
    _, values = write(scene_of(walker), tmp_path)
    assert values[:, 0].tolist() == list(range(1, 121))
    assert values[:, 1] == pytest.approx(walker.track.times, abs=1e-6)
    assert values[:, 2:].reshape(-1, 17, 3) == pytest.approx(walker.motion.joints * 1000, abs=6e-4)


def halpe26(person: Person, folder: Path) -> dict[str, np.ndarray]:
    """(N, 3) millimetres of each marker."""
    (path,) = export(scene_of(person), folder / "out.trc", markers=Markers.halpe26)
    lines = [line.split("\t") for line in path.read_text().splitlines()]
    names = [name for name in lines[3][2:] if name]
    values = np.array([[float(word) for word in line[2:]] for line in lines[6:]]).reshape(len(lines) - 6, -1, 3)
    assert int(lines[2][3]) == len(names) == values.shape[1]
    return dict(zip(names, values.swapaxes(0, 1), strict=True))


def with_feet(person: Person) -> Person:
    count = len(person.track)
    points = Keypoints2D(np.zeros((count, 26, 2)), np.ones((count, 26)), "halpe26")
    return replace(person, track=replace(person.track, keypoints=points))


def test_markers_with_the_names_of_opensim_setups(walker: Person, tmp_path: Path) -> None:
    assert walker.motion
    markers = halpe26(with_feet(walker), tmp_path)
    assert set(markers) == {
        "Nose", "Head", "Neck", "LShoulder", "RShoulder", "LElbow", "RElbow", "LWrist", "RWrist", "Hip", "LHip", "RHip",
        "LKnee", "RKnee", "LAnkle", "RAnkle", "LBigToe", "LSmallToe", "LHeel", "RBigToe", "RSmallToe", "RHeel",
    }  # fmt: skip
    joints = dict(zip(H36M17.joints, walker.motion.joints.swapaxes(0, 1) * 1000, strict=True))
    for name, joint in (("Neck", "thorax"), ("Head", "head"), ("Hip", "root"), ("RWrist", "right_wrist")):
        assert markers[name] == pytest.approx(joints[joint], abs=6e-4)


def test_markers_of_hips_and_shoulders_lie_outside_of_the_joints(walker: Person, tmp_path: Path) -> None:
    """By as much as those of Pose2Sim's model: 0.211 m and 0.403 m apart, its joint centers 0.168 m and 0.340 m."""
    assert walker.motion
    markers = halpe26(with_feet(walker), tmp_path)
    joints = dict(zip(H36M17.joints, walker.motion.joints.swapaxes(0, 1) * 1000, strict=True))
    for marker, joint, ratio in (("Hip", "hip", 0.211 / 0.168), ("Shoulder", "shoulder", 0.403 / 0.340)):
        across = joints[f"left_{joint}"] - joints[f"right_{joint}"]
        assert markers[f"L{marker}"] - markers[f"R{marker}"] == pytest.approx(across * ratio, rel=0.01, abs=2)
        middle = joints[f"left_{joint}"] + joints[f"right_{joint}"]
        assert markers[f"L{marker}"] + markers[f"R{marker}"] == pytest.approx(middle, abs=2e-3)


def test_foot_markers_and_the_nose_lie_on_the_skin(walker: Person, tmp_path: Path) -> None:
    """They are the points of the free body that its own file names, within 15 mm."""
    assert walker.body
    markers = halpe26(with_feet(walker), tmp_path)
    with np.load(FREE_BODY_FILE) as file:
        vertices = dict(zip(file["vertex_ids_names"].tolist(), file["vertex_ids"].tolist(), strict=True))
    names = {
        "Nose": "nose",
        **{f"{side}{part}": f"{side}{part}" for side in "LR" for part in ("Heel", "BigToe", "SmallToe")},
    }
    mesh = PosedMesh(free_body(), walker.body)
    for row in (0, 50, 119):
        skin = mesh.vertices(row) * 1000
        for marker, vertex in names.items():
            assert np.linalg.norm(markers[marker][row] - skin[vertices[vertex]]) < 15, marker


def test_foot_markers_need_foot_points_and_a_body(walker: Person, tmp_path: Path) -> None:
    assert set(halpe26(walker, tmp_path)) == {*HALPE26_JOINTS, "Nose"}
    assert set(halpe26(replace(with_feet(walker), body=None), tmp_path)) == set(HALPE26_JOINTS)


def test_long_gap_is_blank_and_times_are_those_of_the_video(tmp_path: Path) -> None:
    joints = walk(60)
    frames = np.concatenate([np.arange(10, 40), np.arange(100, 130)])
    _, values = write(scene_of(person_of(joints, frames)), tmp_path)
    assert len(values) == 130
    assert values[[0, -1], 1] == pytest.approx([0, 129 / 30], abs=1e-6)
    missing = np.isnan(values[:, 2:])
    assert np.flatnonzero(missing.all(1)).tolist() == [*range(10), *range(40, 100)]
    assert missing.any(1).sum() == 70
    assert values[100, 2:].reshape(17, 3) == pytest.approx(joints[30] * 1000, abs=1e-3)


def test_blank_line_has_the_fields_that_opensim_counts(tmp_path: Path) -> None:
    person = person_of(walk(2), np.array([0, 2]))
    (path,) = export(scene_of(person), tmp_path / "out.trc")
    assert path.read_text().splitlines()[7] == "2\t0.033333\t" + "\t" * 51


def test_uneven_times_go_to_an_even_grid(tmp_path: Path) -> None:
    even = walk(121)
    times = np.arange(121) / 30
    times[1:-1] += np.random.default_rng(2).uniform(-0.01, 0.01, 119)
    fine = walk(4801, fps=1200)
    rows = np.round(times * 1200).astype(int)
    _, values = write(scene_of(person_of(fine[rows], times=rows / 1200)), tmp_path)
    assert values[:, 2:].reshape(-1, 17, 3) == pytest.approx(even * 1000, abs=6)


def test_fractional_frame_rate(tmp_path: Path) -> None:
    fps = Fraction(30000, 1001)
    header, values = write(scene_of(person_of(walk(50), times=np.arange(50) / float(fps)), fps=fps), tmp_path)
    assert header[2][0] == "29.970030"
    assert values[-1, 1] == pytest.approx(49 * 1001 / 30000, abs=1e-6)


def test_name_of_the_video_stays_in_its_field(tmp_path: Path) -> None:
    scene = replace(scene_of(person_of(walk(2))), source="a\tb\n.mp4")
    assert write(scene, tmp_path)[0][0][3] == "a b .mp4"


def test_one_frame(tmp_path: Path) -> None:
    assert len(write(scene_of(person_of(walk(1))), tmp_path)[1]) == 1


def test_several_people_are_several_files(tmp_path: Path) -> None:
    scene = scene_of(person_of(walk(4)), person_of(walk(6), number=2))
    assert export(scene, tmp_path / "duo.trc") == [tmp_path / "duo.0.trc", tmp_path / "duo.2.trc"]
    with pytest.raises(InputError, match="one person"):
        export(scene_of(), tmp_path / "a.trc")


def test_what_cannot_be_written(tmp_path: Path) -> None:
    joints = walk(5)
    joints[2, 3, 1] = np.nan
    with pytest.raises(InputError, match="not finite"):
        export(scene_of(person_of(joints)), tmp_path / "out.trc")
    with pytest.raises(InputError, match="vidmotion lift"):
        export(scene_of(Person(person_of(walk(5)).track)), tmp_path / "out.trc")
    assert list(tmp_path.iterdir()) == []
