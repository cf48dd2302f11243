"""The training loop: optimisers, learning rate, moving average, checkpoints, log.

A run lives in a folder: `checkpoint.pt` (tensors and numbers only), `log.jsonl` (a line every few steps)
and, at the end, `weights.safetensors`. A killed run continues from its last checkpoint as if it had not
been killed: batches depend on seed and step alone. Knows nothing about the task.
"""

from __future__ import annotations

import json
import os
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
        """Train to the last step; the moving average of the network comes back."""
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
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip_norm)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        self.average.update_parameters(self.model)
        self.step += 1
        return float(total.detach()), float(error)

    def save(self) -> None:
        """Write the checkpoint beside the last one, then put it in its place."""
        state = {
            "step": self.step,
            "seed": self.config.seed,
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
            InputError: there is none, or it belongs to another network or seed.
        """
        try:
            state: dict[str, Any] = torch.load(self.folder.checkpoint, map_location=device, weights_only=True)
        except FileNotFoundError:
            raise InputError(f"{self.folder.path} holds no checkpoint to resume; start without --resume") from None
        if state["seed"] != self.config.seed:
            raise InputError(f"{self.folder.checkpoint} was trained with seed {state['seed']}; pass --set seed=...")
        try:
            self.model.load_state_dict(state["model"])
        except RuntimeError:
            raise InputError(f"{self.folder.checkpoint} belongs to another network; check preset") from None
        self.average.load_state_dict(state["average"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.step = state["step"]

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
