"""Two programs that write to one target: it holds what one of them wrote, or one is refused."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.conftest import Start, end, kill, names, wait_for
from vidmotion.data.mocap import read_packed
from vidmotion.io.scene.formats import export, load

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such locks")


def test_two_exports(motion: Path, tmp_path: Path, start: Start) -> None:
    scene = load(motion)
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    sources = [f"{number}.mp4" for number in range(2)]
    scenes = [export(replace(scene, source=name), tmp_path / "in" / f"{name}.npz")[0] for name in sources]
    running = [start("export", one, "-o", tmp_path / "out" / "a.json", "-y", "-q") for one in scenes]
    assert [end(process)[0] for process in running] == [0, 0]
    assert names(tmp_path / "out") == ["a.json"]
    assert load(tmp_path / "out" / "a.json").source in sources


@pytest.mark.parametrize("there", [False, True])
def test_two_imports(motions: Path, tmp_path: Path, start: Start, there: bool) -> None:
    out = tmp_path / "out"
    arguments = ("data", "import", "bvh", motions, "-o", out, "-q", *(["-y"] if there else []))
    if there:
        assert end(start(*arguments))[0] == 0
    codes = sorted(end(process)[0] for process in [start(*arguments), start(*arguments)])
    assert codes == [0, 0] if there else codes[0] == 0
    assert len(read_packed(out, None).rows) == 10
    assert names(tmp_path) == ["out"]
    assert names(out) == ["index.csv", "out_pos.npy", "out_root.npy", "out_rot.npy"]


def test_two_runs(mocap: Path, tmp_path: Path, start: Start) -> None:
    run = tmp_path / "run"
    arguments = ("train", "pose3d", "--data", mocap, "-o", run, "--set", "frames=100", "-q")
    first = start(*arguments)
    wait_for((run / "log.jsonl").exists, first)
    code, told = end(start(*arguments, "--resume"))
    assert code == 1
    assert "another training runs in it" in told
    kill(first)
