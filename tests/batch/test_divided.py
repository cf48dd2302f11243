"""A long video that several processes read in parts gives the files that `lift` gives, to the last bit."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.conftest import Run, detector, vidmotion
from vidmotion.batch.divided import DividedDetection, PartWork, Stage
from vidmotion.batch.layout import PARTS
from vidmotion.pipeline import Pipeline
from vidmotion.settings import Settings
from vidmotion.types import Scene
from vidmotion.video.frame_index import InexactIndexError

__all__ = ["detector", "vidmotion"]
pytestmark = pytest.mark.usefixtures("detector")
SLOW = Settings(fps=0.2, keep_uncertain=True)
"""Then the 16 frames last 80 s, which are two parts."""


@pytest.fixture
def divided(half_second: Path, tmp_path: Path) -> Callable[..., DividedDetection]:
    def divide(end: float | None = None) -> DividedDetection:
        detection = Pipeline(replace(SLOW, end=end), threads=1).detection(half_second)
        found = DividedDetection.open(detection, tmp_path / "parts")
        assert found is not None
        return found

    return divide


def test_a_batch_of_parts_is_as_one_go(half_second: Path, tmp_path: Path, vidmotion: Run) -> None:
    out, options = tmp_path / "out", ("--fps", 0.2, "--keep-uncertain")
    code, told = vidmotion("batch", half_second, "-o", out, "-j", 2, *options)
    assert code == 0, told
    assert [f"half: {stage}, 2 of 2 parts read" in told for stage in ("people", "hands and camera")] == [True, True]
    assert not (out / PARTS).exists()
    assert vidmotion("lift", half_second, "-o", tmp_path / "lift", "-q", *options)[0] == 0
    assert json.loads((out / "half.json").read_text()) == json.loads((tmp_path / "lift" / "half.json").read_text())


def test_what_was_read_is_kept_and_what_is_missing_is_read(divided: Callable[..., DividedDetection]) -> None:
    first = divided()
    assert first.to_do() == [PartWork(Stage.people, 0), PartWork(Stage.people, 1)]
    first.do(PartWork(Stage.people, 1))
    assert divided().to_do() == [PartWork(Stage.people, 0)]
    divided().do(PartWork(Stage.people, 0))
    assert divided().to_do() == [PartWork(Stage.second, 0), PartWork(Stage.second, 1)]
    assert len(divided(end=70).to_do()) == 2  # of other frames
    assert len(divided(end=70).run().people) == 1


def test_a_video_that_is_not_as_its_packets_tell_is_read_in_one_go(
    divided: Callable[..., DividedDetection], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = divided()

    def refuse(*arguments: object) -> None:
        raise InexactIndexError("other frames")

    with monkeypatch.context() as patch:
        patch.setattr(DividedDetection, "_find", refuse)
        whole.do(PartWork(Stage.people, 1))
    assert DividedDetection.open(whole.detection, whole.files.tracks.parent) is None
    scene: Scene = whole.run()
    assert scene.frame_count == 16


def test_short_videos_are_read_in_one_go(half_second: Path, tmp_path: Path) -> None:
    short = Pipeline(Settings()).detection(half_second)
    assert DividedDetection.open(short, tmp_path / "parts") is None
    assert not (tmp_path / "parts").exists()
