"""Scenes that earlier versions wrote still load, value by value."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from vidmotion.errors import InputError
from vidmotion.io.scene.formats import export, load
from vidmotion.types import Segment

SAMPLES = Path(__file__).parent / "samples"


def ramp(*shape: int) -> np.ndarray:
    """The numbers 0, 1/8, 2/8, ... of which the samples are made."""
    return np.arange(np.prod(shape)).reshape(shape) / 8


@pytest.mark.parametrize(("name", "tolerance"), [("scene_1.json", 0.0051), ("scene_1.npz", 0.0)])
def test_schema_1(name: str, tolerance: float) -> None:
    scene = load(SAMPLES / name)
    assert (scene.source, scene.fps, scene.size, scene.frame_count) == (
        "old.mp4",
        Fraction(30000, 1001),
        (1280, 720),
        8,
    )
    assert scene.provenance == {"program": "vidmotion 0.1.0", "weights": ["motion-small"]}
    (person,) = scene.people
    track, motion, body, actions = person.track, person.motion, person.body, person.actions
    assert motion
    assert body
    assert actions
    assert (person.id, track.frames.tolist(), track.observed.tolist()) == (4, [2, 3, 5], [True, True, False])
    assert (track.keypoints.skeleton, motion.skeleton, motion.height, body.model) == (
        "coco17",
        "h36m17",
        1.75,
        "freebody",
    )
    assert (motion.camera.focal, motion.camera.center) == (1200.0, (640.0, 360.0))
    for got, wanted in (
        (track.times, np.array([2, 3, 5]) * 1001 / 30000),
        (track.boxes, ramp(3, 4)),
        (track.keypoints.xy, ramp(3, 17, 2)),
        (track.keypoints.score, np.full((3, 17), 0.5)),
        (motion.joints, ramp(3, 17, 3)),
        (motion.confidence, np.full((3, 17), 0.75)),
        (motion.camera.rotation, np.diag([1.0, -1.0, -1.0])),
        (motion.camera.translation, np.array([0.0, 1.5, 4.0])),
        (body.pose, ramp(3, 24, 3) / 64),
        (body.betas, np.arange(10) / 4),
        (body.translation, ramp(3, 3)),
        (body.error, np.array([0.0, 0.125, 0.25])),
        (actions.times, np.array([0.5, 1.25])),
        (actions.probabilities, np.array([[0.75, 0.25], [0.125, 0.875]])),
    ):
        np.testing.assert_allclose(got, wanted, rtol=0, atol=tolerance)
    assert actions.labels == ("walk", "wave")
    assert actions.segments == (Segment(0.0, 0.875, "walk", 0.75), Segment(0.875, 1.5, "unknown", 0.125))


@pytest.mark.parametrize("name", ["scene_1.json", "scene_1.npz"])
def test_what_was_loaded_is_written_in_the_schema_of_today(name: str, tmp_path: Path) -> None:
    (path,) = export(load(SAMPLES / name), tmp_path / "now.json")
    tree = json.loads(path.read_text())
    assert tree["schema"] == "vidmotion.scene/2"
    assert sorted(tree["people"][0]["actions"]) == ["centers", "labels", "probabilities", "segments", "unit"]


def test_names_of_schema_1_do_not_belong_into_schema_2(tmp_path: Path) -> None:
    tree = json.loads((SAMPLES / "scene_1.json").read_text())
    tree["schema"] = "vidmotion.scene/2"
    (tmp_path / "a.json").write_text(json.dumps(tree))
    with pytest.raises(InputError, match=r"people\[0\]\.actions\.centers is missing"):
        load(tmp_path / "a.json")


@pytest.mark.parametrize("people", [None, 3, [None], [{"actions": 3}], [{"actions": {}}]])
def test_a_damaged_file_of_schema_1_is_refused(people: object, tmp_path: Path) -> None:
    tree = json.loads((SAMPLES / "scene_1.json").read_text())
    (tmp_path / "a.json").write_text(json.dumps(tree | {"people": people}))
    with pytest.raises(InputError, match="is not a scene that can be read"):
        load(tmp_path / "a.json")
