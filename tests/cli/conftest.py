"""The program, run in the test's own process, and a second of real pictures."""

import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from vidmotion import weights
from vidmotion.cli.main import main
from vidmotion.errors import WeightsError
from vidmotion.video.reader import open_video
from vidmotion.video.writer import VideoWriter

Run = Callable[..., tuple[int, str]]


@pytest.fixture(scope="session")
def detector() -> None:
    """The real detector's files."""
    try:
        weights.fetch("blazepose")
    except WeightsError as error:
        pytest.skip(f"the detector cannot be fetched: {error}")


@pytest.fixture
def vidmotion(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the program; exit code and stderr come back."""

    def run(*args: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["vidmotion", *map(str, args)])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        print(out, end="")  # back for a test that reads it
        return code, err

    return run


def write_video(path: Path, pictures: Iterator[np.ndarray] | list[np.ndarray], rate: int = 30) -> Path:
    pictures = list(pictures)
    height, width = pictures[0].shape[:2]
    with VideoWriter(path, Fraction(rate), (width, height)) as writer:
        for picture in pictures:
            writer.write(picture)
    return path


def beginning(video: Path, frames: int) -> list[np.ndarray]:
    with open_video(video) as source:
        return [frame.rgb for frame in islice(source, frames)]


@pytest.fixture(scope="session")
def second(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One second of the sample."""
    return write_video(tmp_path_factory.mktemp("second") / "second.mp4", beginning(sample, 30))
