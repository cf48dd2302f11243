"""`vidmotion eval`, end to end on tiny data."""

import json
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from tests import tiny_footage, tiny_mocap
from vidmotion.cli.main import app
from vidmotion.errors import InputError, WeightsError
from vidmotion.model.checkpoint import save_network
from vidmotion.model.dstformer import DSTformer, DSTformerConfig
from vidmotion.model.heads import HeadConfig
from vidmotion.model.network import MotionNetwork


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    heads = (
        HeadConfig("action", 8, classes=("dance", "walk")),
        HeadConfig("embedding", 8),
        HeadConfig("mesh", 8, body="freebody"),
    )
    encoder = DSTformer(DSTformerConfig(16, 16, 1, 2, 2.0, 17, 243))
    save_network(MotionNetwork(encoder, heads), tmp_path / "w.safetensors", {})
    return tmp_path / "w.safetensors"


def run(weights: Path, head: str, *folders: Path) -> dict[str, dict]:
    report = weights.with_suffix(".json")
    data = [part for folder in folders for part in ("--data", str(folder))]
    done = CliRunner().invoke(app, ["eval", head, *data, "--weights", str(weights), "--json", str(report)])
    if done.exception is not None:
        raise done.exception
    return json.loads(report.read_text())["data"]


def test_lifting_is_measured_on_both_kinds_of_data(weights: Path, tmp_path: Path) -> None:
    store, mocap = tiny_footage.write(tmp_path / "store"), tiny_mocap.write_with_rotations(tmp_path / "mocap")
    found = run(weights, "pose3d", store, mocap)
    assert list(found) == ["store, detected", "mocap, simulated noise", "mocap, exact 2D"]
    seen = found["store, detected"]
    assert seen["total"]["frames"] == 7 * tiny_footage.FRAMES
    figures = seen["total"]["figures"]
    assert figures["p_mpjpe"]["value"] < figures["n_mpjpe"]["value"] <= figures["mpjpe"]["value"] + 1e-6
    assert figures["mpjpe"]["low"] <= figures["mpjpe"]["value"] <= figures["mpjpe"]["high"]
    assert set(seen["classes"]) == {"walk", "jump", "unknown"}
    assert seen["joints"]["root"] == 0


def test_folders_of_one_name_are_told_apart(weights: Path, tmp_path: Path) -> None:
    one, other = (tiny_footage.write(tmp_path / part / "test") for part in "ab")
    assert list(run(weights, "action", one, other)) == [str(one), str(other)]


def test_actions_are_measured(weights: Path, tmp_path: Path) -> None:
    found = run(weights, "action", tiny_footage.write(tmp_path / "store"))["store"]
    assert found["left_out"] == 4  # two jump, two are called nothing
    assert set(found["confusion"]) == {"walk"}
    assert found["similarity"] == {}  # one class alone has two clips
    with pytest.raises(InputError, match="has no clip of a class that the network knows: dance, walk"):
        run(weights, "action", tiny_mocap.write(tmp_path / "mocap"))


def test_bodies_are_measured_beside_one_that_stands(weights: Path, tmp_path: Path) -> None:
    store = tiny_footage.write(tmp_path / "store", joints_of=tiny_footage.body_joints_of)
    found = run(weights, "mesh", store)
    assert list(found) == ["store, mean body, standing", "store, network"]
    for one in found.values():
        assert 0 < one["total"]["figures"]["p_mpjpe"]["value"] <= one["total"]["figures"]["mpjpe"]["value"]


def test_a_head_that_is_not_there_is_told(tmp_path: Path) -> None:
    save_network(MotionNetwork(DSTformer(DSTformerConfig(16, 16, 1, 2, 2.0, 17, 243))), tmp_path / "w.safetensors", {})
    with pytest.raises(WeightsError, match=r"has no head 'mesh' \(it has pose3d\); train one with `train mesh`"):
        run(tmp_path / "w.safetensors", "mesh", tiny_footage.write(tmp_path / "store"))
