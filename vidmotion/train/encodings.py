"""Keeps the representations of a frozen encoder: each batch is encoded once and used by heads in many steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Generator, Tensor, nn

from vidmotion.model.network import NetworkOutput
from vidmotion.train.config import HeadsConfig
from vidmotion.train.random_draws import Draw


class Encodings:
    """The representations of `config.encodings` batches, which are used in turn; keeps nothing if that is 0."""

    def __init__(self, config: HeadsConfig) -> None:
        self._count = config.encodings
        self._kept: dict[Draw, Tensor] = {}

    def draw(self, draw: Draw) -> Draw:
        """The batch for a step; with kept encodings, that of one of the first steps, which use all sources."""
        return Draw(draw.step % self._count, draw.micro) if self._count else draw

    def find(self, draw: Draw) -> Tensor | None:
        """The representation (B, T, J, C) of a batch, if it is kept already."""
        return self._kept.get(draw)

    def run(
        self, network: nn.Module, draw: Draw, x: Tensor, positions: Tensor, wanted: tuple[str, ...]
    ) -> NetworkOutput:
        """The network's output for a batch, from the kept representation if there is one.

        Arguments as in `MotionNetwork.forward`.
        """
        out: NetworkOutput = network(x, positions, wanted, self.find(draw))
        if self._count:
            self._kept[draw] = out.rep.detach()
        return out


class LabelledEncodings:
    """The representations of `count` batches and their labels, from which each step draws windows at random.

    A batch shows the classes of one source. Mixed windows have the statistics of all sources, so that the heads' batch
    normalisation does not take away what tells the classes of one source from those of another.
    """

    def __init__(self, count: int, encode: Callable[[nn.Module, Draw], tuple[Tensor, Tensor]]) -> None:
        """Keep nothing yet.

        Args:
            encode: gives a batch's representation (B, T, J, C) by a network, and its labels (B,).
        """
        self._count, self._encode = count, encode
        self._kept: dict[Draw, tuple[Tensor, Tensor]] = {}

    def mixed(self, network: nn.Module, draw: Draw, views: int, rng: Generator) -> tuple[Tensor, Tensor]:
        """Representation (B, T, J, C) and labels (B,) of windows of the batches until this step, all of one length.

        A batch is encoded when one of its windows is drawn first, also in a run that is continued.

        Args:
            views: 2 adds to each window another one of its class.
        """
        draws = [replace(draw, step=step) for step in range(min(draw.step + 1, self._count))]
        size = max(2, len(self._batch(network, draws[-1])[1]) // views)
        shape = self._batch(network, draws[_any(len(draws), rng)])[0].shape[1:]
        rows = [self._row(network, draws, shape, rng) for _ in range(size)]
        if views > 1:
            rows += [(rep, labels, _alike(labels, row, rng)) for rep, labels, row in rows]
        return torch.stack([rep[row] for rep, _, row in rows]), torch.stack([labels[row] for _, labels, row in rows])

    def _row(
        self, network: nn.Module, draws: list[Draw], shape: torch.Size, rng: Generator
    ) -> tuple[Tensor, Tensor, int]:
        """A random batch whose windows have a shape (T, J, C), and the number of one of its windows."""
        while True:
            rep, labels = self._batch(network, draws[_any(len(draws), rng)])
            if rep.shape[1:] == shape:
                return rep, labels, _any(len(labels), rng)

    def _batch(self, network: nn.Module, draw: Draw) -> tuple[Tensor, Tensor]:
        if draw not in self._kept:
            self._kept[draw] = self._encode(network, draw)
        return self._kept[draw]


def _any(count: int, rng: Generator) -> int:
    return int(torch.randint(count, (), generator=rng, device=rng.device))


def _alike(labels: Tensor, row: int, rng: Generator) -> int:
    """A row with the label of a row: another one, if there is one."""
    same = (labels == labels[row]).nonzero()[:, 0]
    others = same[same != row]
    return int(others[_any(len(others), rng)]) if len(others) else row
