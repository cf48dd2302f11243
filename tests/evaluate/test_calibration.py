"""Chances that are too sure are made what they should be."""

import pytest
import torch

from vidmotion.evaluate.action import Heard
from vidmotion.evaluate.calibration import best_temperature

CLASSES = ("run", "walk")


def heard(chance: float, label: str, times: int) -> list[Heard]:
    """Windows of which "walk" is said with a chance."""
    return [Heard("c", "s", label, torch.tensor([1 - chance, chance]), None)] * times


@pytest.mark.parametrize("runs", [1, 10])
def test_the_temperature_makes_chances_frequencies(runs: int) -> None:
    """0.99 is said and three in four are right: sigmoid(logit(0.99) / T) = 0.75, however many windows a class has."""
    walks = heard(0.99, "walk", 75) + heard(0.01, "walk", 25)
    found = best_temperature(walks + runs * (heard(0.01, "run", 3) + heard(0.99, "run", 1)), CLASSES)
    expected = torch.logit(torch.tensor(0.99)) / torch.logit(torch.tensor(0.75))
    assert found == pytest.approx(float(expected), rel=0.02)


def test_what_nobody_knows_does_not_count() -> None:
    walks = heard(0.99, "walk", 75) + heard(0.01, "walk", 25)
    assert best_temperature(walks + heard(0.99, "juggle", 500), CLASSES) == best_temperature(walks, CLASSES)
    assert best_temperature(heard(0.9, "juggle", 3), CLASSES) is None
    assert best_temperature([], CLASSES) is None
