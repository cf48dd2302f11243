"""Resampling and smoothing against closed forms and scipy."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from vidmotion.geometry.filters import gaussian_smooth, median_smooth, resample, unbroken_runs


def test_resample_is_exact_on_lines_and_at_the_samples() -> None:
    times = np.array([0.0, 0.1, 0.25, 0.3, 0.5])
    line = np.stack([3 * times + 1, -times], -1)
    wanted = np.linspace(0, 0.5, 23)
    np.testing.assert_allclose(resample(line, times, wanted), np.stack([3 * wanted + 1, -wanted], -1), atol=1e-12)
    bumpy = np.sin(20 * times)
    np.testing.assert_allclose(resample(bumpy, times, times), bumpy, atol=1e-12)


def test_resample_of_one_value_holds_it() -> None:
    assert resample(np.array([[4.0]]), np.array([0.0]), np.array([0.0, 1.0])).tolist() == [[4.0], [4.0]]


def test_gaussian_agrees_with_scipy_inside_and_keeps_lines() -> None:
    values = np.random.default_rng(0).normal(size=(80, 2))
    ours, theirs = gaussian_smooth(values, 2.0), gaussian_filter1d(values, 2.0, axis=0, truncate=3.0)
    np.testing.assert_allclose(ours[10:-10], theirs[10:-10], atol=1e-12)
    line = np.arange(20.0)
    np.testing.assert_allclose(gaussian_smooth(line, 3.0), line, atol=1e-9)


def test_median_removes_a_spike() -> None:
    values = np.ones(9)
    values[4] = 50
    assert median_smooth(values, 1).tolist() == [1.0] * 9


def test_median_keeps_lines() -> None:
    line = np.arange(20.0)
    np.testing.assert_allclose(median_smooth(line, 6), line, atol=1e-12)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_short_series_survive(count: int) -> None:
    values = np.arange(float(count))
    assert gaussian_smooth(values, 4.0).shape == median_smooth(values, 15).shape == (count,)


def test_runs_break_at_jumps() -> None:
    assert unbroken_runs(np.array([3, 4, 5, 9, 10, 20])) == [slice(0, 3), slice(3, 5), slice(5, 6)]


def test_a_pause_ends_a_run() -> None:
    times = np.array([0, 0.1, 0.2, 1.1, 72000, 72000.1])
    assert unbroken_runs(np.arange(6), times) == [slice(0, 4), slice(4, 6)]
    assert unbroken_runs(np.arange(6), np.arange(6) * 4.0) == [slice(0, 6)]
