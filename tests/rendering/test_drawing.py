"""Shapes on pictures."""

from __future__ import annotations

import numpy as np
import pytest

from vidmotion.rendering.drawing import dot


@pytest.mark.parametrize("radius", [1.5, 2.0, 4.0, 20.0])
def test_dots_of_any_size_are_round(radius: float) -> None:
    """The light around the center has no more than a slight fourfold symmetry; that of a square is 0.4 or more."""
    canvas, center = np.zeros((60, 60, 3), np.uint8), np.array([30.3, 29.6])
    dot(canvas, center, radius, (255, 255, 255))
    y, x = np.mgrid[:60, :60]
    away = (x - center[0]) + 1j * (y - center[1])
    light = canvas[..., 0] / 255.0
    assert abs((light * away**4).sum()) < 0.25 * (light * np.abs(away) ** 4).sum()
