"""How far a network's chances are to be believed: one temperature and one threshold, from people it has not seen.

Source: temperature scaling (Guo et al. 2017, arXiv 1706.04599, section 4.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vidmotion.evaluate.action import Heard
from vidmotion.model.heads import temper

TEMPERATURES = (0.5, 8.0, 121)
"""Lowest, highest, and how many between them are tried."""


@dataclass(frozen=True)
class Calibration:
    """What an action head's chances mean."""

    temperature: float
    """By which logits are divided."""
    threshold: float
    """Chance from which on the best class is more often right than wrong."""


def calibrate(heard: Sequence[Heard], classes: tuple[str, ...]) -> Calibration | None:
    """The temperature under which the true classes are likeliest, and the threshold that parts right from wrong best.

    Windows of classes that the network does not know are wrong whatever it says. None where no window is known.
    """
    said = [(one.chances, one.label) for one in heard if one.chances is not None]
    known = [(chances, classes.index(label)) for chances, label in said if label in classes]
    if not known:
        return None
    true = torch.tensor([label for _, label in known])
    low, high, count = TEMPERATURES
    tried = torch.logspace(torch.tensor(low).log10().item(), torch.tensor(high).log10().item(), count).tolist()
    chances = torch.stack([one for one, _ in known])
    losses = [-temper(chances, t)[range(len(true)), true].clamp_min(1e-9).log().mean() for t in tried]
    temperature = tried[int(torch.stack(losses).argmin())]
    everyone = temper(torch.stack([one for one, _ in said]), temperature)
    best, which = everyone.max(1)
    right = torch.tensor([classes[int(index)] == label for index, (_, label) in zip(which, said, strict=True)])
    return Calibration(temperature, _threshold(best, right))


def _threshold(best: Tensor, right: Tensor) -> float:
    """The chance that has most right windows at or above it and most wrong ones below."""
    order = best.argsort()
    below = torch.cat([torch.zeros(1), (~right[order]).float().cumsum(0)])
    above = right.sum() - torch.cat([torch.zeros(1), right[order].float().cumsum(0)])
    cut = int((below + above).argmax())
    edges = torch.cat([torch.zeros(1), best[order], torch.ones(1)])
    return float((edges[cut] + edges[cut + 1]) / 2)
