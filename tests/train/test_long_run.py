"""The long run continues where it was killed, and never runs twice at once."""

import fcntl
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.train.conftest import WEIGHTS, load_script
from vidmotion.train.config import Pose3DConfig, read_config


@pytest.fixture(scope="module")
def long_run() -> ModuleType:
    return load_script("long_run")


def test_the_settings_of_a_round_can_be_read() -> None:
    config = read_config(Pose3DConfig, WEIGHTS / "recipes" / "rounds.toml", [])
    assert config.motion.offset > 0


def test_rounds_follow_each_other(long_run: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "round-02").mkdir()
    (tmp_path / "round-02" / "checkpoint.pt").touch()
    found = list(long_run.stages(tmp_path, tmp_path / "mocap", None, 2, 100))
    assert [stage.name for stage in found] == [
        "render test", "render round 1", "train round 1", "evaluate round 1", "render round 2", "train round 2",
        "evaluate round 2",
    ]  # fmt: skip
    first, second = found[2].arguments, found[5].arguments
    assert "--resume" not in first
    assert "--resume" in second
    assert second[second.index("--from") + 1] == str(tmp_path / "round-01" / "weights.safetensors")
    clips = [stage.arguments[stage.arguments.index("--clips") + 1] for stage in (found[1], found[4])]
    assert clips == ["100", "200"]


def test_finished_stages_are_not_run_again(long_run: ModuleType, tmp_path: Path) -> None:
    stages = [long_run.Stage(name, ()) for name in ("one", "two", "three")]
    ran: list[str] = []

    def run(stage: object, codes: dict[str, int]) -> int:
        ran.append(stage.name)  # type: ignore[attr-defined]
        return codes.get(ran[-1], 0)

    assert long_run.run_all(lambda: iter(stages), tmp_path, lambda stage: run(stage, {"two": 143})) == 143
    assert json.loads((tmp_path / "state.json").read_text()).keys() == {"one"}
    assert long_run.run_all(lambda: iter(stages), tmp_path, lambda stage: run(stage, {})) == 0
    assert ran == ["one", "two", "two", "three"]
    assert "stopped with exit code 143" in (tmp_path / "log.txt").read_text()


def test_a_second_long_run_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = [sys.executable, str(WEIGHTS / "long_run.py"), str(tmp_path), "--mocap", str(tmp_path)]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert "goes on in" in found.stderr
