"""A tiny encoder, and jobs for it."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from vidmotion.model import dstformer
from vidmotion.model.dstformer import DSTformerConfig
from vidmotion.train import loop
from vidmotion.train.run import TrainingJob

CPU = torch.device("cpu")
MakeJob = Callable[..., TrainingJob]


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(dstformer.PRESETS, "tiny", DSTformerConfig(32, 32, 1, 2, 2.0, 17, 243))
    monkeypatch.setattr(loop, "LOG_STEPS", 5)


@pytest.fixture
def job(tmp_path: Path, tiny: None) -> MakeJob:
    """A run in a folder of that name."""

    def make(name: str, *data: Path, resume: bool = False, start: Path | None = None) -> TrainingJob:
        return TrainingJob(list(data), tmp_path / name, CPU, resume, lambda step, values: None, start)

    return make
