"""Where the chance in a batch comes from: seed, step and number alone, so that runs resume and spread exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Generator


@dataclass(frozen=True)
class Draw:
    """One micro-batch: `micro` counts from 0 through all processes' micro-batches of a step."""

    step: int
    micro: int

    def shared(self, seed: int, device: torch.device) -> Generator:
        """For what all micro-batches of a step have in common, such as the shape of the windows."""
        return Generator(device).manual_seed(_mix(seed, self.step, 0, 1))

    def own(self, seed: int, device: torch.device) -> Generator:
        """For what is in this micro-batch."""
        return Generator(device).manual_seed(_mix(seed, self.step, self.micro, 2))

    def seed_layers(self, seed: int) -> None:
        """Set torch's own generators, from which layers such as dropout draw."""
        torch.manual_seed(_mix(seed, self.step, self.micro, 3))


def _mix(*numbers: int) -> int:
    # The CPU's generator reads 32 bits of its seed. Zeros at the end of the entropy would count for nothing.
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])
