"""Damaged files of every kind: nothing but one line of error. `python -m tests.fuzz` does it for longer."""

import subprocess
import sys
from pathlib import Path

import pytest

ROUNDS = 4
"""Of some twenty kinds of files."""


@pytest.mark.skipif(sys.platform == "win32", reason="needs processes that fork")
def test_damaged_files_are_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz", "--rounds", str(ROUNDS), "--keep", str(tmp_path)]
    done = subprocess.run(command, cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
