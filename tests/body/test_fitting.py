"""Inverse kinematics against motions whose rotations are known, and its derivatives against differences."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vidmotion.body import inverse_kinematics
from vidmotion.body.fitting import fit_body
from vidmotion.body.joints import to_h36m
from vidmotion.body.kinematics import forward_kinematics, local_rotations
from vidmotion.body.limits import BOUNDS, limit_excess
from vidmotion.body.model import SMPL_JOINTS, BodyModel
from vidmotion.body.shape import fit_shape
from vidmotion.errors import InputError
from vidmotion.skeletons import H36M17
from vidmotion.types import Camera, Keypoints2D, Motion, Track

JOINT = {name: index for index, name in enumerate(SMPL_JOINTS)}
BETAS = np.array([0.6, -0.4, 0.3, 0.2, -0.3, 0.1, 0.2, 0.0, -0.1, 0.1])
CAMERA = Camera(1000.0, (500.0, 500.0), np.eye(3), np.zeros(3))


def walk(frames: int) -> np.ndarray:
    """(T, 24, 3) somebody who strides, swings the arms, turns around and looks about."""
    phase = np.linspace(0, 4 * np.pi, frames)
    pose = np.zeros((frames, 24, 3))
    pose[:, 0, 1] = np.linspace(0, 2.5, frames)
    for side, sign in (("left", 1), ("right", -1)):
        swing = np.sin(phase) * sign
        pose[:, JOINT[f"{side}_hip"], 0] = -0.5 * swing
        pose[:, JOINT[f"{side}_knee"], 0] = 0.7 - 0.5 * swing
        pose[:, JOINT[f"{side}_shoulder"]] = np.stack(
            [0.4 * swing, -0.4 * swing * sign, np.full(frames, -1.1 * sign)], 1
        )
        pose[:, JOINT[f"{side}_elbow"], 1] = -sign * (0.9 + 0.4 * swing)
    pose[:, JOINT["spine1"], 0] = 0.1 + 0.05 * np.sin(phase)
    pose[:, JOINT["head"], 1] = 0.3 * np.cos(phase / 2)
    return pose


def film(body: BodyModel, pose: np.ndarray, frames: np.ndarray | None = None) -> tuple[Motion, Track]:
    """The 17 joints of a posed body as if they had been lifted, feet near the floor."""
    rest = body.shape(BETAS)
    path = np.stack([np.linspace(0, 1, len(pose)), np.full(len(pose), 0.95), np.linspace(0, 2, len(pose))], 1)
    world, places = forward_kinematics(local_rotations(pose, 24), rest.joints, body.parents, path)
    joints = to_h36m(places, world[:, 15], rest.height)
    frames = np.arange(len(pose)) if frames is None else frames
    count, seen = len(pose), np.ones(len(pose), bool)
    points = Keypoints2D(np.zeros((count, 17, 2)), np.ones((count, 17)), "h36m17")
    return (
        Motion(joints, np.ones((count, 17)), "h36m17", CAMERA, rest.height),
        Track(0, frames, frames / 30, np.zeros((count, 4)), points, seen),
    )


def degrees_between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    flat = Rotation.from_matrix((a.swapaxes(-1, -2) @ b).reshape(-1, 3, 3)).magnitude()
    return np.degrees(flat).reshape(a.shape[:-2])


def test_joints_rotations_and_path_of_a_known_motion_come_back(body: BodyModel) -> None:
    pose = walk(60)
    motion, track = film(body, pose)
    fitted = fit_body(body, motion, track)
    assert fitted.model == body.name
    assert fitted.error.max() < 0.006
    wanted, found = (
        forward_kinematics(local_rotations(part, 24), body.shape(BETAS).joints, body.parents, fitted.translation)[0]
        for part in (pose, fitted.pose)
    )
    off = degrees_between(wanted, found).mean(0)
    for name in ("pelvis", "spine3", "neck", "head", "left_shoulder", "right_elbow", "left_hip", "right_knee"):
        assert off[JOINT[name]] < 10, (name, off[JOINT[name]])


def test_the_reported_error_is_that_of_the_posed_body(body: BodyModel) -> None:
    motion, track = film(body, walk(20))
    moved = replace(motion, joints=motion.joints + np.random.default_rng(0).normal(0, 0.02, motion.joints.shape))
    fitted = fit_body(body, moved, track)
    world, places = forward_kinematics(
        local_rotations(fitted.pose, 24), body.shape(fitted.betas).joints, body.parents, fitted.translation
    )
    joints = to_h36m(places, world[:, 15], motion.height)
    np.testing.assert_allclose(fitted.error, np.linalg.norm(joints - moved.joints, axis=-1).mean(1), atol=1e-5)
    assert fitted.error.mean() > 0.01


def test_bones_give_the_shape(body: BodyModel) -> None:
    rest = body.shape(BETAS)
    joints = to_h36m(rest.joints, np.eye(3), rest.height)
    lengths = H36M17.bone_lengths(joints[None])[0]
    found = body.shape(fit_shape(body, lengths, rest.height))
    bones = H36M17.bone_lengths(to_h36m(found.joints, np.eye(3), rest.height)[None])[0]
    assert np.abs(bones - lengths).max() < 0.008
    assert abs(found.height - rest.height) < 0.02


def test_a_gap_does_not_mix_what_lies_on_its_sides(body: BodyModel) -> None:
    pose = walk(40)
    motion, track = film(body, pose, frames=np.r_[0:20, 90:110])
    whole = fit_body(body, motion, track)
    assert len(whole) == 40
    changed = motion.joints.copy()
    changed[20:] += [5, 0, 1]
    other = fit_body(body, replace(motion, joints=changed), track)
    np.testing.assert_allclose(whole.pose, other.pose, atol=1e-5)
    np.testing.assert_allclose(other.translation[20:] - whole.translation[20:], np.tile([5, 0, 1], (20, 1)), atol=1e-5)


def test_one_frame_is_enough(body: BodyModel) -> None:
    motion, track = film(body, walk(9)[4:5])
    assert fit_body(body, motion, track).error[0] < 0.01


def test_straight_limbs_do_not_twist_from_frame_to_frame(body: BodyModel) -> None:
    pose = walk(60)
    for side in ("left", "right"):
        pose[:, JOINT[f"{side}_knee"]] = 0
        pose[:, JOINT[f"{side}_elbow"]] = 0
    motion, track = film(body, pose)
    noisy = motion.joints + np.random.default_rng(1).normal(0, 0.002, motion.joints.shape)
    fitted = fit_body(body, replace(motion, joints=noisy), track)
    rotations = degrees_between(*(local_rotations(fitted.pose, 24)[part] for part in (slice(None, -1), slice(1, None))))
    for name in ("left_hip", "right_hip", "left_shoulder", "right_shoulder"):
        assert rotations[:, JOINT[name]].max() < 12, name


def test_a_knee_that_bends_forward_is_straightened(body: BodyModel) -> None:
    pose = np.zeros((5, 24, 3))
    pose[:, JOINT["left_knee"], 0] = -0.8
    motion, track = film(body, pose)
    fitted = fit_body(body, motion, track)
    assert np.abs(limit_excess(fitted.pose[:, JOINT["left_knee"]], BOUNDS[JOINT["left_knee"]])).max() < np.radians(5)
    assert fitted.error.mean() > 0.01  # and the report does not hide it


def test_bounds_mirror_each_other() -> None:
    left, right = BOUNDS[JOINT["left_elbow"]], BOUNDS[JOINT["right_elbow"]]
    np.testing.assert_allclose(right[0], left[0])
    np.testing.assert_allclose(right[1], -left[1, ::-1])
    np.testing.assert_allclose(limit_excess(np.array([0, left[1, 0] - 0.1, left[2, 1] + 0.2]), left), [0, -0.1, 0.2])


def test_feet_stand_flat_on_the_floor_and_follow_the_shin_in_the_air(body: BodyModel) -> None:
    pose = np.zeros((2, 24, 3))
    pose[:, JOINT["left_hip"], 0], pose[:, JOINT["left_knee"], 0] = -0.5, 0.5  # the left shin stays upright
    pose[:, JOINT["right_hip"], 0], pose[:, JOINT["right_knee"], 0] = -0.3, 0.5
    motion, track = film(body, pose)
    joints = motion.joints - [0, motion.joints[0, [3, 6], 1].min() - 0.073, 0]
    joints[1] += [0, 1, 0]
    fitted = fit_body(body, replace(motion, joints=joints), track)
    world, _ = forward_kinematics(
        local_rotations(fitted.pose, 24), body.shape(fitted.betas).joints, body.parents, fitted.translation
    )
    up = world[:, [JOINT["left_ankle"], JOINT["right_ankle"]], :, 1]
    assert up[0, :, 1].min() > np.cos(np.radians(4))
    shin = world[1, JOINT["right_knee"], :, 1]
    assert up[1, 1] @ shin > np.cos(np.radians(1))


def test_derivatives_agree_with_differences(body: BodyModel) -> None:
    rng = np.random.default_rng(5)
    shaped = inverse_kinematics.RestSkeleton(body.shape(BETAS).joints[:22].astype(float), 1.7)

    def random_pose(spread: float) -> inverse_kinematics.PoseSequence:
        rotations = Rotation.from_rotvec(rng.normal(0, spread, (22, 3))).as_matrix()
        return inverse_kinematics.PoseSequence(rotations[None], rng.normal(0, 1, (1, 3)))

    now, guess = random_pose(0.8), random_pose(0.3)
    targets, weights = rng.normal(0, 1, (1, 17, 3)), rng.uniform(0.3, 1, (1, 17))

    def cost(step: np.ndarray) -> float:
        return float(
            inverse_kinematics._linearise(
                shaped, targets, weights, guess, inverse_kinematics._stepped(now, step[None])
            )[0][0]
        )

    slope = inverse_kinematics._linearise(shaped, targets, weights, guess, now)[2][0]
    eye = np.eye(len(slope)) * 1e-6
    differences = np.array([(cost(step) - cost(-step)) / 2e-6 for step in eye]) / 2
    np.testing.assert_allclose(slope[-3:], differences[-3:], rtol=1e-4)
    # The pull to the guess is linearised: exact only near it.
    near = np.abs(slope - differences) / np.abs(differences).max()
    assert near.max() < 1e-4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda joints: joints.__setitem__((3, 5), np.nan), "not finite"),
        (lambda joints: joints.__setitem__((slice(None), 13), joints[:, 12]), "bone that ends in left_wrist"),
    ],
)
def test_what_cannot_be_fitted_is_refused(body: BodyModel, change: object, message: str) -> None:
    motion, track = film(body, walk(6))
    joints = motion.joints.copy()
    change(joints)  # type: ignore[operator]
    with pytest.raises(InputError, match=message):
        fit_body(body, replace(motion, joints=joints), track)


def test_another_skeleton_is_refused(body: BodyModel) -> None:
    motion, track = film(body, walk(3))
    other = replace(motion, joints=np.zeros((3, 33, 3)), confidence=np.ones((3, 33)), skeleton="blazepose33")
    with pytest.raises(InputError, match="needs joints of h36m17"):
        fit_body(body, other, track)
