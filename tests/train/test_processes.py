"""Processes that torchrun starts share a step's work, and learn what one process learns."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

ROOT = Path(__file__).parents[2]


def train(folder: Path, processes: int, accumulate: int, steps: int) -> dict[str, Any]:
    """The checkpoint after a run of the tiny recipe."""
    launch = ["torch.distributed.run", "--standalone", f"--nproc-per-node={processes}", "-m"] if processes > 1 else []
    command = [sys.executable, "-m", *launch, "tests.tiny_recipe", str(folder), str(accumulate), str(steps)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return torch.load(folder / "checkpoint.pt", weights_only=True)


def test_two_processes_learn_as_one_with_twice_the_batch(tmp_path: Path) -> None:
    runs = ((tmp_path / "one", 1, 2), (tmp_path / "two", 2, 1))
    for run in runs:
        train(*run, 20)
    one, two = (json.loads((folder / "log.jsonl").read_text()) for folder, *_ in runs)
    assert (one["loss"], one["error"]) == pytest.approx((two["loss"], two["error"]), abs=1e-6)
    resumed = [train(*run, 25) for run in runs]
    for part in ("model", "average"):
        for name, value in resumed[0][part].items():
            torch.testing.assert_close(resumed[1][part][name], value, atol=1e-6, rtol=1e-6)
