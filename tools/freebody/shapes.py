"""The shape space: bodies of many phenotypes, their mean, and the directions in which they differ most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tools.freebody.makehuman import Adult
from vidmotion.types import Floats

SEED = 0
SAMPLES = 120
DIRECTIONS = 10


def draw_adults(count: int, seed: int) -> Iterator[Adult]:
    """Adults, women and men alike, most of them near the average of every trait."""
    rng = np.random.default_rng(seed)

    def around(mean: float, deviation: float) -> float:
        return np.clip(rng.normal(mean, deviation), 0, 1)

    for _ in range(count):
        yield Adult(
            gender=rng.choice([rng.uniform(0, 0.15), rng.uniform(0.85, 1)]),
            age=around(0.35, 0.25),
            muscle=around(0.5, 0.2),
            weight=around(0.5, 0.22),
            height=around(0.5, 0.16),
            proportions=around(0.55, 0.2),
            ethnicity=tuple(rng.dirichlet([2, 2, 2])),
        )


def traits(person: Adult) -> list[float]:
    """The inputs of the file's map from phenotype to shape."""
    return [person.gender, person.age, person.muscle, person.weight, person.height, person.proportions]


@dataclass(frozen=True, eq=False)
class ShapeSpace:
    """V vertices and S directions."""

    mean: Floats
    """(V, 3) metres."""
    directions: Floats
    """(V, 3, S) metres for each standard deviation; positive values make the body taller."""
    phenotype_mean: Floats
    """(6,)"""
    phenotype_to_betas: Floats
    """(7, S) the betas are (phenotype - mean, 1) @ this."""
    explained: float
    """Share of the variance."""
    residual: float
    """Metres from the samples to their nearest shapes, mean over samples and vertices."""


def fit_shapes(bodies: Floats, phenotypes: Floats) -> ShapeSpace:
    """Principal components of the bodies, and the linear map to them from the phenotypes.

    Args:
        bodies: (N, V, 3) metres.
        phenotypes: (N, 6)
    """
    mean = bodies.mean(0)
    offsets = (bodies - mean).reshape(len(bodies), -1)
    _, scales, axes = np.linalg.svd(offsets, full_matrices=False)
    components = axes[:DIRECTIONS] * (scales[:DIRECTIONS, None] / np.sqrt(len(bodies)))
    directions = components.reshape(DIRECTIONS, -1, 3).transpose(1, 2, 0)
    for direction in range(DIRECTIONS):
        if np.ptp((mean + directions[..., direction])[:, 1]) < np.ptp(mean[:, 1]):
            directions[..., direction] *= -1
    betas = np.linalg.lstsq(directions.reshape(-1, DIRECTIONS), offsets.T, rcond=None)[0].T
    misses = offsets.reshape(bodies.shape) - np.einsum("vck,nk->nvc", directions, betas)
    phenotype_mean = phenotypes.mean(0)
    inputs = np.c_[phenotypes - phenotype_mean, np.ones(len(phenotypes))]
    return ShapeSpace(
        mean,
        directions,
        phenotype_mean,
        np.linalg.lstsq(inputs, betas, rcond=None)[0],
        explained=float((scales[:DIRECTIONS] ** 2).sum() / (scales**2).sum()),
        residual=float(np.linalg.norm(misses, axis=-1).mean()),
    )
