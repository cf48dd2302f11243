"""A training recipe with a network of two layers and dropout, for the tests of the training loop.

python -m tests.tiny_recipe FOLDER ACCUMULATE STEPS continues the run in the folder, or begins one.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from vidmotion.train.checkpoints import RunFolder
from vidmotion.train.config import RunConfig
from vidmotion.train.loop import StepCallback, Trainer
from vidmotion.train.random_draws import Draw

CPU = torch.device("cpu")


class Net(nn.Module):
    """An encoder with a block's matrix, and a head."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.encoder = nn.ModuleDict({"blocks_st": nn.Linear(4, width), "norm": nn.LayerNorm(width)})
        self.head = nn.Sequential(nn.Dropout(0.1), nn.Linear(width, 2))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.encoder["norm"](self.encoder["blocks_st"](x)))


def settings(**changes: object) -> RunConfig:
    return RunConfig(**{"steps": 12, "warmup": 2, "ema": 0.9, "lr": 0.01, **changes})  # type: ignore[arg-type]


def trainer(folder: Path, config: RunConfig, resume: bool = False, width: int = 8) -> Trainer:
    torch.manual_seed(config.seed)
    run = RunFolder.open(folder, resume)
    made = Trainer(Net(width), config, run, CPU, lambda name: name.startswith("encoder."))
    if resume:
        made.resume()
    return made


def train(
    folder: Path,
    config: RunConfig,
    resume: bool = False,
    report: StepCallback = lambda step, values: None,
    during: Callable[[Draw], float] = lambda draw: 1.0,
) -> dict[str, Tensor]:
    """The averaged network's tensors after a run.

    Args:
        during: called in each micro-batch; returns a factor of the loss.
    """

    def step_loss(network: nn.Module, draw: Draw) -> tuple[Tensor, dict[str, Tensor]]:
        x = torch.randn(16, 4, generator=draw.own(config.seed, CPU))
        error = (network(x) - x[:, :2].sin()).abs().mean()
        return error * during(draw), {"error": error.detach()}

    return trainer(folder, config, resume).run(step_loss, report).state_dict()


if __name__ == "__main__":
    where, accumulate, steps = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    resumed = RunFolder(where).checkpoint.exists()
    train(where, settings(accumulate=accumulate, steps=steps, decay=0.0), resumed)
