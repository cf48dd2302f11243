"""What a frozen encoder says of batches that come again: encoded once, read by heads in many steps."""

from __future__ import annotations

from torch import Tensor, nn

from vidmotion.model.network import Outputs
from vidmotion.train.config import HeadsConfig
from vidmotion.train.random_draws import Draw


class Encodings:
    """The representations of `config.encodings` batches, which take turns; nothing where that is 0."""

    def __init__(self, config: HeadsConfig) -> None:
        self._count = config.encodings
        self._kept: dict[Draw, Tensor] = {}

    def draw(self, draw: Draw) -> Draw:
        """The batch that serves for a step: that of one of the first steps, of which all sources have their turn."""
        return Draw(draw.step % self._count, draw.micro) if self._count else draw

    def find(self, draw: Draw) -> Tensor | None:
        """The representation (B, T, J, C) of a batch, once it is known."""
        return self._kept.get(draw)

    def read(self, network: nn.Module, draw: Draw, x: Tensor, positions: Tensor, wanted: tuple[str, ...]) -> Outputs:
        """What heads say of a batch, encoded unless that is known; arguments as in `MotionNetwork.forward`."""
        out: Outputs = network(x, positions, wanted, self.find(draw))
        if self._count:
            self._kept[draw] = out.rep.detach()
        return out
