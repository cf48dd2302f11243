"""Tracks of any frame rate, with gaps, become motion frame by frame."""

import numpy as np
import pytest
import torch

from vidmotion.lifting.lift import lift_tracks
from vidmotion.model.dstformer import DSTformer, DSTformerConfig
from vidmotion.model.head_set import HeadSet
from vidmotion.model.network import MotionNetwork
from vidmotion.settings import LiftSettings
from vidmotion.types import Keypoints2D, Track

SIZE = (1280, 720)


@pytest.fixture(scope="module")
def model() -> MotionNetwork:
    torch.manual_seed(0)
    return MotionNetwork(DSTformer(DSTformerConfig(16, 16, 1, 2, 2.0, 17, 243))).eval()


def track(times: np.ndarray, frames: np.ndarray | None = None, identity: int = 0) -> Track:
    """Points (T, 17, 2) that swing slowly about the picture's middle."""
    joint = np.arange(17)[None, :, None]
    swing = np.sin(times[:, None, None] + 2.4 * joint + np.array([0.0, 1.3]))
    xy = np.array([640.0, 360.0]) + 200 * swing + 20 * times[:, None, None]
    count = len(times)
    frames = np.arange(count) if frames is None else frames
    points = Keypoints2D(xy, np.full((count, 17), 0.9), "h36m17")
    return Track(identity, frames, times, np.zeros((count, 4)), points, np.ones(count, bool))


@pytest.mark.parametrize("rate", [5, 24, 25, 30000 / 1001, 50, 60, 120])
def test_every_frame_has_its_pose_at_any_rate(model: MotionNetwork, rate: float) -> None:
    times = np.arange(int(2 * rate)) / rate
    motion = lift_tracks(HeadSet([model]), [track(times)], SIZE, LiftSettings())[0].motion
    assert motion.joints.shape == (len(times), 17, 3)
    assert np.isfinite(motion.joints).all()


def test_more_frames_a_second_are_the_same_motion(model: MotionNetwork) -> None:
    slow, fast = np.arange(61) / 30, np.arange(121) / 60
    one, two = (
        lift_tracks(HeadSet([model]), [track(times)], SIZE, LiftSettings())[0].motion.joints for times in (slow, fast)
    )
    relative = [joints - joints[:, :1] for joints in (one, two[::2])]
    np.testing.assert_allclose(relative[0], relative[1], atol=0.02)


def test_a_gap_splits_the_work_and_keeps_the_frames(model: MotionNetwork) -> None:
    frames = np.r_[0:40, 100:150]
    done: list[int] = []
    motion = lift_tracks(HeadSet([model]), [track(frames / 30, frames)], SIZE, LiftSettings(), (), done.append)[
        0
    ].motion
    assert motion.joints.shape == (90, 17, 3)
    lengths = np.linalg.norm(motion.joints[:, 2] - motion.joints[:, 1], axis=-1)
    assert np.ptp(lengths) < 1e-4
    assert done == [40, 90]


def test_people_share_a_world_but_for_their_floors(model: MotionNetwork) -> None:
    times = np.arange(40) / 30
    lifted = lift_tracks(HeadSet([model]), [track(times), track(times, identity=1)], SIZE, LiftSettings(height=1.8))
    motions = [one.motion for one in lifted]
    cameras = [motion.camera for motion in motions]
    np.testing.assert_allclose(cameras[0].rotation, cameras[1].rotation)
    np.testing.assert_allclose(motions[0].joints, motions[1].joints, atol=1e-5)
    assert {motion.height for motion in motions} == {1.8}


def test_each_shot_is_levelled_by_itself(model: MotionNetwork) -> None:
    times = np.arange(40) / 30
    first, second = track(times), track(times * 2 + 5, np.arange(50, 90), identity=1)
    both = lift_tracks(HeadSet([model]), [second, first], SIZE, LiftSettings(), cuts=(50,))
    for lifted, one in zip(both, (second, first), strict=True):
        (alone,) = lift_tracks(HeadSet([model]), [one], SIZE, LiftSettings())
        np.testing.assert_array_equal(lifted.motion.joints, alone.motion.joints)
        np.testing.assert_array_equal(lifted.motion.camera.rotation, alone.motion.camera.rotation)
