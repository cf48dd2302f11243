"""Keeps the representations of a frozen encoder: each batch is encoded once and used by heads in many steps."""

from __future__ import annotations

from torch import Tensor, nn

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
