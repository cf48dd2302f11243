"""`vidmotion batch` takes the options of `vidmotion lift` that make sense for many clips."""

from inspect import signature
from pathlib import Path

import pytest

from tests.cli.conftest import Run, vidmotion
from vidmotion.batch import run
from vidmotion.batch.journal import Book
from vidmotion.choices import Smoothing
from vidmotion.cli.batch import batch
from vidmotion.cli.lift import lift
from vidmotion.settings import Settings

__all__ = ["vidmotion"]
OF_ONE_VIDEO = {"videos", "camera_file", "keypoints", "skeleton", "size", "first_frame", "processes"}
FILMS = {"render", "page", "style", "view"}


def test_no_option_of_lift_is_forgotten() -> None:
    assert set(signature(lift).parameters) - set(signature(batch).parameters) == OF_ONE_VIDEO | FILMS | {"verbose"}


def test_options_reach_the_settings(tmp_path: Path, vidmotion: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    received: list[Settings] = []

    def run_batch(clips: object, settings: Settings, *others: object) -> Book:
        received.append(settings)
        return Book()

    monkeypatch.setattr(run, "run_batch", run_batch)
    (tmp_path / "a.mp4").touch()
    options = ("--smooth", "strong", "--no-flip", "--head", "mesh", "--no-refine", "--fps", 240, "--rotate", 90)
    assert vidmotion("batch", tmp_path, "-o", tmp_path / "out", *options) == (0, "")
    (settings,) = received
    assert (settings.smooth, settings.flip, settings.refine) == (Smoothing.strong, False, False)
    assert (settings.fps, settings.rotate) == (240, 90)
