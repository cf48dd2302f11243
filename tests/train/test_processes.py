"""Processes that torchrun starts share a step's work, and learn what one process learns."""

import json
import os
import subprocess
import sys
from pathlib import Path

import torch

from tests.tiny_mocap import write

ROOT = Path(__file__).parents[2]
SMALL = ["--device", "cpu", "--set", "steps=20", "--set", "frames=54", "--set", "warmup=2", "--set", "lr=1e-3"]


def train(mocap: Path, folder: Path, processes: int, *more: str) -> str:
    """What a run said."""
    launch = ["torch.distributed.run", "--standalone", f"--nproc-per-node={processes}", "-m"] if processes > 1 else []
    command = [sys.executable, "-m", *launch, "vidmotion", "train", "pose3d", "--data", str(mocap), "-o", str(folder)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([*command, *SMALL, *more], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_two_processes_learn_as_one_with_twice_the_batch(tmp_path: Path) -> None:
    mocap = write(tmp_path / "mocap")
    said = train(mocap, tmp_path / "two", 2)
    train(mocap, tmp_path / "one", 1, "--set", "accumulate=2")
    assert said.count("wrote ") == 1
    states = [torch.load(tmp_path / name / "checkpoint.pt", weights_only=True) for name in ("one", "two")]
    for part in ("model", "average"):
        for name, value in states[0][part].items():
            torch.testing.assert_close(value, states[1][part][name], atol=1e-6, rtol=1e-6)
    logs = [json.loads((tmp_path / name / "log.jsonl").read_text()) for name in ("one", "two")]
    for name in ("loss", "mpjpe_mm"):
        assert abs(logs[0][name] - logs[1][name]) <= 1e-5 * abs(logs[0][name])
    train(mocap, tmp_path / "two", 1, "--set", "accumulate=2", "--set", "steps=21", "--resume")
