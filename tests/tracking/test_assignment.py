"""The cheapest pairing, against scipy's and by hand."""

import numpy as np
import pytest

from vidmotion.tracking.assignment import assign

INF = np.inf


@pytest.mark.parametrize(
    ("cost", "pairs"),
    [
        ([[1.0, 2.0], [2.0, 1.0]], [(0, 0), (1, 1)]),
        # Taking the cheapest pair first, 0 with 0, would leave 1 with 1 for 9.
        ([[1.0, 2.0], [2.0, 9.0]], [(0, 1), (1, 0)]),
        ([[INF, 2.0], [INF, 1.0]], [(1, 1)]),
        ([[1.0, INF], [INF, INF]], [(0, 0)]),
        # Two pairs are more than one, at any price.
        ([[0.0, 5.0], [5.0, INF]], [(0, 1), (1, 0)]),
        ([[3.0], [1.0], [2.0]], [(1, 0)]),
        ([[INF]], []),
    ],
)
def test_pairs(cost: list[list[float]], pairs: list[tuple[int, int]]) -> None:
    assert assign(np.array(cost)) == pairs


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_nothing_to_pair(shape: tuple[int, int]) -> None:
    assert assign(np.zeros(shape)) == []


def test_as_cheap_as_scipy() -> None:
    optimize = pytest.importorskip("scipy.optimize")
    rng = np.random.default_rng(0)
    for _ in range(200):
        cost = rng.random(rng.integers(1, 8, 2))
        pairs = assign(cost)
        assert len(pairs) == min(cost.shape)
        assert sum(cost[pair] for pair in pairs) == pytest.approx(cost[optimize.linear_sum_assignment(cost)].sum())
