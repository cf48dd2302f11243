"""Random generators of batches, from seed, step and number alone.

Runs can therefore resume, and be spread over processes, with the same batches.
"""

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
        """A generator for values that all micro-batches of a step share, such as the shape of the windows."""
        return Generator(device).manual_seed(_mix(seed, self.step, 0, 1))

    def own(self, seed: int, device: torch.device) -> Generator:
        """A generator for the content of this micro-batch."""
        return Generator(device).manual_seed(_mix(seed, self.step, self.micro, 2))

    def seed_layers(self, seed: int) -> None:
        """Seed torch's own generators, which layers such as dropout use."""
        torch.manual_seed(_mix(seed, self.step, self.micro, 3))


def _mix(*numbers: int) -> int:
    # The CPU's generator uses 32 bits of its seed. Zeros at the end of the entropy would be ignored.
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])
