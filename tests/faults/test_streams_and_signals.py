"""Signals, and standard streams that are closed, full or read by nobody: results are written all the same."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.conftest import Start, end, names, wait_for

pytestmark = pytest.mark.skipif(os.name == "nt", reason="runs a POSIX shell")

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("streams", ["<&- >&- 2>&-", "2>&1 | true", ">/dev/full 2>/dev/full"])
def test_results_are_written(motion: Path, tmp_path: Path, streams: str) -> None:
    if "/dev/full" in streams and not Path("/dev/full").exists():
        pytest.skip("Linux has such a device")
    outputs = f"-o {tmp_path}/a.json -o {tmp_path}/a.csv -o {tmp_path}/a.trc"
    command = f"({sys.executable} -m vidmotion export {motion} {outputs}; echo $? > {tmp_path}/code) {streams}"
    subprocess.run(["sh", "-c", command], cwd=ROOT, check=True, timeout=100)
    assert (tmp_path / "code").read_text() == "0\n"
    assert names(tmp_path) == ["a.0.trc", "a.1.trc", "a.csv", "a.json", "code"]


def test_a_result_that_standard_output_cannot_take_is_an_error() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("Linux has such a device")
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "vidmotion", "--version"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr.startswith("error: standard output: the disk is full")) == (1, True)


def test_a_training_saves_its_last_step(mocap: Path, tmp_path: Path, start: Start) -> None:
    run = tmp_path / "run"
    process = start("train", "pose3d", "--data", mocap, "-o", run, "--set", "frames=100", "-q")
    wait_for((run / "log.jsonl").exists, process)
    process.send_signal(signal.SIGTERM)
    code, told = end(process)
    assert code == 143
    assert "is saved; continue with --resume" in told
    assert [name for name in names(run) if "tfevents" not in name] == ["checkpoint.pt", "log.jsonl", "run.json"]


def test_an_import_leaves_nothing(motions: Path, tmp_path: Path, start: Start) -> None:
    process = start("data", "import", "bvh", motions, "-o", tmp_path / "out", "-q")
    wait_for(lambda: names(tmp_path), process)
    process.send_signal(signal.SIGINT)
    code, told = end(process)
    assert (code, "interrupted; finished files are kept" in told) == (130, True)
    assert names(tmp_path) == []
