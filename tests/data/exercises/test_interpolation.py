"""Movements between keys agree with scipy, and hold still where keys are equal."""

import numpy as np
from scipy.interpolate import PchipInterpolator

from vidmotion.data.exercises.interpolation import monotone_cubic


def test_agrees_with_scipy() -> None:
    """Scipy chooses other tangents at the ends, so the first and the last key are held."""
    rng = np.random.default_rng(0)
    times, values = np.cumsum(rng.uniform(0.1, 1.0, 12)), rng.normal(0, 1, (12, 4))
    values[1], values[-1] = values[0], values[-2]
    wanted = np.linspace(times[0], times[-1], 200)
    np.testing.assert_allclose(
        monotone_cubic(values, times, wanted), PchipInterpolator(times, values)(wanted), atol=1e-12
    )


def test_what_is_held_stands_still_and_nothing_overshoots() -> None:
    times, values = np.array([0.0, 1.0, 2.0, 4.0]), np.array([[0.0], [1.0], [1.0], [-2.0]])
    found = monotone_cubic(values, times, np.linspace(0, 4, 81))[:, 0]
    np.testing.assert_array_equal(found[20:41], 1.0)
    assert (found.min(), found.max()) == (-2.0, 1.0)
