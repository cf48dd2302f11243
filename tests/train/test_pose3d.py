"""Training learns, stops, resumes exactly, and refuses what does not fit."""

import json
from pathlib import Path

import pytest
import torch

from tests.tiny_mocap import write
from vidmotion.data.mocap import read_mocap
from vidmotion.errors import InputError
from vidmotion.evaluate.pose3d import measure, network_lifter
from vidmotion.model import dstformer
from vidmotion.model.checkpoint import load_weights
from vidmotion.model.dstformer import DSTformerConfig
from vidmotion.train import loop
from vidmotion.train.config import Pose3DConfig, read_config
from vidmotion.train.pose3d import train_pose3d

CPU = torch.device("cpu")


@pytest.fixture
def mocap(tmp_path: Path) -> Path:
    return write(tmp_path / "mocap")


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(dstformer.PRESETS, "tiny", DSTformerConfig(32, 32, 1, 2, 2.0, 17, 243))
    monkeypatch.setattr(loop, "LOG_STEPS", 5)


def config(**changes: object) -> Pose3DConfig:
    return Pose3DConfig(preset="tiny", frames=54, warmup=2, ema=0.9, lr=0.01, **changes)  # type: ignore[arg-type]


def train(mocap: Path, folder: Path, settings: Pose3DConfig, resume: bool = False) -> Path:
    return train_pose3d([mocap], folder, settings, CPU, resume, lambda step, values: None)


def test_training_lowers_the_error_on_held_out_clips(mocap: Path, tmp_path: Path) -> None:
    before, after = (train(mocap, tmp_path / str(steps), config(steps=steps)) for steps in (1, 150))
    held_out = read_mocap(mocap, "test")
    errors = [measure(network_lifter(load_weights(path)[0]), held_out, None).mpjpe for path in (before, after)]
    assert errors[1] < 0.7 * errors[0]
    log = [json.loads(line) for line in (tmp_path / "150" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in log] == list(range(5, 151, 5))


def test_a_killed_run_continues_bit_for_bit(mocap: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0)
    whole = train(mocap, tmp_path / "whole", config(steps=12))
    advance = loop.Trainer._advance

    def killed(trainer: loop.Trainer, step_loss: loop.StepLoss) -> tuple[float, float]:
        if trainer.step == 7:
            raise KeyboardInterrupt
        return advance(trainer, step_loss)

    with monkeypatch.context() as patch:
        patch.setattr(loop.Trainer, "_advance", killed)
        with pytest.raises(KeyboardInterrupt):
            train(mocap, tmp_path / "parts", config(steps=12))
    parts = train(mocap, tmp_path / "parts", config(steps=12), resume=True)
    one, two = (load_weights(path)[0].state_dict() for path in (whole, parts))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_runs_are_not_mixed(mocap: Path, tmp_path: Path) -> None:
    train(mocap, tmp_path / "run", config(steps=1))
    with pytest.raises(InputError, match="holds a run already; continue it with --resume"):
        train(mocap, tmp_path / "run", config(steps=1))
    with pytest.raises(InputError, match="no checkpoint to resume"):
        train(mocap, tmp_path / "none", config(steps=1), resume=True)
    with pytest.raises(InputError, match="was trained with seed 0"):
        train(mocap, tmp_path / "run", config(steps=2, seed=1), resume=True)
    with pytest.raises(InputError, match="unknown preset 'huge'; known: small, lite, base"):
        train(mocap, tmp_path / "huge", Pose3DConfig(preset="huge"))


def test_rate_warms_up_holds_and_falls() -> None:
    settings = Pose3DConfig(steps=100, warmup=10, decay=0.5)
    rates = [loop._rate(step, settings) for step in (0, 9, 30, 49, 75, 99)]
    assert rates == pytest.approx([0.1, 1.0, 1.0, 1.0, 0.5, 0.02])


def test_settings_come_from_file_and_pairs(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text("steps = 5\nlr = 1\n[noise]\nbias = 0.5\nsigma = [0.1, 0.2]\n")
    settings = read_config(Pose3DConfig, file, ["steps=7", "camera.roll=2", "preset=lite"])
    assert (settings.steps, settings.lr, settings.preset) == (7, 1.0, "lite")
    assert (settings.noise.bias, settings.noise.sigma, settings.camera.roll) == (0.5, (0.1, 0.2), 2.0)


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("stepz=3", "unknown setting stepz; known: preset"),
        ("noise.bas=3", "unknown setting noise.bas"),
        ("steps=many", "setting steps: 'many' does not fit"),
        ("steps", "wanted KEY=VALUE"),
        ("steps.x=1", "does not fit"),
        ("speed=[1]", "setting speed"),
    ],
)
def test_wrong_settings_are_named(pair: str, message: str) -> None:
    with pytest.raises(InputError, match=message.replace("[", r"\[")):
        read_config(Pose3DConfig, None, [pair])
