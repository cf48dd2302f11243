"""Each exercise is something that a body can do."""

import numpy as np
import pytest

from vidmotion.body.model import SMPL_JOINTS, RestBody
from vidmotion.data.exercises.build import Build
from vidmotion.data.exercises.catalogue import CATALOGUE, SHARES
from vidmotion.data.exercises.generate import perform, posed_joints
from vidmotion.skeletons import H36M17

FRAMES = 120
FLOOR = -0.02


@pytest.mark.parametrize("name", CATALOGUE)
def test_joints_stay_above_the_floor_and_bend_one_way(name: str, body: RestBody, build: Build) -> None:
    for seed in range(2):
        rng = np.random.default_rng(seed)
        rotations, roots = perform(CATALOGUE[name](build, rng), body, FRAMES, rng)
        joints = posed_joints(rotations, roots, body)
        assert np.isfinite(joints).all()
        assert joints[..., 1].min() > FLOOR
        assert np.linalg.norm(np.diff(joints, axis=0), axis=-1).max() * 30 < 10  # metres a second
        for side, sign in (("left", -1), ("right", 1)):
            knee, elbow = (rotations[:, SMPL_JOINTS.index(f"{side}_{joint}")] for joint in ("knee", "elbow"))
            # Of a hinge, one component of the rotation is not 0, and it has one sign: knees about X, elbows about Y.
            np.testing.assert_allclose(knee[:, 1:], 0, atol=1e-6)
            assert knee[:, 0].min() > -1e-6
            np.testing.assert_allclose(elbow[:, [0, 2]], 0, atol=1e-6)
            assert (sign * elbow[:, 1]).min() > -1e-6


@pytest.mark.parametrize("name", ["squat", "bend", "side bend", "twist", "arm circle", "raise arms"])
def test_feet_that_stand_do_not_slide(name: str, body: RestBody, build: Build) -> None:
    ankles = [H36M17.joints.index(f"{side}_ankle") for side in ("left", "right")]
    rng = np.random.default_rng(0)
    joints = posed_joints(*perform(CATALOGUE[name](build, rng), body, FRAMES, rng), body)
    low = joints[:, ankles, 1] < build.ankle + 1e-3
    assert low.mean() > 0.6  # some squats jump
    moved = joints[:, ankles][:, :, [0, 2]] - joints[:1, ankles][:, :, [0, 2]]
    assert np.abs(moved[low]).max() < 1e-3


@pytest.mark.parametrize("seed", range(3))
def test_squats_reach_their_depth_and_stand_up_again(seed: int, body: RestBody, build: Build) -> None:
    """Repetitions vary by some percent, and the smoothing takes a little of quick ones."""
    rng = np.random.default_rng(seed)
    exercise = CATALOGUE["squat"](build, rng)
    heights = [posture.hips[1] for _, posture in exercise.keys]
    _, hips = perform(exercise, body, 300, rng)
    low, high = min(heights), heights[-1]
    assert (high - hips[:, 1].min()) / (high - low) == pytest.approx(1.0, abs=0.1)
    assert np.abs(hips[:, 1] - high).min() < 0.01


def test_shares_are_of_exercises_that_exist() -> None:
    assert set(SHARES) <= set(CATALOGUE)


@pytest.mark.parametrize("name", CATALOGUE)
def test_names_begin_with_the_exercise(name: str, build: Build) -> None:
    assert CATALOGUE[name](build, np.random.default_rng(0)).name.split(",")[0] == name
