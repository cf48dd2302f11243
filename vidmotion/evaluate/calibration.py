"""How far a network's chances are to be believed: one temperature, from people it has not seen.

Source: temperature scaling (Guo et al. 2017, arXiv 1706.04599, section 4.2).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from vidmotion.evaluate.action import Heard
from vidmotion.model.heads import temper

TEMPERATURES = (0.5, 8.0, 121)
"""Lowest, highest, and how many between them are tried."""


def best_temperature(heard: Sequence[Heard], classes: tuple[str, ...]) -> float | None:
    """The temperature under which the true classes are likeliest.

    Classes count alike, however many windows they have, as in training. Windows of classes that the network does not
    know are left out; None where no window is known.
    """
    known = [(one.chances, one.label) for one in heard if one.chances is not None and one.label in classes]
    if not known:
        return None
    labels = [label for _, label in known]
    chances, rows = torch.stack([one for one, _ in known]), torch.arange(len(known))
    true = torch.tensor([classes.index(label) for label in labels])
    weights = torch.tensor([1 / labels.count(label) for label in labels])
    low, high, count = TEMPERATURES
    tried: list[float] = torch.logspace(math.log10(low), math.log10(high), count).tolist()
    losses = [-(weights * temper(chances, t)[rows, true].clamp_min(1e-9).log()).sum() for t in tried]
    return tried[int(torch.stack(losses).argmin())]
