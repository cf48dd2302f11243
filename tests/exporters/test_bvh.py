"""BVH: an independent reader finds the motion's joints; angles run on; time is kept."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from bvh_reader import Clip, read_bvh
from scenes import person_of, rigid, scene_of, walk

from vidmotion.errors import InputError
from vidmotion.exporters import export
from vidmotion.types import Person, Scene

PLACES = {
    "Hips": 0, "RightUpLeg": 1, "RightLeg": 2, "RightFoot": 3, "LeftUpLeg": 4, "LeftLeg": 5, "LeftFoot": 6,
    "Spine": 0, "Spine1": 7, "Neck": 8, "Head": 9, "Head*": 10,
    "LeftShoulder": 8, "LeftArm": 11, "LeftForeArm": 12, "LeftHand": 13,
    "RightShoulder": 8, "RightArm": 14, "RightForeArm": 15, "RightHand": 16,
}  # fmt: skip


def write(scene: Scene, folder: Path) -> Clip:
    (path,) = export(scene, folder / "out.bvh")
    return read_bvh(path.read_text())


def furthest(clip: Clip, joints: np.ndarray) -> float:
    """Millimetres between the file's joints and the motion's, at worst."""
    places = clip.positions()
    return max(
        np.linalg.norm(places[name] * 10 - joints[:, joint] * 1000, axis=1).max() for name, joint in PLACES.items()
    )


def test_joints_of_a_rigid_motion_are_exact(walker: Person, tmp_path: Path) -> None:
    assert walker.motion
    clip = write(scene_of(walker), tmp_path)
    assert clip.values.shape == (120, 60)
    assert clip.frame_time == pytest.approx(1 / 30, abs=1e-9)
    assert furthest(clip, walker.motion.joints) < 0.01


@pytest.mark.parametrize("split", ["val", "test"])
def test_joints_of_real_motion_are_exact(split: str, shared: Path, tmp_path: Path) -> None:
    mocap = pytest.importorskip("vidmotion.data.mocap").read_mocap(shared / "mocap", split)
    for index in range(0, len(mocap.clips), 4):
        joints = rigid(mocap.clip(index)[:240].numpy())
        assert furthest(write(scene_of(person_of(joints)), tmp_path), joints) < 0.01


def test_bones_that_change_length_get_their_median(tmp_path: Path) -> None:
    joints = walk(60)
    noisy = joints + np.random.default_rng(0).normal(0, 0.01, joints.shape)
    assert furthest(write(scene_of(person_of(noisy)), tmp_path), joints) < 100


def test_rest_pose_is_a_t_pose(walker: Person, tmp_path: Path) -> None:
    clip = write(scene_of(walker), tmp_path)
    rest = replace(clip, values=np.zeros((1, 60))).positions()
    assert rest["LeftHand"][0, 0] > rest["LeftArm"][0, 0] > 0 > rest["RightArm"][0, 0] > rest["RightHand"][0, 0]
    assert rest["LeftHand"][0, 1] == rest["LeftShoulder"][0, 1] == rest["RightHand"][0, 1]
    assert rest["LeftFoot"][0] == pytest.approx([12, -86, 0], abs=1e-4)
    assert rest["RightFoot*"][0, 2] > 10


def test_two_full_turns_run_on_without_a_flip(tmp_path: Path) -> None:
    clip = write(scene_of(person_of(walk(180, turns=2))), tmp_path)
    heading = clip.column("Hips", "Yrotation")
    assert heading[-1] - heading[0] == pytest.approx(720, abs=2)
    assert np.abs(np.diff(clip.values, axis=0)).max() < 15


def test_real_walk_runs_on_without_a_flip(shared: Path, tmp_path: Path) -> None:
    mocap = pytest.importorskip("vidmotion.data.mocap").read_mocap(shared / "mocap", "train")
    names = [clip.name for clip in mocap.clips]
    joints = rigid(mocap.clip(names.index("x_train_walking_24")).numpy())
    clip = write(scene_of(person_of(joints)), tmp_path)
    steps = np.abs(np.diff(clip.values[:, 3:], axis=0)).max(0)
    # Facing sideways the hips have Y near a quarter turn, where Z and X move fast together.
    assert steps[:3].max() < 90
    assert steps[3:].max() < 15


def test_knees_and_elbows_are_hinges(walker: Person, tmp_path: Path) -> None:
    clip = write(scene_of(walker), tmp_path)
    knee = clip.column("LeftLeg", "Xrotation")
    bent = knee > 30
    assert bent.any()
    assert np.abs(clip.column("LeftLeg", "Zrotation")[bent]).max() < 0.01
    elbow = clip.column("LeftForeArm", "Yrotation")
    assert elbow.min() < -25
    assert np.abs(clip.column("LeftForeArm", "Xrotation")[elbow < -25.1]).max() < 0.01


def test_straight_limbs_do_not_spin(tmp_path: Path) -> None:
    joints = walk(90, turns=0)
    down = np.array([0, -0.4, 0])
    jitter = np.random.default_rng(1).normal(0, 0.004, (90, 3))
    for hip in (1, 4):
        joints[:, hip + 1] = joints[:, hip] + down
        joints[:, hip + 2] = joints[:, hip] + 2 * down + jitter
    clip = write(scene_of(person_of(joints)), tmp_path)
    assert np.abs(clip.column("LeftUpLeg", "Yrotation")).max() < 20


def test_long_gap_is_held_and_time_is_kept(tmp_path: Path) -> None:
    joints = walk(60)
    frames = np.concatenate([np.arange(10, 40), np.arange(100, 130)])
    clip = write(scene_of(person_of(joints, frames=frames)), tmp_path)
    assert len(clip.values) == 120
    assert (clip.values[30:90] == clip.values[29]).all()
    shown = clip.positions()
    assert shown["LeftHand"][90:] == pytest.approx(joints[30:, 13] * 100, abs=1e-3)


def test_uneven_times_go_to_an_even_grid(tmp_path: Path) -> None:
    even = walk(121)
    times = np.arange(121) / 30
    times[1:-1] += np.random.default_rng(2).uniform(-0.01, 0.01, 119)
    seconds = times / times[-1]
    joints = np.stack(
        [np.interp(seconds, np.linspace(0, 1, 121), even[:, j, c]) for j in range(17) for c in range(3)], 1
    ).reshape(121, 17, 3)
    clip = write(scene_of(person_of(joints, times=times)), tmp_path)
    assert len(clip.values) == 121
    assert furthest(clip, even) < 10


def test_fractional_frame_rate(tmp_path: Path) -> None:
    fps = Fraction(30000, 1001)
    person = person_of(walk(50), times=np.arange(50) / float(fps))
    clip = write(scene_of(person, fps=fps), tmp_path)
    assert len(clip.values) == 50
    assert clip.frame_time == pytest.approx(1001 / 30000, abs=1e-10)


def test_one_frame(tmp_path: Path) -> None:
    assert len(write(scene_of(person_of(walk(30)[:1])), tmp_path).values) == 1


def test_person_without_motion_is_told_to_lift(walker: Person, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="vidmotion lift"):
        export(scene_of(Person(walker.track)), tmp_path / "out.bvh")
    assert list(tmp_path.iterdir()) == []


def test_number_that_is_not_finite_is_refused(tmp_path: Path) -> None:
    joints = walk(5)
    joints[2, 3, 1] = np.nan
    with pytest.raises(InputError, match="not finite"):
        export(scene_of(person_of(joints)), tmp_path / "out.bvh")
