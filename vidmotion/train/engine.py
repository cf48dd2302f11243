"""Devices, processes and precision by Hugging Face Accelerate, and how Ctrl-C stops a run.

`torchrun` starts a process for each GPU. The processes share the work of a step and hold the same weights.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import torch
from torch import nn

from vidmotion.errors import MissingExtraError
from vidmotion.train.config import RunConfig

if TYPE_CHECKING:
    from accelerate import Accelerator


def connect(config: RunConfig, device: torch.device) -> Accelerator:
    """Join the other processes, if torchrun started any, on devices of that kind.

    Raises:
        MissingExtraError: Accelerate is not installed.
    """
    try:
        from accelerate import Accelerator
        from accelerate.state import AcceleratorState
    except ImportError:
        raise MissingExtraError("training needs accelerate: pip install 'vidmotion[train]'") from None
    # Accelerate keeps one state for the whole process, but a second run may be on another device.
    AcceleratorState._reset_state(reset_partial_state=True)
    precision = "bf16" if config.precision == "bf16" else "no"
    return Accelerator(cpu=device.type == "cpu", mixed_precision=precision)


def prepare(model: nn.Module, accelerator: Accelerator) -> nn.Module:
    """The network as the processes train it together: calling it shares the gradients among them."""
    if accelerator.num_processes > 1 and accelerator.device.type == "cuda":
        model = nn.SyncBatchNorm.convert_sync_batchnorm(model)  # type: ignore[no-untyped-call]
    prepared: nn.Module = accelerator.prepare_model(model)
    return prepared


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Gives a function that returns whether Ctrl-C was pressed. A second Ctrl-C stops at once."""
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    asked = False
    before = signal.getsignal(signal.SIGINT) or signal.default_int_handler

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)
