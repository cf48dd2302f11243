"""Runs stop, resume exactly, log, and refuse what does not fit."""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, BinaryIO

import pytest
import torch
from torch import Tensor

from tests.tiny_recipe import settings, train, trainer
from vidmotion.errors import InputError, MissingExtraError, OutputError, StoppedError
from vidmotion.io.atomic import append
from vidmotion.train import loop
from vidmotion.train.checkpoints import RunFolder
from vidmotion.train.random_draws import Draw


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "LOG_STEPS", 5)
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0)


def same(one: dict[str, Tensor], two: dict[str, Tensor]) -> bool:
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


def log(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("accumulate", [1, 2])
def test_a_killed_run_continues_bit_for_bit(tmp_path: Path, accumulate: int) -> None:
    config = settings(accumulate=accumulate)
    whole = train(tmp_path / "whole", config)

    def killed(draw: Draw) -> float:
        if draw == Draw(7, accumulate - 1):
            raise SystemExit
        return 1.0

    with pytest.raises(SystemExit):
        train(tmp_path / "parts", config, during=killed)
    assert same(whole, train(tmp_path / "parts", config, resume=True))


def test_ctrl_c_saves_the_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 1000)
    whole = train(tmp_path / "whole", settings())

    def interrupt(draw: Draw) -> float:
        if draw.step == 6:
            signal.raise_signal(signal.SIGINT)
        return 1.0

    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(StoppedError, match="stopped at step 8, which is saved; continue with `resume=True`"):
        train(tmp_path / "parts", settings(), during=interrupt)
    assert signal.getsignal(signal.SIGINT) is handler
    assert same(whole, train(tmp_path / "parts", settings(), resume=True))


def test_a_second_ctrl_c_stops_at_once(tmp_path: Path) -> None:
    def interrupt(draw: Draw) -> float:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        return 1.0

    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "run", settings(), during=interrupt)


def test_progress_and_log(tmp_path: Path) -> None:
    reports: list[tuple[int, dict[str, float]]] = []
    train(tmp_path / "run", settings(), report=lambda step, values: reports.append((step, values)))
    assert [step for step, _ in reports] == list(range(13))
    assert reports[4][1] == {}
    assert reports[5][1].keys() == {"loss", "error", "lr", "frames_per_s"}
    first, second = log(tmp_path / "run")
    assert (first["step"], second["step"]) == (5, 10)
    assert first["loss"] == pytest.approx(reports[5][1]["loss"], rel=1e-5)


def test_tensorboard_gets_the_same_values_where_it_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(tmp_path / "with", settings())
    assert len(list((tmp_path / "with").glob("events.out.tfevents.*"))) == 1
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    train(tmp_path / "without", settings())
    assert sorted(path.name for path in (tmp_path / "without").iterdir()) == ["checkpoint.pt", "log.jsonl"]


def test_a_missing_accelerate_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(MissingExtraError, match=r"training needs accelerate: pip install 'vidmotion\[train\]'"):
        train(tmp_path / "run", settings())


def test_bf16_keeps_weights_in_fp32(tmp_path: Path) -> None:
    half, full = (train(tmp_path / name, settings(precision=name)) for name in ("bf16", "fp32"))
    assert not same(half, full)
    for name, value in half.items():
        assert value.dtype == torch.float32
        torch.testing.assert_close(value, full[name], atol=0.02, rtol=0.02)


def test_a_frozen_encoder_stays(tmp_path: Path) -> None:
    config = settings(encoder_lr=0.0)
    before = {name: value.clone() for name, value in trainer(tmp_path / "run", config).model.state_dict().items()}
    after = train(tmp_path / "run", config)
    changed = {name.split(".")[0] for name, value in after.items() if not torch.equal(value, before[name])}
    assert changed == {"head"}


def test_a_loss_that_is_not_finite_is_never_saved(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with pytest.raises(InputError, match="the loss is not finite at step 6; lower lr and continue with `resume=True`"):
        train(run, settings(), during=lambda draw: float("nan") if draw.step == 6 else 1.0)
    saved = torch.load(run / "checkpoint.pt", weights_only=True)
    assert saved["step"] == 6
    assert all(torch.isfinite(tensor).all() for tensor in saved["model"].values())
    train(run, settings(lr=0.001), resume=True)
    assert torch.load(run / "checkpoint.pt", weights_only=True)["step"] == 12


def test_runs_are_not_mixed(tmp_path: Path) -> None:
    train(tmp_path / "run", settings(steps=1))
    with pytest.raises(InputError, match="holds a run already; continue it with `resume=True`"):
        train(tmp_path / "run", settings(steps=1))
    with pytest.raises(InputError, match="no checkpoint to resume"):
        train(tmp_path / "none", settings(steps=1), resume=True)
    with pytest.raises(InputError, match="belongs to another network; check preset"):
        trainer(tmp_path / "run", settings(steps=2), resume=True, width=16)


def test_a_resumed_run_keeps_its_settings(tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(run, settings(steps=1))
    for changes, message in (
        ({"seed": 1}, r"was trained with seed 0; set seed to that as before"),
        ({"optimizer": "adamw"}, "was trained with optimizer muon"),
        ({"accumulate": 2}, "was trained with accumulate x processes = 1, this is 2"),
    ):
        with pytest.raises(InputError, match=message):
            train(run, settings(steps=2, **changes), resume=True)
    train(run, settings(steps=2, decay=0.5, ema=0.5), resume=True)


def test_the_oldest_checkpoints_hold_only_their_seed(tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(run, settings(steps=1))
    state = torch.load(run / "checkpoint.pt", weights_only=True)
    del state["config"], state["micros"]
    torch.save(state, run / "checkpoint.pt")
    train(run, settings(steps=2, clip_norm=2.0), resume=True)


def test_steps_after_the_checkpoint_leave_the_log(tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(run, settings(steps=5))
    with (run / "log.jsonl").open("a") as file:
        file.write('{"step": 10, "loss": 1}\n{"step": 15, "lo')
    train(run, settings(steps=10), resume=True)
    assert [line["step"] for line in log(run)] == [5, 10]
    assert "time" in log(run)[1]


@pytest.mark.parametrize("name", ["log.jsonl", "weights.safetensors"])
def test_a_users_own_file_is_not_taken_for_a_run(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(InputError, match=f"holds {name} and no checkpoint; name another folder"):
        train(tmp_path, settings(steps=1))
    assert (tmp_path / name).read_text() == "mine"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such lock")
def test_two_runs_in_one_folder_are_refused(tmp_path: Path) -> None:
    run = RunFolder.open(tmp_path / "run", resume=False)
    with run.locked(), pytest.raises(OutputError, match="another training runs in it"), run.locked():
        pytest.fail("two runs")
    with run.locked():
        pass


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has such a device")
@pytest.mark.parametrize("name", ["checkpoint.pt", "log.jsonl"])
def test_a_full_disk_is_one_line_and_keeps_the_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    run = tmp_path / "run"
    train(run, settings(steps=5))
    opened = Path.open

    def full(path: Path, *arguments: Any) -> Any:
        return opened(Path("/dev/full") if path.suffix == ".part" else path, *arguments)

    def append_to_full(file: BinaryIO, line: bytes) -> None:
        with Path("/dev/full").open("wb", buffering=0) as device:
            append(device, line)

    with monkeypatch.context() as patched:
        if name == "checkpoint.pt":
            patched.setattr(Path, "open", full)
        else:
            patched.setattr("vidmotion.train.logs.append", append_to_full)
        with pytest.raises(OutputError, match=f"{name}: the disk is full; "):
            train(run, settings(steps=20), resume=True)
    assert sorted(path.name for path in run.iterdir() if "tfevents" not in path.name) == ["checkpoint.pt", "log.jsonl"]
    train(run, settings(steps=20), resume=True)
    assert [line["step"] for line in log(run)] == [5, 10, 15, 20]


@pytest.mark.parametrize("content", [b"", b"damaged", None])
def test_a_damaged_checkpoint_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "run" / "checkpoint.pt"
    train(path.parent, settings(steps=1))
    path.write_bytes(path.read_bytes()[:2000] if content is None else content)
    with pytest.raises(InputError, match=r"checkpoint\.pt is damaged; train again in another folder"):
        train(path.parent, settings(steps=2), resume=True)
    torch.save([1], path)
    with pytest.raises(InputError, match="is not the checkpoint of a run"):
        train(path.parent, settings(steps=2), resume=True)


def test_a_run_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(OutputError, match=r"cannot be made .*; name another folder"):
            train(folder, settings(steps=1))
