"""The training loop: steps of micro-batches, gradients, moving average, checkpoints, log.

A run lives in a folder: `checkpoint.pt` (tensors and numbers only), `log.jsonl` (a line every few steps)
and, at the end, `weights.safetensors`. A killed run continues from its last checkpoint as if it had not
been killed: batches depend on seed, step and number alone. Micro-batches 0 .. accumulate * processes - 1
make up a step, so more processes with less to accumulate learn the same. Knows nothing about the task.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable
from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from vidmotion.errors import InputError, StoppedError
from vidmotion.train.checkpoints import RunFolder
from vidmotion.train.config import RunConfig
from vidmotion.train.engine import connect, interruptible, prepare
from vidmotion.train.logs import Means, RunLog, cut_log
from vidmotion.train.optimizers import IsEncoder, freeze, optimizers, rate
from vidmotion.train.random_draws import Draw

StepLoss = Callable[[nn.Module, Draw], tuple[Tensor, dict[str, Tensor]]]
"""Network and micro-batch to the loss and named values for the log, detached. Calls the network, not its methods:
gradients of several processes are shared in the call."""
Report = Callable[[int, dict[str, float]], None]
"""Hears the number of steps done, after each, and what was logged last."""

CHECKPOINT_SECONDS = 120
LOG_STEPS = 20


class Trainer:
    """A network with its optimisers and moving average, on a device."""

    def __init__(
        self, model: nn.Module, config: RunConfig, folder: RunFolder, device: torch.device, is_encoder: IsEncoder
    ) -> None:
        """Take a network, every parameter of which the loss uses, or whose `requires_grad` is off.

        Args:
            device: kind of device; `self.device` is this process's own.
            is_encoder: whether the parameter of that name learns at `config.encoder_lr`.

        Raises:
            MissingExtraError: Accelerate is not installed.
        """
        self.config, self.folder, self.step = config, folder, 0
        self._accelerator = connect(config, device)
        # Among several processes it says cpu:0, which torch.load does not know.
        self.device = device if device.type == "cpu" else self._accelerator.device
        self.is_main = self._accelerator.is_main_process
        self.micros = config.accumulate * self._accelerator.num_processes
        self.model = model.to(self.device)
        freeze(self.model, config, is_encoder)
        self.average = AveragedModel(self.model, multi_avg_fn=get_ema_multi_avg_fn(config.ema))  # type: ignore[no-untyped-call]
        self.network = prepare(self.model, self._accelerator)
        if config.compile:
            self.network.compile()
        self.optimizers = optimizers(self.model, config, is_encoder)
        self.base_rates = [[group["lr"] for group in o.param_groups] for o in self.optimizers]

    def run(self, step_loss: StepLoss, report: Report) -> nn.Module:
        """Train to the last step; the moving average of the network comes back.

        Raises:
            InputError: the loss is not finite any more; the last checkpoint is from before.
            StoppedError: Ctrl-C; the last step is saved.
        """
        self.network.train()
        with interruptible() as asked, RunLog(self.folder.log, self.step) if self.is_main else nullcontext() as log:
            self._steps(step_loss, report, asked, log)
        # Who leaves while another still writes breaks the connection that both hold.
        self._accelerator.wait_for_everyone()
        self._accelerator.end_training()
        result: nn.Module = self.average.module
        return result.eval()

    def _steps(self, step_loss: StepLoss, report: Report, asked: Callable[[], bool], log: RunLog | None) -> None:
        saved, means, shown = time.monotonic(), Means(), dict[str, float]()
        report(self.step, shown)
        while self.step < self.config.steps:
            started = time.monotonic()
            values, stop = self._advance(step_loss, asked())
            means.add(values | {"seconds": time.monotonic() - started})
            if self.step % LOG_STEPS == 0:
                shown = self._shown(means)
                if log is not None:
                    log.write(self.step, shown)
            report(self.step, shown)
            if stop:
                self.save()
                raise StoppedError(f"stopped at step {self.step}, which is saved; go on with --resume")
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                self.save()
                saved = time.monotonic()
        self.save()

    def _shown(self, means: Means) -> dict[str, float]:
        values = means.take()
        frames = self.config.frames * self.micros / max(values.pop("seconds"), 1e-9)
        return values | {"lr": self.config.lr * rate(self.step - 1, self.config), "frames_per_s": frames}

    def _advance(self, step_loss: StepLoss, stop: bool) -> tuple[dict[str, float], bool]:
        """One step; its values, and whether any process was asked to stop."""
        factor = rate(self.step, self.config)
        for optimizer, rates in zip(self.optimizers, self.base_rates, strict=True):
            for group, base in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = base * factor
        values = self._backward(step_loss)
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip_norm)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        self.average.update_parameters(self.model)
        # Looked at last, so that the device is waited for once; what the step has spoilt is never saved.
        seen = self._gather(values | {"norm": norm, "stop": torch.tensor(float(stop), device=self.device)})
        stopped = seen.pop("stop") > 0
        if not math.isfinite(seen["loss"]) or not math.isfinite(seen.pop("norm")):
            raise InputError(f"the loss is not finite at step {self.step}; {self._way_out()}")
        self.step += 1
        return seen, stopped

    def _backward(self, step_loss: StepLoss) -> dict[str, Tensor]:
        """Gradients of all micro-batches of a step; means of what this process saw of it."""
        sums: dict[str, Tensor] = {}
        share = 1 / self.config.accumulate
        for turn in range(self.config.accumulate):
            last = turn == self.config.accumulate - 1
            draw = Draw(self.step, turn * self._accelerator.num_processes + self._accelerator.process_index)
            draw.seed_layers(self.config.seed)
            with nullcontext() if last else self._accelerator.no_sync(self.network):
                loss, values = step_loss(self.network, draw)
                self._accelerator.backward(loss * share)
            for name, value in {"loss": loss.detach(), **values}.items():
                sums[name] = sums.get(name, torch.zeros((), device=self.device)) + value * share
        return sums

    def _gather(self, values: dict[str, Tensor]) -> dict[str, float]:
        """Means over the processes."""
        row = self._accelerator.reduce(torch.stack([value.float() for value in values.values()]), "mean")
        return dict(zip(values, row.tolist(), strict=True))

    def _way_out(self) -> str:
        return "lower lr, then --resume" if self.folder.checkpoint.exists() else "lower lr"

    def save(self) -> None:
        """Write the checkpoint, if this is the process that writes."""
        if not self.is_main:
            return
        self.folder.write(
            {
                "step": self.step,
                "seed": self.config.seed,
                "micros": self.micros,
                "config": dataclasses.asdict(self.config),
                "model": self.model.state_dict(),
                "average": self.average.state_dict(),
                "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            }
        )

    def resume(self) -> None:
        """Continue from the folder's checkpoint.

        Raises:
            InputError: there is none, it is damaged, or it belongs to another network or other settings.
        """
        state = self.folder.read(self.device)
        self.folder.check_settings(state, dataclasses.asdict(self.config), self.micros)
        try:
            self.model.load_state_dict(state["model"])
            self.average.load_state_dict(state["average"])
            for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(saved)
        except (RuntimeError, ValueError):
            raise InputError(f"{self.folder.checkpoint} belongs to another network; check preset") from None
        self.step = state["step"]
        if self.is_main:
            cut_log(self.folder.log, self.step)
