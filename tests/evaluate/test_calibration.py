"""Chances that are too sure are made what they should be."""

import torch

from vidmotion.evaluate.action import Heard
from vidmotion.evaluate.calibration import calibrate

CLASSES = ("run", "walk")


def heard(chance: float, label: str, times: int) -> list[Heard]:
    """Windows of which "walk" is said with a chance."""
    return [Heard("c", "s", label, torch.tensor([1 - chance, chance]), None)] * times


def test_the_temperature_makes_chances_frequencies() -> None:
    """0.99 is said and three in four are right: sigmoid(logit(0.99) / T) = 0.75."""
    found = calibrate(heard(0.99, "walk", 75) + heard(0.99, "run", 25), CLASSES)
    assert found
    expected = torch.logit(torch.tensor(0.99)) / torch.logit(torch.tensor(0.75))
    assert abs(found.temperature / float(expected) - 1) < 0.02


def test_the_threshold_parts_right_from_wrong() -> None:
    """What is said surely is right; of what is said unsurely, half is of a class that nobody knows."""
    sure, unsure = heard(0.95, "walk", 60), heard(0.6, "walk", 10) + heard(0.6, "run", 5) + heard(0.6, "juggle", 10)
    found = calibrate(sure + unsure, CLASSES)
    assert found

    def tempered(chance: float) -> float:
        return float(torch.sigmoid(torch.logit(torch.tensor(chance)) / found.temperature))

    assert tempered(0.6) < found.threshold < tempered(0.95)


def test_nothing_known_is_no_calibration() -> None:
    assert calibrate(heard(0.9, "juggle", 3), CLASSES) is None
    assert calibrate([], CLASSES) is None
