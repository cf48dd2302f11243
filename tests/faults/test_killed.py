"""Programs that are killed at random moments: nothing wrong is believed afterwards, and the next one works."""

import json
import os
import random
import time
from pathlib import Path

import pytest
import torch

from tests.faults.conftest import Start, age, end, kill, names, wait_for
from tests.tiny_recipe import settings, train
from vidmotion.data.mocap import read_packed
from vidmotion.io.scene.formats import load

pytestmark = pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")

MOMENTS = 3


def test_an_import_is_complete_or_not_there(motions: Path, tmp_path: Path, start: Start) -> None:
    rng, out = random.Random(0), tmp_path / "out"
    for _ in range(MOMENTS):
        process = start("data", "import", "bvh", motions, "-o", out, "-y", "-q")
        wait_for(lambda: [name for name in names(tmp_path) if name.endswith(".part")] or out.exists(), process)
        time.sleep(rng.uniform(0, 1))
        kill(process)
        if out.exists() and "index.csv" in names(out):
            assert len(read_packed(out, None).rows) == 10
    for folder in (tmp_path, out):
        if folder.exists():
            age(folder)
    assert end(start("data", "import", "bvh", motions, "-o", out, "-y", "-q"))[0] == 0
    assert len(read_packed(out, None).rows) == 10
    assert not [path for path in tmp_path.rglob("*.part") if path.parent == out]


def test_an_export_is_complete_or_not_there(motion: Path, tmp_path: Path, start: Start) -> None:
    rng = random.Random(1)
    suffixes = ("json", "npz", "csv", "trc")
    wanted = [option for suffix in suffixes for option in ("-o", tmp_path / f"out.{suffix}")]
    for _ in range(MOMENTS):
        process = start("export", motion, *wanted, "-y", "-q")
        wait_for(lambda: names(tmp_path), process)
        time.sleep(rng.uniform(0, 0.5))
        kill(process)
        for path in tmp_path.glob("out.*"):
            if path.suffix in (".json", ".npz"):
                load(path)
            else:
                assert path.read_bytes().endswith(b"\n")
    age(tmp_path)
    assert end(start("export", motion, *wanted, "-y", "-q"))[0] == 0
    assert names(tmp_path) == ["out.0.trc", "out.1.trc", "out.csv", "out.json", "out.npz"]


def test_a_run_continues_where_its_checkpoint_is(tmp_path: Path, start: Start) -> None:
    """A killed run resumes to the same weights, its log has no torn line, and no lock stays."""
    rng, run, steps = random.Random(2), tmp_path / "run", 60
    for _ in range(2):
        process = start(run, 1, 1_000_000, module="tests.tiny_recipe")
        wait_for((run / "checkpoint.pt").exists, process)
        time.sleep(rng.uniform(0.5, 1.5))
        kill(process)
        assert torch.load(run / "checkpoint.pt", weights_only=True)["step"] >= 0
    with (run / "log.jsonl").open("ab") as file:
        file.write(b'{"step": 20, "lo')
    age(run)
    config = settings(steps=steps)
    whole = train(tmp_path / "whole", config)
    state = torch.load(run / "checkpoint.pt", weights_only=True)
    state["config"] = torch.load(tmp_path / "whole" / "checkpoint.pt", weights_only=True)["config"]
    assert state["step"] == 0  # the next one would follow after two minutes
    torch.save(state, run / "checkpoint.pt")
    resumed = train(run, config, resume=True)
    assert all(torch.equal(resumed[name], whole[name]) for name in whole)
    logged = [json.loads(line)["step"] for line in (run / "log.jsonl").read_text().splitlines()]
    assert logged == [20, 40, 60]
    assert not list(run.glob("*.part"))
