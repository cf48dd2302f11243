"""A tiny packed motion capture folder, and `vidmotion data` in the test process."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tiny_mocap import write
from vidmotion.cli.main import main

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def mocap_folder(tmp_path: Path) -> Path:
    return write(tmp_path / "mocap")


@pytest.fixture
def data(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `vidmotion data`; returns the exit code and the text on stdout and stderr."""

    def run(*args: object) -> tuple[int, str]:
        code = 0
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["vidmotion", "data", *map(str, args)])
            try:
                main()
            except SystemExit as end:
                code = int(end.code or 0)
        out, err = capsys.readouterr()
        return code, out + err

    return run
