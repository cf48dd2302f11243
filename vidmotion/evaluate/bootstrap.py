"""A figure with the interval in which it varies over other choices of clips: the bootstrap (Efron 1979). Torch only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

RESAMPLES = 1000
SEED = 0
TAIL = 0.025
"""Share of the resamples beyond either end of an interval: 95 % lie within."""

Statistic = Callable[[Tensor], Tensor]
"""From (R, U), how often each of U units counts in each of R resamples, to the figure (R,) of each resample."""


@dataclass(frozen=True)
class Estimate:
    """A figure with the 95 % interval of its bootstrap."""

    value: float
    low: float
    high: float


def estimate(units: int, statistic: Statistic) -> Estimate:
    """A figure of `units` clips, and its interval over clips that are drawn with replacement, with a fixed seed."""
    if not units:
        return Estimate(float("nan"), float("nan"), float("nan"))
    draws = torch.randint(units, (RESAMPLES, units), generator=Generator().manual_seed(SEED))
    counts = torch.zeros(RESAMPLES, units, dtype=torch.float64)
    counts.scatter_add_(1, draws, torch.ones_like(counts))
    spread = statistic(counts)
    spread = spread[~spread.isnan()]
    value = float(statistic(torch.ones(1, units, dtype=torch.float64)))
    if not len(spread):
        return Estimate(value, value, value)
    low, high = torch.quantile(spread, torch.tensor([TAIL, 1 - TAIL], dtype=spread.dtype)).tolist()
    return Estimate(value, low, high)


def mean_estimate(sums: Tensor, counts: Tensor) -> Estimate:
    """The mean over all frames of all units, of sums (U,) over counts (U,) of frames."""
    sums, counts = sums.double(), counts.double()
    return estimate(len(sums), lambda weights: (weights @ sums) / (weights @ counts))
