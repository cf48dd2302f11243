"""Footage as if another detector had seen it: simulated errors on exact points."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from vidmotion.data.augment import NoiseRange, corrupt
from vidmotion.data.footage_windows import FootageSampler
from vidmotion.data.store import Store
from vidmotion.model.normalization import frame, project, rotate


class SimulatedFootage(FootageSampler):
    """The same people and frames as `FootageSampler` has; always the same errors."""

    def __init__(self, store: Store, noise: NoiseRange, window: int, seed: int = 7) -> None:
        """Read a store.

        Args:
            window: frames of the network's window, through which the errors last as `corrupt` says.

        Raises:
            InputError: as `FootageSampler`.
        """
        super().__init__(store, torch.device("cpu"))
        rng = Generator().manual_seed(seed)
        rays = project(self._joints)
        spoilt = [_spoil(rays[person : person + 1], noise, window, rng) for person in range(self.people)]
        self._rays, self._score = (torch.cat(values) for values in zip(*spoilt, strict=True))


def _spoil(rays: Tensor, noise: NoiseRange, window: int, rng: Generator) -> tuple[Tensor, Tensor]:
    """Rays (1, T, 17, 2) and scores (1, T, 17) after errors in the window's normalised units."""
    framed = frame(rays, torch.ones_like(rays[..., 0]))
    x = corrupt(framed.x[..., :2], torch.arange(rays.shape[1]), window, noise, rng)
    turned = framed.center[:, None, None] + framed.half[:, None, None, None] * x[..., :2]
    points = rotate(framed.turn.mT, torch.cat([turned, torch.ones_like(turned[..., :1])], -1))
    return project(points), x[..., 2]
