"""The sample clip and its exact 3D agree."""

from pathlib import Path

import av
import numpy as np
import pytest


@pytest.fixture(scope="module")
def truth(sample: Path) -> dict[str, np.ndarray]:
    with np.load(sample.with_suffix(".npz"), allow_pickle=False) as file:
        return dict(file)


def test_shapes_agree(truth: dict[str, np.ndarray]) -> None:
    frames = len(truth["joints_world"])
    shapes = {
        "joints_world": (frames, 17, 3),
        "joints_camera": (frames, 17, 3),
        "joints_2d": (frames, 17, 2),
        "rotation": (frames, 3, 3),
        "translation": (frames, 3),
        "center": (2,),
    }
    assert {name: truth[name].shape for name in shapes} == shapes


def test_cameras_see_the_world_as_stored(truth: dict[str, np.ndarray]) -> None:
    seen = np.einsum("tij,tkj->tki", truth["rotation"], truth["joints_world"]) + truth["translation"][:, None]
    np.testing.assert_allclose(seen, truth["joints_camera"], atol=1e-9)
    xy = truth["focal"] * seen[..., :2] / seen[..., 2:] + truth["center"]
    np.testing.assert_allclose(xy, truth["joints_2d"], atol=1e-6)


def test_bones_of_the_limbs_are_rigid(truth: dict[str, np.ndarray]) -> None:
    joints = truth["joints_world"]
    for parent, child in ((1, 2), (2, 3), (4, 5), (5, 6), (11, 12), (12, 13), (14, 15), (15, 16)):
        assert np.ptp(np.linalg.norm(joints[:, child] - joints[:, parent], axis=1)) < 1e-9


def test_video_has_a_frame_for_each_pose_and_is_small(sample: Path, truth: dict[str, np.ndarray]) -> None:
    assert sample.stat().st_size < 2_000_000
    with av.open(str(sample)) as container:
        stream = container.streams.video[0]
        assert stream.average_rate is not None
        assert float(stream.average_rate) == truth["fps"]
        assert (stream.width / 2, stream.height / 2) == tuple(truth["center"])
        assert sum(1 for _ in container.decode(stream)) == len(truth["joints_world"])
