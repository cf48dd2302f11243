"""Batches of windows that recipes learn from, and the interface of the sources that give them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Generator, Tensor

from vidmotion.data.augment import ObservedWindow
from vidmotion.data.mocap_windows import WindowShape

WINDOW = 243
"""Frames of a network's window."""


@dataclass(frozen=True, eq=False)
class BodyLabels:
    """The true poses and shapes of the people of a batch."""

    rotations: Tensor
    """(B, T, 24, 3, 3) rotations of SMPL's joints in their parents' frames; the pelvis in the network's camera axes."""
    betas: Tensor
    """(B, 10)."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Input and truth of windows; letters as in `vidmotion.data.augment`."""

    x: Tensor
    """(B, T, J, 3) x, y, confidence."""
    observed: ObservedWindow | None
    """The true joints; None where the source has no 3D."""
    positions: Tensor
    """(T,) positions in the network's window."""
    stride: int
    """Frames of the video from one frame of the window to the next."""
    items: Tensor
    """(B,) numbers of the source's clips or people."""
    body: BodyLabels | None
    """None where the source has no bodies."""


class BatchSource(Protocol):
    """A folder of data that gives batches."""

    labels: tuple[str, ...]
    """Class of the motion of each clip or person, or ""."""
    subjects: tuple[str, ...]
    """The subject in each clip, or of each person."""

    def fitting(self, frames: int, stride: int) -> tuple[int, int]:
        """The frames and stride nearest to these for which the data is long enough."""
        ...

    def choose(self, count: int, rng: Generator, weights: Tensor | None) -> Tensor:
        """(count,) numbers of random clips or people; with weights None, in the proportions of the data."""
        ...

    def sample(self, items: Tensor, shape: WindowShape, positions: Tensor, rng: Generator) -> Batch:
        """A window of each of these clips or people; windows in which too few points are seen may be left out."""
        ...


def coin_flip(rng: Generator) -> bool:
    """True with probability 1/2."""
    return bool(torch.rand((), generator=rng, device=rng.device) < 0.5)
