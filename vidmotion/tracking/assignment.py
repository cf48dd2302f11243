"""The linear assignment problem: the pairing of rows with columns of lowest total cost.

Implemented here because scipy would be a dependency of 100 MB for these few lines; a test compares the two.
"""

from __future__ import annotations

import numpy as np

from vidmotion.types import Floats


def assign(cost: Floats) -> list[tuple[int, int]]:
    """Pairs (row, column) of lowest total cost, as many as possible.

    Args:
        cost: (R, C); a pair with cost inf is never made.
    """
    rows, columns = cost.shape
    if not rows or not columns:
        return []
    # More than any sum of allowed pairs, so that a forbidden pair is chosen only where nothing else is left.
    finite = cost[np.isfinite(cost)]
    forbidden = 1.0 + 2 * (rows + columns) * float(np.abs(finite).max(initial=0.0))
    filled = np.where(np.isfinite(cost), cost, forbidden)
    if rows > columns:
        pairs = [(row, column) for column, row in enumerate(_shortest_paths(filled.T))]
    else:
        pairs = list(enumerate(_shortest_paths(filled)))
    return sorted((row, column) for row, column in pairs if np.isfinite(cost[row, column]))


def _shortest_paths(cost: Floats) -> list[int]:
    """The column of each row, for (R, C) with R <= C: the Hungarian method with row and column prices."""
    rows, columns = cost.shape
    row_price, column_price = np.zeros(rows), np.zeros(columns)
    owner = np.full(columns, -1)
    for start in range(rows):
        distance, came_from = np.full(columns, np.inf), np.full(columns, -1)
        done = np.zeros(columns, bool)
        row, column, last = start, -1, 0.0
        while row >= 0:
            reduced = last + cost[row] - row_price[row] - column_price
            nearer = ~done & (reduced < distance)
            distance[nearer], came_from[nearer] = reduced[nearer], column
            column = int(np.argmin(np.where(done, np.inf, distance)))
            done[column], last, row = True, distance[column], int(owner[column])
        row_price[start] += last
        passed = done & (owner >= 0)
        row_price[owner[passed]] += last - distance[passed]
        column_price[done] -= last - distance[done]
        while column >= 0:
            before = int(came_from[column])
            owner[column] = owner[before] if before >= 0 else start
            column = before
    taken = {int(row): column for column, row in enumerate(owner) if row >= 0}
    return [taken[row] for row in range(rows)]
