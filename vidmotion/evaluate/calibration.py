"""Calibrates a network's probabilities: one temperature, from people who are not in the training data.

Source: temperature scaling (Guo et al. 2017, arXiv 1706.04599, section 4.2).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from vidmotion.evaluate.action import WindowPrediction
from vidmotion.model.heads import apply_temperature

TEMPERATURES = (0.5, 8.0, 121)
"""The lowest and the highest that are tried, and how many in all."""


def best_temperature(predictions: Sequence[WindowPrediction], classes: tuple[str, ...]) -> float | None:
    """The temperature that gives the true classes the highest likelihood.

    All classes have the same weight, however many windows they have, as in training. Windows of classes that the
    network does not have are left out. None where no window is left.
    """
    known = [
        (one.probabilities, one.label) for one in predictions if one.probabilities is not None and one.label in classes
    ]
    if not known:
        return None
    labels = [label for _, label in known]
    probabilities, rows = torch.stack([each for each, _ in known]), torch.arange(len(known))
    true = torch.tensor([classes.index(label) for label in labels])
    weights = torch.tensor([1 / labels.count(label) for label in labels])
    low, high, count = TEMPERATURES
    tried: list[float] = torch.logspace(math.log10(low), math.log10(high), count).tolist()
    losses = [-(weights * apply_temperature(probabilities, t)[rows, true].clamp_min(1e-9).log()).sum() for t in tried]
    return tried[int(torch.stack(losses).argmin())]
