"""The verbs of the package work one after the other, on a real clip."""

from pathlib import Path

import numpy as np
import pytest

import vidmotion as vm
from vidmotion import weights
from vidmotion.errors import WeightsError


@pytest.fixture(scope="module")
def tracks(sample: Path) -> object:
    try:
        weights.fetch("blazepose")
    except WeightsError as error:
        pytest.skip(f"the detector cannot be fetched: {error}")
    return vm.detect(sample, end=0.6)


def test_detect_lift_export_load_render(tracks: object, sample: Path, tmp_path: Path) -> None:
    scene = vm.lift(tracks)
    (person,) = scene.people
    assert person.motion is not None
    assert person.motion.joints.shape == (len(person.track), 17, 3)
    assert vm.export(scene, tmp_path / "walk.bvh", person=0) == [tmp_path / "walk.bvh"]
    vm.export(scene, tmp_path / "walk.npz")
    again = vm.load(tmp_path / "walk.npz").people[0].motion
    assert again is not None
    np.testing.assert_array_equal(again.joints, person.motion.joints)
    vm.render(scene, tmp_path / "walk.mp4", video=sample)
    assert (tmp_path / "walk.mp4").stat().st_size > 10_000
    assert vm.detect is not None
    assert callable(vm.export)


def test_height_scales_the_person(tracks: object) -> None:
    small, tall = (vm.lift(tracks, lift=vm.LiftSettings(height=height)).people[0].motion for height in (1.0, 2.0))
    assert small is not None
    assert tall is not None

    def thigh(motion: object) -> float:
        return float(np.linalg.norm(motion.joints[0, 2] - motion.joints[0, 1]))  # type: ignore[attr-defined]

    assert thigh(tall) == pytest.approx(2 * thigh(small), rel=1e-4)


def test_the_camera_sees_the_motion_where_the_points_are(tracks: object) -> None:
    person = vm.lift(tracks).people[0]
    assert person.motion is not None
    camera = person.motion.camera
    points = person.motion.joints @ camera.rotation.T + camera.translation
    pixels = camera.focal * points[..., :2] / points[..., 2:] + np.array(camera.center)
    hips = person.track.keypoints.xy[:, [23, 24]].mean(1)
    assert np.linalg.norm(pixels[:, 0] - hips, axis=-1).max() < 0.06 * np.ptp(person.track.boxes[:, [1, 3]])
