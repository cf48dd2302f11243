"""What recipes learn from: batches, and the sources that give them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Generator, Tensor

from vidmotion.data.augment import View
from vidmotion.data.mocap_windows import WindowShape

WINDOW = 243
"""Frames of a network's window."""


@dataclass(frozen=True, eq=False)
class BodyTruth:
    """How the people of a batch are posed and shaped."""

    turns: Tensor
    """(B, T, 24, 3, 3) rotations of SMPL's joints in their parents' frames; the pelvis in the network's camera axes."""
    betas: Tensor
    """(B, 10)."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Input and truth of windows; letters as in `vidmotion.data.augment`."""

    x: Tensor
    """(B, T, J, 3) x, y, confidence."""
    view: View | None
    """None where nobody knows the 3D."""
    positions: Tensor
    """(T,) places in the network's window."""
    stride: int
    items: Tensor
    """(B,) which clips or people of the source these are."""
    body: BodyTruth | None
    """None where the source does not know."""


class Source(Protocol):
    """A folder of data."""

    labels: tuple[str, ...]
    """Class of the motion of each clip or person, or ""."""
    subjects: tuple[str, ...]
    """Who moves in each."""

    def fitting(self, frames: int, stride: int) -> tuple[int, int]:
        """The frames and stride nearest to these that the data has room for."""
        ...

    def choose(self, count: int, rng: Generator, weights: Tensor | None) -> Tensor:
        """(count,) numbers of random clips or people; weights None: as the data is."""
        ...

    def see(self, items: Tensor, shape: WindowShape, positions: Tensor, rng: Generator) -> Batch:
        """A window of each of these clips or people; fewer where some are hardly seen."""
        ...


def coin(rng: Generator) -> bool:
    """Heads or tails."""
    return bool(torch.rand((), generator=rng, device=rng.device) < 0.5)
