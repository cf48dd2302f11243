"""The training loop: steps of micro-batches, gradients, moving average, checkpoints, log.

A run has a folder: `checkpoint.pt` (tensors and numbers only), `log.jsonl` (a line every few steps) and, at the end,
`weights.safetensors`. A killed run continues from its last checkpoint with the same result as without the
interruption, because batches depend on seed, step and number alone. Micro-batches 0 .. accumulate * processes - 1 make
up a step, so that more processes with fewer micro-batches each learn the same. Does not depend on the task.
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
from vidmotion.train.logs import Means, RunLog
from vidmotion.train.optimizers import IsEncoder, freeze, optimizers, rate
from vidmotion.train.random_draws import Draw

StepLoss = Callable[[nn.Module, Draw], tuple[Tensor, dict[str, Tensor]]]
"""From network and micro-batch to the loss and named values for the log, detached. It calls the network itself and not
its methods, because gradients of several processes are shared in that call."""
StepCallback = Callable[[int, dict[str, float]], None]
"""Called after each step with the number of steps done and the values that were logged last."""

CHECKPOINT_SECONDS = 120
LOG_STEPS = 20


class Trainer:
    """A network with its optimisers and the moving average of its weights, on a device."""

    def __init__(
        self, model: nn.Module, config: RunConfig, folder: RunFolder, device: torch.device, is_encoder: IsEncoder
    ) -> None:
        """Take a network. The loss uses each of its parameters, or the parameter's `requires_grad` is off.

        Args:
            device: the kind of device; `self.device` is the one of this process.
            is_encoder: whether the parameter of that name learns at `config.encoder_lr`.

        Raises:
            MissingExtraError: Accelerate is not installed.
        """
        self.config, self.folder, self.step = config, folder, 0
        self._accelerator = connect(config, device)
        # With several processes Accelerate gives "cpu:0", which torch.load does not accept.
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

    def run(self, step_loss: StepLoss, report: StepCallback, begun: Callable[[], None] = lambda: None) -> nn.Module:
        """Train to the last step.

        Args:
            begun: called in the main process when the first checkpoint is written.

        Returns:
            The network with the moving average of its weights.

        Raises:
            InputError: the loss is not finite any more; the last checkpoint is from before that step.
            StoppedError: Ctrl-C; the last step is saved.
        """
        self.network.train()
        self.save()  # so that a full disk is noticed now
        if self.is_main:
            begun()
        with interruptible() as asked, RunLog(self.folder.log, self.step) if self.is_main else nullcontext() as log:
            self._steps(step_loss, report, asked, log)
        # A process that ends while another one still writes would break their connection.
        self._accelerator.wait_for_everyone()
        self._accelerator.end_training()
        result: nn.Module = self.average.module
        return result.eval()

    def _steps(self, step_loss: StepLoss, report: StepCallback, asked: Callable[[], bool], log: RunLog | None) -> None:
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
                raise StoppedError(f"stopped at step {self.step}, which is saved; continue with `resume=True`")
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
        # Checked at the end of the step, so that the CPU waits for the device once; a bad step is never saved.
        seen = self._gather(values | {"norm": norm, "stop": torch.tensor(float(stop), device=self.device)})
        stopped = seen.pop("stop") > 0
        if not math.isfinite(seen["loss"]) or not math.isfinite(seen.pop("norm")):
            raise InputError(f"the loss is not finite at step {self.step}; {self._advice()}")
        self.step += 1
        return seen, stopped

    def _backward(self, step_loss: StepLoss) -> dict[str, Tensor]:
        """Compute the gradients of all micro-batches of a step; returns the means of this process's values."""
        sums: dict[str, Tensor] = {}
        share = 1 / self.config.accumulate
        for micro in range(self.config.accumulate):
            last = micro == self.config.accumulate - 1
            draw = Draw(self.step, micro * self._accelerator.num_processes + self._accelerator.process_index)
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

    def _advice(self) -> str:
        return "lower lr and continue with `resume=True`" if self.folder.checkpoint.exists() else "lower lr"

    def save(self) -> None:
        """Write the checkpoint, if this is the main process."""
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
            InputError: there is no checkpoint, it is damaged, or it belongs to another network or other settings.
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
