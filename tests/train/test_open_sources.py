"""Batches agree with themselves, however they are mirrored, rolled and turned."""

from pathlib import Path

import pytest
import torch

from tests import tiny_footage, tiny_mocap
from tests.train.conftest import CPU
from vidmotion.body.load import free_body
from vidmotion.body.skinning import BodyJoints
from vidmotion.data.augment import NoiseRange
from vidmotion.data.mocap_windows import WindowShape
from vidmotion.train.config import MeshConfig, Pose3DConfig
from vidmotion.train.mocap_source import BodySource, CaptureSource
from vidmotion.train.open_sources import FootageSource, open_sources


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("folder", "detector_noise_share"), [("acting", 0.0), ("mocap", 0.0), ("mocap", 1.0)])
def test_bodies_have_the_joints_of_their_windows(
    tmp_path: Path, folder: str, detector_noise_share: float, seed: int
) -> None:
    """Joints of the true rotations, by forward kinematics, against the network's target."""
    tiny_footage.write(tmp_path / "acting", joints_of=tiny_footage.body_joints_of)
    tiny_mocap.write_with_rotations(tmp_path / "mocap")
    folders = [tmp_path / folder, tmp_path / "acting"]
    source = open_sources(folders, MeshConfig(roll=20.0, detector_noise_share=detector_noise_share), CPU, BodySource)[0]
    rng = torch.Generator().manual_seed(seed)
    shape = WindowShape(9, 3, 6)
    batch = source.sample(source.choose(6, rng, None), shape, torch.arange(9), rng)
    assert batch.body is not None
    assert batch.observed is not None
    rotations, betas = batch.body.rotations.flatten(0, 1), batch.body.betas.repeat_interleave(9, 0)
    joints = BodyJoints(free_body())(rotations, betas).view(-1, 9, 17, 3)
    truth = batch.observed.target * batch.observed.metres
    rooted = [points - points[:, :, :1] for points in (joints, truth)]
    torch.testing.assert_close(*rooted, atol=1e-3, rtol=0)


def test_folders_are_told_apart(tmp_path: Path) -> None:
    store, mocap = tiny_footage.write(tmp_path / "store"), tiny_mocap.write_with_rotations(tmp_path / "mocap")
    capture, footage, again = open_sources([mocap, store, store], Pose3DConfig(), CPU)
    assert isinstance(footage, FootageSource)
    assert again is footage
    assert isinstance(capture, CaptureSource)
    assert capture.labels == ("walk", "dance")


@pytest.mark.parametrize("detector_noise_share", [0.0, 1.0])
def test_motion_capture_gets_errors_from_footage(tmp_path: Path, detector_noise_share: float) -> None:
    """The tiny footage is seen exactly and with a score of 0.8."""
    store, mocap = tiny_footage.write(tmp_path / "store"), tiny_mocap.write_with_rotations(tmp_path / "mocap")
    config = Pose3DConfig(detector_noise_share=detector_noise_share, noise=NoiseRange(joint_mask=0, frame_mask=0))
    capture, _ = open_sources([mocap, store], config, CPU)
    rng = torch.Generator().manual_seed(0)
    batch = capture.sample(capture.choose(6, rng, None), WindowShape(9, 3, 6), torch.arange(9), rng)
    assert batch.observed is not None
    seen = batch.x[..., 2] > 0
    exact = bool(((batch.x[..., :2] - batch.observed.clean)[seen].abs() < 5e-3).all())
    scored = bool(((batch.x[..., 2][seen] - 0.8).abs() < 1 / 250).all())
    assert (exact, scored) == (bool(detector_noise_share), bool(detector_noise_share))
