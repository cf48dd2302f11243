"""The 17 joints of BVH files of several rigs, compared with positions computed independently."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.data.importers.rigs import BIPED, H36M, MIXAMO, PLACES, PLAIN, bvh, rest
from tests.io.scene.scenes import embodied, scene_of, wander
from vidmotion.data.mocap import read_mocap
from vidmotion.io.scene.formats import export

Run = Callable[..., tuple[int, str]]


def imported(data: Run, path: Path, *args: object) -> np.ndarray:
    """(T, 17, 3) metres of the one clip."""
    out = path.parent / "out"
    code, message = data("import", "bvh", path, "-o", out, "-y", *args)
    assert code == 0, message
    return read_mocap(out, "train").clip(0).numpy()


def limbs(joints: np.ndarray) -> np.ndarray:
    return joints[:, PLACES]


@pytest.mark.parametrize(
    ("names", "prefix"),
    [(MIXAMO, ""), (MIXAMO, "mixamorig:"), (MIXAMO, "Character1_"), (BIPED, "Bip01 "), (PLAIN, "")],
)
def test_rigs_of_many_names_stand_in_the_t_pose(names: dict[str, str], prefix: str, data: Run, tmp_path: Path) -> None:
    path = np.array([[0, 90, 0], [3, 90, 0]])
    (tmp_path / "a.bvh").write_text(bvh(2, 30, path=path, names=names, prefix=prefix))
    joints = imported(data, tmp_path / "a.bvh")
    places = np.stack([rest()[joint] for joint in H36M])
    np.testing.assert_allclose(limbs(joints), (places + path[:, None]) / 100, atol=2e-4)
    np.testing.assert_allclose(joints[0, 0], [0, 0.85, 0], atol=2e-4)
    # The path from the center of the hips to the neck is 55 cm long and straight.
    np.testing.assert_allclose(joints[0, [7, 8], 1], [0.85 + 0.443 * 0.55, 0.85 + 0.957 * 0.55], atol=2e-4)
    assert (np.diff(joints[0, [8, 9, 10], 1]) > 0.08).all()


def test_a_chain_of_joints_follows_its_angles(data: Run, tmp_path: Path) -> None:
    angle = np.linspace(0, 90, 10)
    zeros = np.zeros(10)
    turned = {
        "left_hip": np.stack([zeros, zeros, -angle], 1),  # the leg swings forward
        "left_knee": np.stack([zeros, zeros, angle], 1),  # and the shin stays upright
        "hips": np.stack([zeros, angle, zeros], 1),  # while the body turns to its left
    }
    (tmp_path / "a.bvh").write_text(bvh(10, 30, turned, np.tile([0, 90, 0], (10, 1))))
    joints = imported(data, tmp_path / "a.bvh")
    a = np.radians(angle)
    forward = np.stack([np.sin(a), 0 * a, np.cos(a)], 1)
    side = np.stack([np.cos(a), 0 * a, -np.sin(a)], 1)
    hip = 0.1 * side + [0, 0.85, 0]
    knee = hip + 0.4 * (np.sin(a)[:, None] * forward - np.cos(a)[:, None] * [0, 1, 0])
    np.testing.assert_allclose(joints[:, 4], hip, atol=2e-4)
    np.testing.assert_allclose(joints[:, 5], knee, atol=2e-4)
    np.testing.assert_allclose(joints[:, 6], knee - [0, 0.4, 0], atol=2e-4)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_what_our_exporter_writes_comes_back(number: int, data: Run, tmp_path: Path) -> None:
    person = embodied(wander(40, number))
    (path,) = export(scene_of(person, fps=Fraction(30)), tmp_path / "walk.bvh")
    assert person.motion
    apart = np.linalg.norm(imported(data, path) - person.motion.joints, axis=-1).max(0)
    # The body height, from which neck and head follow, is known within 1 %.
    assert apart[[9, 10]].max() < 2.5e-3
    assert np.delete(apart, [9, 10]).max() < 1e-3


def test_any_frame_rate_becomes_30(data: Run, tmp_path: Path) -> None:
    moving = np.stack([np.arange(101.0), np.full(101, 90.0), np.zeros(101)], 1)  # 1.2 m a second
    (tmp_path / "a.bvh").write_text(bvh(101, 120, path=moving))
    joints = imported(data, tmp_path / "a.bvh")
    assert len(joints) == 26
    np.testing.assert_allclose(joints[:, 0, 0], np.arange(26) * 0.04, atol=1e-5)
    assert len(imported(data, tmp_path / "a.bvh", "--fps", 30)) == 101


@pytest.mark.parametrize(("scale", "unit"), [(1, "cm"), (0.01, "m"), (1 / 2.54, "inch"), (10, "mm")])
def test_units_follow_from_the_legs_or_are_given(scale: float, unit: str, data: Run, tmp_path: Path) -> None:
    (tmp_path / "a.bvh").write_text(bvh(1, 30, scale=scale))
    for args in ((), ("--unit", unit)):
        joints = imported(data, tmp_path / "a.bvh", *args)
        assert np.linalg.norm(joints[0, 4] - joints[0, 5]) == pytest.approx(0.4, abs=2e-4)
    code, message = data(
        "import", "bvh", tmp_path / "a.bvh", "-o", tmp_path / "x", "--unit", "m" if scale >= 0.1 else "mm"
    )
    assert (code, "pass another --unit" in message) == (1, True)
    assert not (tmp_path / "x").exists()


def test_z_up_stands_up(data: Run, tmp_path: Path) -> None:
    path = np.array([[1.0, 90.0, 2.0]])
    (tmp_path / "y.bvh").write_text(bvh(1, 30, path=path))
    # Rotated by 90 degrees about X, the Y of the rig points along the Z of the file.
    turned = {"hips": np.array([[0.0, 0.0, 90.0]])}
    (tmp_path / "z.bvh").write_text(bvh(1, 30, turned, np.array([[1.0, -2.0, 90.0]])))
    upright = imported(data, tmp_path / "y.bvh")
    np.testing.assert_allclose(imported(data, tmp_path / "z.bvh", "--up", "z"), upright, atol=2e-4)


def test_missing_joints_are_named(data: Run, tmp_path: Path) -> None:
    (tmp_path / "a.bvh").write_text(bvh(1, 30).replace("LeftForeArm", "Strange"))
    code, message = data("import", "bvh", tmp_path, "-o", tmp_path / "out")
    assert code == 1
    assert "a.bvh: the rig lacks left_elbow (looked for forearm, " in message
    assert "Strange" in message


@pytest.mark.parametrize("damage", [lambda text: "", lambda text: text[:400], lambda text: text[:-30]])
def test_a_damaged_file_is_named_and_the_others_are_kept(
    damage: Callable[[str], str], data: Run, tmp_path: Path
) -> None:
    (tmp_path / "in" / "anna").mkdir(parents=True)
    whole = bvh(5, 30)
    for name, text in (("a", whole), ("b", damage(whole)), ("c", whole)):
        (tmp_path / "in" / "anna" / f"{name}.bvh").write_text(text)
    (tmp_path / "in" / "notes.txt").write_text("not a motion")
    code, message = data("import", "bvh", tmp_path / "in", "-o", tmp_path / "out")
    assert (code, message.count("error: "), "b.bvh: is not a BVH file, or is damaged" in message) == (1, 1, True), (
        message
    )
    clips = read_mocap(tmp_path / "out", "train").clips
    assert [(clip.name, clip.subject, clip.frames) for clip in clips] == [("anna/a", "anna", 5), ("anna/c", "anna", 5)]
