"""Joints as convex combinations of the vertices around them. Does not depend on any mesh or skeleton."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from vidmotion.types import Floats, Ints

_SUM_WEIGHT = 50.0
"""Weight of the equation that the weights sum to 1."""
_PRIOR_WEIGHT = 0.02
"""Weight of the prior, which spreads the weights evenly; without it only a few vertices would be used."""
_PRIOR_RADIUS = 0.03
"""Metres; nearer vertices count as equally near."""
_SMALLEST = 2e-4
"""Smaller weights are set to 0."""
POSITION_WEIGHT = 50.0
"""Weight of the position of the combination."""


@dataclass(frozen=True, eq=False)
class Ring:
    """A point that moves with N vertices."""

    ids: Ints
    """(N,)"""
    weights: Floats
    """(N,) sum to 1."""

    def of(self, vertices: Floats) -> Floats:
        """(3,) the point in a body (V, 3)."""
        return self.weights @ vertices[self.ids]


@dataclass(frozen=True, eq=False)
class Mean:
    """The mean of N vertices."""

    ids: Ints
    """(N,)"""

    def of(self, vertices: Floats) -> Floats:
        """(3,) the point in a body (V, 3)."""
        return vertices[self.ids].mean(0)


Point = Ring | Mean


def slab(vertices: Floats, ids: Ints, center: Floats, axis: Floats, half: float) -> Ints:
    """Those of `ids` within `half` metres of the plane through `center` perpendicular to `axis`."""
    return ids[np.abs((vertices[ids] - center) @ axis) < half]


def nearest(vertices: Floats, ids: Ints, center: Floats, count: int) -> Ints:
    """The `count` of `ids` nearest to `center`."""
    return ids[np.argsort(np.linalg.norm(vertices[ids] - center, axis=1))[:count]]


def ring_around(vertices: Floats, ids: Ints, center: Floats) -> Ring:
    """The convex combination of `ids` that lies at `center`, with weights that fall with the distance."""
    offsets = vertices[ids] - center
    weights = convex_weights(POSITION_WEIGHT * offsets.T, np.zeros(3), np.linalg.norm(offsets, axis=1))
    used = weights > 0
    return Ring(ids[used], weights[used])


def convex_weights(rows: Floats, wanted: Floats, distance: Floats) -> Floats:
    """Weights >= 0 that sum to 1 and solve `rows @ weights = wanted` in least squares.

    Args:
        rows: (R, N) equations.
        wanted: (R,)
        distance: (N,) metres from each vertex to the point; the solution is drawn towards weights
            that fall with its square.
    """
    prior = 1 / (distance**2 + _PRIOR_RADIUS**2)
    prior /= prior.sum()
    spread = np.sqrt(prior)
    equations = np.r_[rows, _SUM_WEIGHT * np.ones((1, len(prior))), _PRIOR_WEIGHT * np.diag(1 / spread)]
    weights: Floats = nnls(equations, np.r_[wanted, _SUM_WEIGHT, _PRIOR_WEIGHT * spread], maxiter=30_000)[0]
    weights[weights < _SMALLEST] = 0
    return weights / weights.sum()
