"""Training learns, stops, resumes exactly, and refuses what does not fit."""

import dataclasses
import json
from pathlib import Path

import pytest
import torch

from tests import tiny_footage
from tests.tiny_mocap import write
from vidmotion.data.augment import NoiseRange
from vidmotion.data.footage import FootageSampler
from vidmotion.data.mocap import read_mocap
from vidmotion.data.store import read_store
from vidmotion.errors import InputError, OutputError, WeightsError
from vidmotion.evaluate.pose3d import measure, measure_footage, network_lifter
from vidmotion.model import dstformer
from vidmotion.model.checkpoint import load_weights
from vidmotion.model.dstformer import DSTformerConfig
from vidmotion.train import loop, optimizers, pose3d
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


def test_footage_and_motion_capture_take_turns(mocap: Path, tmp_path: Path) -> None:
    footage = tiny_footage.write(tmp_path / "footage")
    held_out = FootageSampler(read_store(footage), CPU)
    first = train(mocap, tmp_path / "first", config(steps=1))
    both = train_pose3d([mocap, footage], tmp_path / "both", config(steps=120), CPU, False, lambda *_: None, first)
    errors = [measure_footage(network_lifter(load_weights(path)[0]), held_out).mpjpe for path in (first, both)]
    assert errors[1] < 0.7 * errors[0]


def test_training_begins_with_given_weights(mocap: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = train(mocap, tmp_path / "first", config(steps=20))
    still = config(steps=1)
    still = dataclasses.replace(still, lr=1e-12)
    second = train_pose3d([mocap], tmp_path / "second", still, CPU, False, lambda *_: None, first)
    one, two = (load_weights(path)[0].state_dict() for path in (first, second))
    for name, value in one.items():
        torch.testing.assert_close(value, two[name], atol=2e-3, rtol=2e-3)
    monkeypatch.setitem(dstformer.PRESETS, "tiny", DSTformerConfig(16, 16, 1, 2, 2.0, 17, 243))
    with pytest.raises(WeightsError, match="is not of preset tiny"):
        train_pose3d([mocap], tmp_path / "third", still, CPU, False, lambda *_: None, first)


def test_a_killed_run_continues_bit_for_bit(mocap: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0)
    whole = train(mocap, tmp_path / "whole", config(steps=12))
    advance = loop.Trainer._advance

    def killed(trainer: loop.Trainer, *given: object) -> object:
        if trainer.step == 7:
            raise KeyboardInterrupt
        return advance(trainer, *given)  # type: ignore[arg-type]

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


def test_a_loss_that_is_not_finite_is_never_saved(mocap: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0)
    right, run = pose3d.loss, tmp_path / "run"

    def wrong(predicted: torch.Tensor, batch: pose3d.Batch, settings: Pose3DConfig) -> tuple[torch.Tensor, ...]:
        total, error = right(predicted, batch, settings)
        return (total * float("nan") if len(calls) == 7 else total), error

    calls: list[None] = []
    monkeypatch.setattr(pose3d, "loss", lambda *given: (calls.append(None), wrong(*given))[1])
    with pytest.raises(InputError, match="the loss is not finite at step 6; lower lr, then --resume"):
        train(mocap, run, config(steps=12))
    saved = torch.load(run / "checkpoint.pt", weights_only=True)
    assert saved["step"] == 6
    assert all(torch.isfinite(tensor).all() for tensor in saved["model"].values())
    gentler = dataclasses.replace(config(steps=12), lr=0.001)
    train(mocap, run, gentler, resume=True)
    assert torch.load(run / "checkpoint.pt", weights_only=True)["step"] == 12


def test_a_resumed_run_keeps_its_settings(mocap: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(mocap, run, config(steps=1))
    for changes, told in (
        ({"norm_weight": 1.0}, r"was trained with norm_weight 0\.5; pass --set norm_weight=\.\.\. as before"),
        ({"speed": (1.0, 1.0)}, r"was trained with speed \[0\.6, 1\.5\]"),
        ({"noise": NoiseRange(bias=0.5)}, r"was trained with noise\.bias 0\.016"),
    ):
        with pytest.raises(InputError, match=told):
            train(mocap, run, config(steps=2, **changes), resume=True)
    train(mocap, run, dataclasses.replace(config(steps=2, decay=0.5), ema=0.5), resume=True)


def test_an_older_checkpoint_knows_its_seed_alone(mocap: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(mocap, run, config(steps=1))
    state = torch.load(run / "checkpoint.pt", weights_only=True)
    del state["config"]
    torch.save(state, run / "checkpoint.pt")
    train(mocap, run, config(steps=2, norm_weight=1.0), resume=True)


def test_steps_after_the_checkpoint_leave_the_log(mocap: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(mocap, run, config(steps=5))
    with (run / "log.jsonl").open("a") as file:
        file.write('{"step": 10, "loss": 1}\n{"step": 15, "lo')
    train(mocap, run, config(steps=10), resume=True)
    log = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in log] == [5, 10]
    assert "time" in log[1]


@pytest.mark.parametrize("content", [b"", b"damaged", None])
def test_a_damaged_checkpoint_is_told(mocap: Path, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "run" / "checkpoint.pt"
    train(mocap, path.parent, config(steps=1))
    path.write_bytes(path.read_bytes()[:5000] if content is None else content)
    with pytest.raises(InputError, match=r"checkpoint\.pt is damaged; train again in another folder"):
        train(mocap, path.parent, config(steps=2), resume=True)
    torch.save([1], path)
    with pytest.raises(InputError, match="is no checkpoint of a run"):
        train(mocap, path.parent, config(steps=2), resume=True)


def test_a_run_folder_that_cannot_be_made(mocap: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(OutputError, match=r"cannot be made .*; name another folder with -o"):
            train(mocap, folder, config(steps=1))


def test_rate_warms_up_holds_and_falls() -> None:
    settings = Pose3DConfig(steps=100, warmup=10, decay=0.5)
    rates = [optimizers.rate(step, settings) for step in (0, 9, 30, 49, 75, 99)]
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
