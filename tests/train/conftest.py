"""A tiny encoder, and jobs for it."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch

from vidmotion.model import dstformer
from vidmotion.model.dstformer import DSTformerConfig
from vidmotion.train import loop
from vidmotion.train.run import TrainingJob

CPU = torch.device("cpu")
MakeJob = Callable[..., TrainingJob]


WEIGHTS = Path(__file__).parents[2] / "weights"


def load_script(name: str) -> ModuleType:
    """A script in weights/ as a module."""
    spec = importlib.util.spec_from_file_location(name, WEIGHTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


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
