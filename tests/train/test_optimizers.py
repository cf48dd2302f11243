"""Every parameter has its optimiser and its rate."""

import pytest
from torch.optim import AdamW

from tests.tiny_recipe import Net, settings
from vidmotion.train.muon import Muon
from vidmotion.train.optimizers import freeze, optimizers, rate


def encoder(name: str) -> bool:
    return name.startswith("encoder.")


def shapes(optimizer: object) -> list[tuple[float, int]]:
    """(rate, parameters) of each group."""
    return [(group["lr"], len(group["params"])) for group in optimizer.param_groups]  # type: ignore[attr-defined]


def test_muon_takes_the_blocks_matrices() -> None:
    muon, adamw = optimizers(Net(8), settings(encoder_lr=0.1), encoder)
    assert isinstance(muon, Muon)
    assert isinstance(adamw, AdamW)
    assert shapes(muon) == [(pytest.approx(0.001), 1)]
    assert shapes(adamw) == [(pytest.approx(0.0005), 3), (pytest.approx(0.005), 2)]


def test_adamw_takes_all() -> None:
    (adamw,) = optimizers(Net(8), settings(optimizer="adamw"), encoder)
    assert shapes(adamw) == [(0.01, 6)]


def test_a_frozen_encoder_has_no_optimiser() -> None:
    net, config = Net(8), settings(encoder_lr=0)
    freeze(net, config, encoder)
    (adamw,) = optimizers(net, config, encoder)
    assert shapes(adamw) == [(0.005, 2)]


@pytest.mark.parametrize(
    ("schedule", "steps", "expected"),
    [
        ("linear", (0, 9, 30, 49, 75, 99), (0.1, 1.0, 1.0, 1.0, 0.5, 0.02)),
        ("cosine", (0, 9, 10, 55, 100), (0.1, 1.0, 1.0, 0.5, 0.0)),
        ("exponential", (0, 9, 19, 20, 99), (0.1, 1.0, 1.0, 0.9, 0.9**4)),
    ],
)
def test_the_rate(schedule: str, steps: tuple[int, ...], expected: tuple[float, ...]) -> None:
    config = settings(steps=100, warmup=10, decay=0.5, schedule=schedule, gamma=0.9, epoch_steps=20)
    assert [rate(step, config) for step in steps] == pytest.approx(expected)


def test_no_warm_up() -> None:
    for schedule in ("linear", "cosine", "exponential"):
        assert rate(0, settings(steps=100, warmup=0, schedule=schedule)) == 1.0
