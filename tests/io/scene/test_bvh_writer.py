"""BVH: an independent reader finds the body's joints; angles continue past 180 degrees; times are kept."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from tests.io.scene.bvh_reader import Clip, read_bvh
from tests.io.scene.scenes import embodied, joints_of, scene_of, wander
from vidmotion.body.load import free_body
from vidmotion.choices import BoneNames
from vidmotion.io.scene import even_frames
from vidmotion.io.scene.formats import export
from vidmotion.types import BodyMotion, Person, Scene

JOINTS = {
    "Hips": 0, "Spine": 3, "Spine1": 6, "Spine2": 9, "Neck": 12, "Head": 15,
    "LeftShoulder": 13, "LeftArm": 16, "LeftForeArm": 18, "LeftHand": 20,
    "RightShoulder": 14, "RightArm": 17, "RightForeArm": 19, "RightHand": 21,
    "LeftUpLeg": 1, "LeftLeg": 4, "LeftFoot": 7, "LeftToeBase": 10,
    "RightUpLeg": 2, "RightLeg": 5, "RightFoot": 8, "RightToeBase": 11,
}  # fmt: skip
ENDS = ["Head*", "LeftHand*", "LeftToeBase*", "RightHand*", "RightToeBase*"]


def write(scene: Scene, folder: Path) -> Clip:
    (path,) = export(scene, folder / "out.bvh")
    return read_bvh(path.read_text())


def furthest(clip: Clip, joints: np.ndarray) -> float:
    """Millimetres between the file's joints and SMPL's (T, 24, 3) in metres, at worst."""
    places = clip.positions()
    return max(
        np.linalg.norm(places[name] * 10 - joints[:, joint] * 1000, axis=1).max() for name, joint in JOINTS.items()
    )


def places(body: BodyMotion) -> np.ndarray:
    return joints_of(body)[1]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_joints_are_those_of_the_body(number: int, tmp_path: Path) -> None:
    body = wander(120, number)
    clip = write(scene_of(embodied(body)), tmp_path)
    assert clip.values.shape == (120, 69)
    assert clip.frame_time == pytest.approx(1 / 30, abs=1e-9)
    assert sorted(clip.names) == sorted([*JOINTS, *ENDS])
    assert furthest(clip, places(body)) < 0.01


def test_rest_pose_is_the_body_s_own_t_pose(walker: Person, tmp_path: Path) -> None:
    assert walker.body
    clip = write(scene_of(walker), tmp_path)
    rest = replace(clip, values=np.zeros((1, 69))).positions()
    body = free_body().shape(walker.body.betas)
    for name, joint in JOINTS.items():
        assert rest[name][0] / 100 == pytest.approx(body.joints[joint] - body.joints[0], abs=1e-6)
    assert rest["Head*"][0, 1] / 100 == pytest.approx(body.vertices[:, 1].max() - body.joints[0, 1], abs=1e-6)
    assert rest["LeftHand*"][0, 0] / 100 == pytest.approx(body.vertices[:, 0].max() - body.joints[0, 0], abs=1e-6)
    assert rest["RightToeBase*"][0, 2] > rest["RightToeBase"][0, 2] + 3


def test_who_turns_around_changes_the_heading_alone(tmp_path: Path) -> None:
    """Two turns of somebody who leans forward and aside: 720 degrees of heading, and the lean stays as it is."""
    body = wander(180)
    turns = Rotation.from_euler("Y", np.linspace(0, 4 * np.pi, 180)[:, None])
    body.pose[:, 0] = (turns * Rotation.from_euler("XZ", [40, 20], degrees=True)).as_rotvec()
    clip = write(scene_of(embodied(body)), tmp_path)
    assert clip.channels[0][3:] == ["Yrotation", "Xrotation", "Zrotation"]
    assert clip.column("Hips", "Yrotation") == pytest.approx(np.linspace(0, 720, 180), abs=1e-4)
    assert clip.column("Hips", "Xrotation") == pytest.approx(np.full(180, 40), abs=1e-4)
    assert clip.column("Hips", "Zrotation") == pytest.approx(np.full(180, 20), abs=1e-4)
    assert furthest(clip, places(body)) < 0.01


def test_angles_run_on_where_the_writer_begins_a_new_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = wander(50, turns=2)
    whole = write(scene_of(embodied(body)), tmp_path)
    monkeypatch.setattr(even_frames, "_PART", 7)
    np.testing.assert_array_equal(write(scene_of(embodied(body)), tmp_path).values, whole.values)


def test_who_comes_late_and_leaves_early_is_held(tmp_path: Path) -> None:
    """Row k of everybody is the video's frame k."""
    body = wander(20)
    late = embodied(body, np.arange(45, 65), number=1)
    first, second = export(scene_of(embodied(wander(90)), late), tmp_path / "out.bvh")
    clip = read_bvh(second.read_text())
    assert len(read_bvh(first.read_text()).values) == len(clip.values) == 90
    assert (clip.values[:45] == clip.values[45]).all()
    assert (clip.values[65:] == clip.values[64]).all()
    assert furthest(replace(clip, values=clip.values[45:65]), places(body)) < 0.01


def test_only_person_of_several_has_the_rows_of_the_video(tmp_path: Path) -> None:
    late = embodied(wander(20), np.arange(45, 65), number=1)
    (path,) = export(scene_of(embodied(wander(90)), late), tmp_path / "out.bvh", person=1)
    assert len(read_bvh(path.read_text()).values) == 90


CHAINS = {
    "humanik": "Hips Spine Spine1 Spine2 Neck Head, Spine2 LeftShoulder LeftArm LeftForeArm LeftHand, "
    "Hips RightUpLeg RightLeg RightFoot RightToeBase",
    "mixamo": "mixamorig:Hips mixamorig:Spine mixamorig:Spine1 mixamorig:Spine2 mixamorig:Neck mixamorig:Head, "
    "mixamorig:Spine2 mixamorig:LeftShoulder mixamorig:LeftArm mixamorig:LeftForeArm mixamorig:LeftHand, "
    "mixamorig:Hips mixamorig:RightUpLeg mixamorig:RightLeg mixamorig:RightFoot mixamorig:RightToeBase",
    "rigify": "spine spine.001 spine.002 spine.003 spine.004 spine.006, "
    "spine.003 shoulder.L upper_arm.L forearm.L hand.L, spine thigh.R shin.R foot.R toe.R",
    "unity": "Hips Spine Chest UpperChest Neck Head, UpperChest LeftShoulder LeftUpperArm LeftLowerArm LeftHand, "
    "Hips RightUpperLeg RightLowerLeg RightFoot RightToes",
    "unreal": "pelvis spine_01 spine_02 spine_03 neck_01 head, spine_03 clavicle_l upperarm_l lowerarm_l hand_l, "
    "pelvis thigh_r calf_r foot_r ball_r",
    "smpl": "pelvis spine1 spine2 spine3 neck head, spine3 left_collar left_shoulder left_elbow left_wrist, "
    "pelvis right_hip right_knee right_ankle right_foot",
}
"""The names of each rig, from the root to the head, to the left hand and to the right foot."""


@pytest.mark.parametrize("bones", list(BoneNames))
def test_bones_have_the_names_of_other_rigs(bones: BoneNames, tmp_path: Path) -> None:
    (path,) = export(scene_of(embodied(wander(2))), tmp_path / "out.bvh", bones=bones)
    clip = read_bvh(path.read_text())
    parents = {
        name: None if parent < 0 else clip.names[parent] for name, parent in zip(clip.names, clip.parents, strict=True)
    }
    assert len(set(clip.names)) == 22 + len(ENDS)
    for chain in CHAINS[bones].split(", "):
        names = chain.split()
        assert [parents[name] for name in names[1:]] == names[:-1]


def test_long_gap_is_held_and_time_is_kept(tmp_path: Path) -> None:
    body = wander(60)
    frames = np.concatenate([np.arange(10, 40), np.arange(100, 130)])
    clip = write(scene_of(embodied(body, frames)), tmp_path)
    assert len(clip.values) == 130
    assert (clip.values[40:100] == clip.values[39]).all()
    assert clip.positions()["LeftHand"][100:] == pytest.approx(places(body)[30:, 20] * 100, abs=1e-3)


def test_uneven_times_go_to_an_even_grid(tmp_path: Path) -> None:
    even = wander(121)
    times = np.arange(121) / 30
    times[1:-1] += np.random.default_rng(2).uniform(-0.01, 0.01, 119)
    fine = wander(4801, fps=1200)
    rows = np.round(times * 1200).astype(int)
    times = rows / 1200
    uneven = replace(even, pose=fine.pose[rows], translation=fine.translation[rows])
    clip = write(scene_of(embodied(uneven, times=times)), tmp_path)
    assert len(clip.values) == 121
    assert furthest(clip, places(even)) < 5


def test_turns_between_frames_are_even(tmp_path: Path) -> None:
    body = wander(4)
    body.pose[:] = 0
    body.pose[1:, 16] = [0, 0, 1.2]
    clip = write(scene_of(embodied(body, times=np.array([0, 4, 5, 6]) / 30)), tmp_path)
    angles = clip.column("LeftArm", "Zrotation")
    assert angles == pytest.approx(np.degrees([0, 0.3, 0.6, 0.9, 1.2, 1.2, 1.2]), abs=1e-4)


def test_fractional_frame_rate(tmp_path: Path) -> None:
    fps = Fraction(30000, 1001)
    person = embodied(wander(50), times=np.arange(50) / float(fps))
    clip = write(scene_of(person, fps=fps), tmp_path)
    assert len(clip.values) == 50
    assert clip.frame_time == pytest.approx(1001 / 30000, abs=1e-10)


def test_one_frame(tmp_path: Path) -> None:
    body = wander(1)
    clip = write(scene_of(embodied(body)), tmp_path)
    assert len(clip.values) == 1
    assert furthest(clip, places(body)) < 0.01
