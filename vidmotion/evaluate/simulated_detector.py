"""Footage with simulated detector errors on its exact points, in place of the real detector's output."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from vidmotion.data.augment import NoiseRange, corrupt
from vidmotion.data.footage_windows import FootageSampler
from vidmotion.data.store import Store
from vidmotion.model.normalization import normalize, project, rotate


class SimulatedFootage(FootageSampler):
    """The same people and frames as in `FootageSampler`; the errors depend on the seed alone."""

    def __init__(self, store: Store, noise: NoiseRange, window: int, seed: int = 7) -> None:
        """Read a store.

        Args:
            window: frames of the network's window, over which the errors vary (see `corrupt`).

        Raises:
            InputError: as `FootageSampler`.
        """
        super().__init__(store, torch.device("cpu"))
        rng = Generator().manual_seed(seed)
        rays = project(self._joints)
        noisy = [_with_errors(rays[person : person + 1], noise, window, rng) for person in range(self.people)]
        self._rays, self._score = (torch.cat(values) for values in zip(*noisy, strict=True))


def _with_errors(rays: Tensor, noise: NoiseRange, window: int, rng: Generator) -> tuple[Tensor, Tensor]:
    """Rays (1, T, 17, 2) and scores (1, T, 17) with errors added in the window's normalised units."""
    normalized = normalize(rays, torch.ones_like(rays[..., 0]))
    x = corrupt(normalized.x[..., :2], torch.arange(rays.shape[1]), window, noise, rng)
    rotated = normalized.center[:, None, None] + normalized.half[:, None, None, None] * x[..., :2]
    points = rotate(normalized.rotation.mT, torch.cat([rotated, torch.ones_like(rotated[..., :1])], -1))
    return project(points), x[..., 2]
