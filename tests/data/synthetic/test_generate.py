"""Clips are generated in several processes; the run ends in an orderly way when one of them is ended from outside."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from vidmotion.data.synthetic import generate
from vidmotion.data.synthetic.generate import GenerationSettings
from vidmotion.errors import OutputError


def settings(out: Path) -> GenerationSettings:
    return GenerationSettings(mocap=out, out=out, split="train", clips=4, jobs=2)


def ended_at_the_second(settings: GenerationSettings, number: int) -> Any:
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_worker_that_is_killed_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "_generate_in_worker", ended_at_the_second)
    with pytest.raises(OutputError, match="a process was ended from outside"):
        list(generate._generated(settings(tmp_path), None, [0, 1, 2, 3]))  # type: ignore[arg-type]
