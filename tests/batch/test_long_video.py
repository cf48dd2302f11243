"""`lift -j`: several processes find the people of one video, and they are those that one process finds."""

import tempfile
from pathlib import Path
from typing import Self

import pytest

from tests.cli.conftest import Run, detector, vidmotion
from vidmotion.batch import long_video
from vidmotion.batch.workers import Ended
from vidmotion.errors import VidmotionError
from vidmotion.io.scene.formats import export, load
from vidmotion.pipeline import Pipeline
from vidmotion.settings import Settings

__all__ = ["detector", "vidmotion"]
pytestmark = pytest.mark.usefixtures("detector")
SLOW = Settings(fps=0.2, keep_uncertain=True, detector="blazepose")
"""Then the 16 frames last 80 s, which are two parts."""


def test_the_people_are_those_of_one_process(half_second: Path, tmp_path: Path) -> None:
    detection = Pipeline(SLOW, threads=1).detection(half_second)
    one, two = (export(long_video.detect_in_processes(detection, jobs), tmp_path / f"{jobs}.json") for jobs in (1, 2))
    assert two[0].read_bytes() == one[0].read_bytes()
    found = load(two[0])
    assert (found.frame_count, len(found.people), found.camera_motion is None) == (16, 1, False)


def test_a_short_video_is_read_by_one_process(half_second: Path, tmp_path: Path, vidmotion: Run) -> None:
    code, told = vidmotion("lift", half_second, "-o", tmp_path, "-j", 2, "--no-hands", "--detector", "blazepose")
    assert (code, "half.mp4: one process reads it; --jobs is for long video files" in told) == (0, True), told


class KilledWorkers:
    """Takes the place of `Workers`: a process is killed in its first part."""

    def __init__(self, *arguments: object) -> None:
        self._task: object = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *arguments: object) -> None:
        pass

    @property
    def has_room(self) -> bool:
        return self._task is None

    def submit(self, task: object) -> None:
        self._task = task

    def wait(self) -> list[Ended]:
        return [Ended(self._task, reason="its process was ended by SIGKILL", again=True)]


def test_a_killed_process_is_an_error_that_leaves_nothing(
    half_second: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_video, "Workers", KilledWorkers)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    detection = Pipeline(SLOW).detection(half_second)
    with pytest.raises(VidmotionError, match=r"half\.mp4: its process was ended by SIGKILL"):
        long_video.detect_in_processes(detection, 2)
    assert not list(tmp_path.iterdir())
