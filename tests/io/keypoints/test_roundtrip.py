"""Real detections, written in each format by the tests' own writers, are read back with identities and gaps."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.io.keypoints import writers
from tests.io.keypoints.conftest import ABSENT
from tests.io.keypoints.writers import Figure, People, Writer
from vidmotion.tracking.imported_keypoints import read_keypoints
from vidmotion.types import Track


def compare(track: Track, figure: Figure, skeleton: str, scored: bool) -> None:
    """To within the rounding of the file and of single precision."""
    keypoints = track.keypoints
    assert keypoints.skeleton == skeleton
    assert track.frames[track.observed].tolist() == list(figure.frames)
    assert track.frames.tolist() == list(range(figure.frames[0], figure.frames[-1] + 1))
    wanted = np.stack([figure.points(row, skeleton) for row in range(len(figure.frames))])
    there, seen = wanted[..., 2] > 0, track.observed
    assert (keypoints.score[seen] > 0).tolist() == there.tolist()
    np.testing.assert_allclose(keypoints.xy[seen][there], wanted[..., :2][there], atol=2e-3)
    if scored:
        np.testing.assert_allclose(keypoints.score[seen], wanted[..., 2], atol=1e-5)


@pytest.mark.parametrize(
    ("write", "given", "skeleton", "ids"),
    [
        (writers.alphapose, {}, "coco17", [3, 5]),
        (writers.openpose, {}, "openpose25", [0, 1]),
        (writers.coco_results, {}, "coco17", [3, 5]),
        (writers.mmpose, {}, "coco17", [0, 1]),
        (writers.mmpose_inferencer, {"skeleton": "coco17"}, "coco17", [0, 1]),
        (writers.mediapipe, {}, "blazepose33", [3, 5]),
    ],
)
def test_written_and_read(
    people: People, tmp_path: Path, write: Writer, given: dict[str, Any], skeleton: str, ids: list[int]
) -> None:
    scene = read_keypoints(write(people, tmp_path), fps=30, size=(960, 540), **given)
    assert [person.id for person in scene.people] == ids
    for person, figure in zip(scene.people, people, strict=True):
        compare(person.track, figure, skeleton, scored=True)
    filled = scene.people[1].track
    assert set(filled.frames[~filled.observed].tolist()) == ABSENT
    assert filled.keypoints.score[~filled.observed].max() <= 0.1


def test_markers_written_and_read(people: People, tmp_path: Path) -> None:
    scene = read_keypoints(writers.sports2d(people, tmp_path), size=(960, 540))
    for person, figure in zip(scene.people, people, strict=True):
        track = person.track
        assert track.frames[track.observed].tolist() == list(figure.frames)
        wanted = np.stack([figure.points(row, "halpe26") for row in range(len(figure.frames))])
        limbs = [*range(5, 17), 24, 25]
        np.testing.assert_allclose(track.keypoints.xy[track.observed][:, limbs], wanted[:, limbs, :2], atol=2e-3)
        assert (track.keypoints.score[track.observed][:, limbs] == 1).all()


def test_times_and_size_are_the_videos(people: People, tmp_path: Path, sample: Path) -> None:
    scene = read_keypoints(writers.mediapipe(people, tmp_path), sample)
    assert (scene.source, scene.size, scene.fps) == (sample.name, (960, 540), Fraction(30))
    np.testing.assert_allclose(scene.people[0].track.times, scene.people[0].track.frames / 30, atol=1e-3)
