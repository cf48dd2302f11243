"""The 17 joints of BVH files of several rigs, compared with positions computed independently."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from tests.data.importers.rigs import BIPED, H36M, JOINTS, MIXAMO, PLACES, PLAIN, bvh, rest
from tests.io.scene.scenes import embodied, scene_of, wander
from vidmotion.body.model import SMPL_JOINTS, SMPL_PARENTS
from vidmotion.data.mocap import ROTATION_STEP, read_mocap
from vidmotion.data.synthetic.mocap_rotations import read_mocap_rotations
from vidmotion.geometry.rotations import axis_angle_to_matrix
from vidmotion.io.scene.formats import export

Run = Callable[..., tuple[int, str]]


def imported(data: Run, path: Path, *args: object) -> np.ndarray:
    """(T, 17, 3) metres of the one clip."""
    out = path.parent / "out"
    code, message = data("import", "bvh", path, "-o", out, "-y", *args)
    assert code == 0, message
    return read_mocap(out, "train").clip(0).numpy()


def at_height_of(joints: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Joints without the constant difference of height between two motions, which stand on different floors."""
    return joints - [0, (joints - other)[..., 1].mean(), 0]


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
    joints = at_height_of(imported(data, path), person.motion.joints)
    apart = np.linalg.norm(joints - person.motion.joints, axis=-1).max(0)
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


@pytest.mark.parametrize("stated", [4, 6, 10**15])
def test_the_frames_that_are_there_are_taken(stated: int, data: Run, tmp_path: Path) -> None:
    (tmp_path / "a.bvh").write_text(bvh(5, 30).replace("Frames: 5", f"Frames: {stated}"))
    code, message = data("import", "bvh", tmp_path / "a.bvh", "-o", tmp_path / "out")
    assert (code, f"header says {stated} frames, but there are 5; all are taken" in message) == (0, True), message
    assert read_mocap(tmp_path / "out", "train").clips[0].frames == 5


@pytest.mark.parametrize(
    ("frame_time", "words"),
    [
        ("0", "its Frame Time is '0', which gives no rate; pass --fps"),
        ("soon", "its Frame Time is 'soon', which gives no rate; pass --fps"),
        ("1e-9", "a frame rate of 1e+09 frames/s, wanted 0.1 to 10000; pass --fps"),
        ("1e9", "a frame rate of 1e-09 frames/s, wanted 0.1 to 10000; pass --fps"),
        ("nan", "a frame rate of nan frames/s"),
    ],
)
def test_a_frame_time_that_is_no_time_is_named(frame_time: str, words: str, data: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.bvh"
    path.write_text(bvh(5, 30).replace(f"Frame Time: {1 / 30:.7f}", f"Frame Time: {frame_time}"))
    code, message = data("import", "bvh", path, "-o", tmp_path / "out")
    assert (code, words in message) == (1, True), message
    assert len(imported(data, path, "--fps", 30)) == 5


@pytest.mark.parametrize("number", ["nan", "1e300", "-inf"])
@pytest.mark.filterwarnings("error")
def test_numbers_that_nothing_has_are_refused(number: str, data: Run, tmp_path: Path) -> None:
    (tmp_path / "a.bvh").write_text(bvh(2, 30, path=np.tile([0, 90.125, 0], (2, 1))).replace("90.12500000", number))
    (tmp_path / "b.bvh").write_text(bvh(2, 30).replace("OFFSET 0.0 10.0 0.0", f"OFFSET 0 {number} 0", 1))
    code, message = data("import", "bvh", tmp_path, "-o", tmp_path / "out")
    assert (code, message.count("holds numbers that are not finite or far too large")) == (1, 2), message


def test_commas_are_decimal_points_or_stand_between_numbers(data: Run, tmp_path: Path) -> None:
    path = np.array([[1.5, 90.25, -2.0]])
    wanted = bvh(1, 30, path=path)
    (tmp_path / "a.bvh").write_text(wanted)
    (tmp_path / "b.bvh").write_text(wanted.replace(".", ","))
    head, _, rows = wanted.rpartition("Frame Time: 0.0333333\n")
    (tmp_path / "c.bvh").write_text(f"{head}Frame Time: 0.0333333\n{rows.replace(' ', ', ')}")
    upright = imported(data, tmp_path / "a.bvh")
    for name in ("b", "c"):
        np.testing.assert_array_equal(imported(data, tmp_path / f"{name}.bvh"), upright)


def with_offsets(text: str, change: Callable[[list[float]], list[float]]) -> str:
    """A BVH file with other offsets."""
    lines = []
    for line in text.splitlines():
        before, found, numbers = line.partition("OFFSET ")
        changed = " ".join(map(str, change([float(word) for word in numbers.split()]))) if found else ""
        lines.append(before + found + changed)
    return "\n".join(lines) + "\n"


def test_a_rig_that_stands_along_z_is_turned(data: Run, tmp_path: Path) -> None:
    (tmp_path / "y.bvh").write_text(bvh(1, 30, {"left_hip": np.array([[20.0, -30.0, 40.0]])}, np.array([[1, 90, 2.0]])))
    upright = imported(data, tmp_path / "y.bvh")
    # The same in axes X, -Z, Y: a rotation about Z is one about -Y, and one about Y is one about Z.
    text = with_offsets((tmp_path / "y.bvh").read_text(), lambda at: [at[0], -at[2], at[1]])
    *lines, row = text.replace("Zrotation Yrotation", "Yrotation Zrotation").splitlines()
    values = np.array(row.split(), dtype=float)
    values[:3], values[3::3] = values[[0, 2, 1]] * [1, -1, 1], -values[3::3]
    (tmp_path / "z.bvh").write_text("\n".join([*lines, " ".join(map(str, values))]))
    np.testing.assert_allclose(imported(data, tmp_path / "z.bvh"), upright, atol=2e-4)
    code, message = data("import", "bvh", tmp_path / "z.bvh", "-o", tmp_path / "told")
    assert (code, "z.bvh: Z is taken as up, along which the rest pose stands (--up)" in message) == (0, True), message
    lying = imported(data, tmp_path / "z.bvh", "--up", "y")
    turned = upright[..., [0, 2, 1]] * [1, -1, 1]
    np.testing.assert_allclose(at_height_of(lying, turned), turned, atol=2e-4)


def test_the_motion_tells_what_a_rest_pose_that_does_not_stand_cannot(data: Run, tmp_path: Path) -> None:
    turned = {"hips": np.array([[0, 30.0, 0], [0, -20.0, 0]]), "head": np.array([[0, 25.0, 0], [0, -25.0, 0]])}
    path = np.tile([0.0, 90.0, 0.0], (2, 1))
    (tmp_path / "a.bvh").write_text(bvh(2, 30, turned, path))
    thighs = np.tile([0.0, 0.0, 90.0], (2, 1))  # from a seat with straight legs to the T-pose
    seated = bvh(2, 30, turned | {"left_hip": thighs, "right_hip": thighs}, path)
    seated = with_offsets(seated, lambda at: [0, 0, 40] if at[1] == -40 else at)
    (tmp_path / "b.bvh").write_text(seated)
    np.testing.assert_allclose(imported(data, tmp_path / "b.bvh"), imported(data, tmp_path / "a.bvh"), atol=2e-4)
    code, message = data("import", "bvh", tmp_path / "b.bvh", "-o", tmp_path / "told")
    assert (code, "its rest pose does not stand upright" in message) == (0, True), message
    lying = turned | {"hips": np.array([[90.0, 0, 0]] * 2), "left_hip": thighs, "right_hip": thighs}
    text = with_offsets(bvh(2, 30, lying, path), lambda at: [0, 0, 40] if at[1] == -40 else at)
    (tmp_path / "c.bvh").write_text(text)
    code, message = data("import", "bvh", tmp_path / "c.bvh", "-o", tmp_path / "none")
    assert (code, "stands along neither Y nor Z" in message, "--up y or --up z" in message) == (1, True, True), message


def test_a_rig_that_lies_in_its_motion_is_told(data: Run, tmp_path: Path) -> None:
    (tmp_path / "a.bvh").write_text(bvh(1, 30, {"hips": np.array([[0.0, 0.0, 90.0]])}))
    code, message = data("import", "bvh", tmp_path / "a.bvh", "-o", tmp_path / "out")
    assert (code, "lies in its motion; if it should stand, pass another --up" in message) == (0, True), message


def test_names_of_reallusion(data: Run, tmp_path: Path) -> None:
    names = {"hips": "Hip", "back": "Spine01", "neck": "NeckTwist01", "head": "Head"} | {
        f"{low}_{joint}": f"{high}_{name}"
        for low, high in (("left", "L"), ("right", "R"))
        for joint, name in (("hip", "Thigh"), ("knee", "Calf"), ("ankle", "Foot"), ("shoulder", "Upperarm"),
                            ("elbow", "Forearm"), ("wrist", "Hand"))
    }  # fmt: skip
    (tmp_path / "a.bvh").write_text(bvh(1, 30, path=np.array([[0, 90.0, 0]]), names=names, prefix="CC_Base_"))
    places = np.stack([rest()[joint] for joint in H36M]) + np.array([0, 90, 0])
    np.testing.assert_allclose(limbs(imported(data, tmp_path / "a.bvh"))[0], places / 100, atol=2e-4)


def rotations(path: Path) -> np.ndarray:
    """(T, 22, 3, 3) world rotations of SMPL's joints in the folder that `imported` wrote."""
    local = axis_angle_to_matrix(read_mocap_rotations(path.parent / "out", "train").rotations * ROTATION_STEP)
    for joint in range(1, len(local[0])):
        local[:, joint] = local[:, SMPL_PARENTS[joint]] @ local[:, joint]
    return local


def directions(joints: np.ndarray) -> np.ndarray:
    """(T, 8, 3) of the limbs of Human3.6M's joints: thighs and shins, upper arms and forearms."""
    bones = joints[:, [5, 6, 2, 3, 12, 13, 15, 16]] - joints[:, [4, 5, 1, 2, 11, 12, 14, 15]]
    return bones / np.linalg.norm(bones, axis=-1, keepdims=True)


@pytest.mark.parametrize("arms", [0, 50])
def test_rotations_turn_a_t_pose_into_the_motion(arms: float, data: Run, tmp_path: Path) -> None:
    """Also if the arms of the rig hang down at rest."""
    rng = np.random.default_rng(0)
    turned = {joint: rng.uniform(-30, 30, (5, 3)) for joint in JOINTS}
    drop = Rotation.from_euler("z", arms, degrees=True)

    def lower(at: list[float]) -> list[float]:
        side = 1 if at[0] < 0 else -1
        return (drop if side > 0 else drop.inv()).apply(at).tolist() if abs(at[0]) > 20 else at

    (tmp_path / "a.bvh").write_text(with_offsets(bvh(5, 30, turned, np.tile([0, 90.0, 0], (5, 1))), lower))
    joints = imported(data, tmp_path / "a.bvh")
    world = rotations(tmp_path / "a.bvh")
    t_pose = np.array([[0, -1, 0]] * 4 + [[1, 0, 0]] * 2 + [[-1, 0, 0]] * 2, dtype=float)
    limbs = [SMPL_JOINTS.index(f"{side}_{joint}") for pair in (("hip", "knee"), ("shoulder", "elbow"))
             for side in ("left", "right") for joint in pair]  # fmt: skip
    turned_limbs = (world[:, limbs] @ t_pose[:, :, None])[..., 0]
    np.testing.assert_allclose(turned_limbs, directions(joints), atol=2e-3)
    hips = Rotation.from_euler("ZYX", turned["hips"], degrees=True)
    np.testing.assert_allclose(world[:, 0], hips.as_matrix(), atol=5e-4)
    head = hips
    for joint in ("back", "neck", "head"):
        head = head * Rotation.from_euler("ZYX", turned[joint], degrees=True)
    np.testing.assert_allclose(world[:, SMPL_JOINTS.index("head")], head.as_matrix(), atol=2e-3)


def test_rotations_of_our_exporter_come_back(data: Run, tmp_path: Path) -> None:
    person = embodied(wander(40, 0))
    (path,) = export(scene_of(person, fps=Fraction(30)), tmp_path / "walk.bvh")
    assert person.body
    imported(data, path)
    pose = axis_angle_to_matrix(person.body.pose)
    for joint in range(1, 22):
        pose[:, joint] = pose[:, SMPL_PARENTS[joint]] @ pose[:, joint]
    trunk = [SMPL_JOINTS.index(name) for name in ("spine1", "spine2", "spine3", "neck", "head", "left_collar")]
    np.testing.assert_allclose(rotations(path)[-40:, trunk], pose[:, trunk], atol=5e-3)
