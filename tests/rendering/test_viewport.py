"""What the camera of the 3D view shows."""

from __future__ import annotations

import numpy as np
import pytest

from vidmotion.choices import View
from vidmotion.rendering.viewport import CameraOrbit, fit_viewport

FPS, SIZE = 30.0, (480, 480)
STANDING = np.array([[0, 0, 0], [-0.2, 0.9, 0], [0.2, 0.9, 0], [-0.8, 1.4, 0], [0.8, 1.4, 0], [0, 1.7, 0]])
"""(J, 3) metres, arms out."""


@pytest.mark.parametrize("view", [View.side, View.turn])
def test_the_camera_comes_nearer_while_people_are_close_together_and_nobody_is_cut_off(view: View) -> None:
    frames = np.arange(900)
    apart = np.interp(frames, [300, 600], [1.0, 8.0])
    people = [STANDING + apart[:, None, None] * np.array([side, 0, 0]) for side in (-0.5, 0.5)]
    viewport = fit_viewport([frames] * 2, people, 900, SIZE, FPS, CameraOrbit.for_view(view, 1.3))
    heights = []
    for frame in (0, 150, 450, 700, 899):
        xy = np.concatenate([viewport.project(person[frame], frame)[0] for person in people])
        assert xy.min() > 0
        assert xy.max() < SIZE[0]
        heights.append(np.ptp(xy[:, 1]))
    assert min(heights[:2]) > 0.5 * SIZE[1]
    assert max(heights[3:]) < 0.7 * heights[0]


def test_the_camera_keeps_its_distance_from_somebody_who_stays() -> None:
    frames = np.arange(90)
    moving = STANDING + 0.05 * np.sin(frames / 5)[:, None, None]
    viewport = fit_viewport([frames], [moving], 90, SIZE, FPS, CameraOrbit.for_view(View.side, 0.0))
    assert np.ptp(viewport.distance) == 0
    assert np.ptp(viewport.project(moving[0], 0)[0][:, 1]) > 0.6 * SIZE[1]
