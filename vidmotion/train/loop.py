"""The training loop: optimisers, learning rate, moving average, checkpoints, log.

A run lives in a folder: `checkpoint.pt` (tensors and numbers only), `log.jsonl` (a line every few steps)
and, at the end, `weights.safetensors`. A killed run continues from its last checkpoint as if it had not
been killed: batches depend on seed and step alone. Knows nothing about the task.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import pickle
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.optim import AdamW, Muon, Optimizer
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from vidmotion.errors import InputError
from vidmotion.model.dstformer import DSTformer
from vidmotion.train.config import Pose3DConfig

StepLoss = Callable[[DSTformer, int], tuple[Tensor, Tensor]]
"""Network and step to the loss and the error in metres."""
Report = Callable[[int, dict[str, float]], None]

CHECKPOINT_SECONDS = 120
LOG_STEPS = 20
MAY_CHANGE = frozenset({"steps", "decay", "ema", "lr"})
"""Settings that a resumed run need not share with the one before: to extend it, or to save it."""


@dataclass(frozen=True)
class RunFolder:
    """Where a run keeps its files."""

    path: Path

    @property
    def checkpoint(self) -> Path:
        return self.path / "checkpoint.pt"

    @property
    def log(self) -> Path:
        return self.path / "log.jsonl"

    @property
    def weights(self) -> Path:
        return self.path / "weights.safetensors"


class Trainer:
    """A network with its optimisers and moving average."""

    def __init__(self, model: DSTformer, config: Pose3DConfig, folder: RunFolder) -> None:
        self.model, self.config, self.folder = model, config, folder
        self.step = 0
        self.average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(config.ema))  # type: ignore[no-untyped-call]
        self.optimizers = _optimizers(model, config)
        self.base_rates = [[group["lr"] for group in o.param_groups] for o in self.optimizers]

    def run(self, step_loss: StepLoss, report: Report) -> DSTformer:
        """Train to the last step; the moving average of the network comes back.

        Raises:
            InputError: the loss is not finite any more; the last checkpoint is from before.
        """
        self.model.train()
        saved, means = time.monotonic(), _Means()
        while self.step < self.config.steps:
            total, error = self._advance(step_loss)
            means.add(loss=total, mpjpe_mm=1000 * error)
            if self.step % LOG_STEPS == 0:
                values = means.take()
                self._log(values)
                report(self.step, values)
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                self.save()
                saved = time.monotonic()
        self.save()
        result = self.average.module
        assert isinstance(result, DSTformer)
        return result.eval()

    def _advance(self, step_loss: StepLoss) -> tuple[float, float]:
        factor = _rate(self.step, self.config)
        for optimizer, rates in zip(self.optimizers, self.base_rates, strict=True):
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * factor
        total, error = step_loss(self.model, self.step)
        total.backward()  # type: ignore[no-untyped-call]
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip_norm)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        self.average.update_parameters(self.model)
        # Looked at last, so that the device is waited for once; what the step has spoilt is never saved.
        if not math.isfinite(total.item()) or not math.isfinite(norm.item()):
            raise InputError(f"the loss is not finite at step {self.step}; {self._way_out()}")
        self.step += 1
        return total.item(), float(error)

    def _way_out(self) -> str:
        return "lower lr, then --resume" if self.folder.checkpoint.exists() else "lower lr"

    def save(self) -> None:
        """Write the checkpoint beside the last one, then put it in its place."""
        state = {
            "step": self.step,
            "seed": self.config.seed,
            "config": dataclasses.asdict(self.config),
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
        }
        temporary = self.folder.checkpoint.with_suffix(".part")
        torch.save(state, temporary)
        os.replace(temporary, self.folder.checkpoint)

    def resume(self, device: torch.device) -> None:
        """Continue from the folder's checkpoint.

        Raises:
            InputError: there is none, it is damaged, or it belongs to another network or other settings.
        """
        state = self._read(device)
        self._check_settings(state)
        try:
            self.model.load_state_dict(state["model"])
            self.average.load_state_dict(state["average"])
            for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(saved)
        except (RuntimeError, ValueError):
            raise InputError(f"{self.folder.checkpoint} belongs to another network; check preset") from None
        self.step = state["step"]
        self._cut_log()

    def _read(self, device: torch.device) -> dict[str, Any]:
        path = self.folder.checkpoint
        try:
            state = torch.load(path, map_location=device, weights_only=True)
        except FileNotFoundError:
            raise InputError(f"{self.folder.path} holds no checkpoint to resume; start without --resume") from None
        except torch.OutOfMemoryError:
            raise
        except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError):
            raise InputError(f"{path} is damaged; train again in another folder") from None
        if not isinstance(state, dict) or not {"step", "seed", "model", "average", "optimizers"} <= state.keys():
            raise InputError(f"{path} is no checkpoint of a run; train again in another folder")
        return state

    def _check_settings(self, state: dict[str, Any]) -> None:
        """Refuse other settings than the checkpoint's; older checkpoints know their seed alone."""
        before, now = _flat(state.get("config", {"seed": state["seed"]})), _flat(dataclasses.asdict(self.config))
        for name, value in before.items():
            if name in now and name not in MAY_CHANGE and now[name] != value:
                shown = list(value) if isinstance(value, tuple) else value
                raise InputError(
                    f"{self.folder.checkpoint} was trained with {name} {shown}; pass --set {name}=... as before"
                )

    def _cut_log(self) -> None:
        """Drop what was logged after the checkpoint: those steps come again."""
        if not self.folder.log.exists():
            return
        lines = self.folder.log.read_text(encoding="utf-8").splitlines(keepends=True)
        temporary = self.folder.log.with_suffix(".part")
        temporary.write_text("".join(line for line in lines if _logged_step(line) <= self.step), encoding="utf-8")
        os.replace(temporary, self.folder.log)

    def _log(self, values: dict[str, float]) -> None:
        with self.folder.log.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": self.step, "time": round(time.time()), **values}) + "\n")


class _Means:
    def __init__(self) -> None:
        self.sums: dict[str, float] = {}
        self.count = 0

    def add(self, **values: float) -> None:
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0.0) + value
        self.count += 1

    def take(self) -> dict[str, float]:
        values = {name: round(total / self.count, 4) for name, total in self.sums.items()}
        self.sums, self.count = {}, 0
        return values


def _flat(settings: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Settings by their full names, such as `noise.bias`."""
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return flat


def _logged_step(line: str) -> float:
    """The step of a line of the log; a line that was cut off while it was written is of no step."""
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return math.inf


def _optimizers(model: DSTformer, config: Pose3DConfig) -> list[Optimizer]:
    # Muon learns the same in about a fifth fewer steps than AdamW here: see benchmarks/LOG.md.
    matrices: list[Tensor] = []
    others: list[Tensor] = []
    for name, parameter in model.named_parameters():
        (matrices if name.startswith("blocks_") and parameter.ndim == 2 else others).append(parameter)
    return [
        Muon(matrices, lr=config.lr, weight_decay=config.weight_decay, adjust_lr_fn="match_rms_adamw"),
        AdamW(others, lr=config.lr / 2, weight_decay=config.weight_decay),
    ]


def _rate(step: int, config: Pose3DConfig) -> float:
    """Warm up, hold, fall to zero: the held part is the same for any number of steps, so a run can be extended."""
    falling = max(1.0, config.steps * config.decay)
    return min(1.0, (step + 1) / config.warmup, (config.steps - step) / falling)
