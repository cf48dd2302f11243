"""Probabilities that are too high become the observed frequencies."""

import pytest
import torch

from vidmotion.evaluate.action import WindowPrediction
from vidmotion.evaluate.calibration import best_temperature

CLASSES = ("run", "walk")


def predictions(probability: float, label: str, times: int) -> list[WindowPrediction]:
    """Windows with a probability of "walk"."""
    return [WindowPrediction("c", "s", label, torch.tensor([1 - probability, probability]), None)] * times


@pytest.mark.parametrize("runs", [1, 10])
def test_the_temperature_makes_probabilities_frequencies(runs: int) -> None:
    """At 0.99 three in four are right: sigmoid(logit(0.99) / T) = 0.75, however many windows a class has."""
    walks = predictions(0.99, "walk", 75) + predictions(0.01, "walk", 25)
    found = best_temperature(walks + runs * (predictions(0.01, "run", 3) + predictions(0.99, "run", 1)), CLASSES)
    expected = torch.logit(torch.tensor(0.99)) / torch.logit(torch.tensor(0.75))
    assert found == pytest.approx(float(expected), rel=0.02)


def test_unknown_classes_do_not_count() -> None:
    walks = predictions(0.99, "walk", 75) + predictions(0.01, "walk", 25)
    assert best_temperature(walks + predictions(0.99, "juggle", 500), CLASSES) == best_temperature(walks, CLASSES)
    assert best_temperature(predictions(0.9, "juggle", 3), CLASSES) is None
    assert best_temperature([], CLASSES) is None
