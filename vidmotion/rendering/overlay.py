"""Draws the 2D skeletons of one frame on its picture. Knows nothing about videos or 3D."""

from __future__ import annotations

import numpy as np

from vidmotion.rendering.ink import INK, Canvas, Color, chip, dashes, dot, line, mix, person_color, side_color
from vidmotion.skeletons import H36M17
from vidmotion.types import Floats

OMIT_BELOW = 0.2
FAINT_BELOW = 0.5
"""Scores of joints that are left out, or drawn half transparent."""


def draw_person(canvas: Canvas, person: int, xy: Floats, score: Floats, observed: bool) -> None:
    """One person's skeleton and id.

    Args:
        xy: (17, 2) pixels of the canvas, H36M17 joints.
        score: (17,) in 0..1.
        observed: False draws thin dashes, for poses that were interpolated.
    """
    shown = score >= OMIT_BELOW
    if not shown.any():
        return
    width = _stroke(canvas, xy[shown])
    faint = shown & (score < FAINT_BELOW)
    if faint.any():
        part = _around(canvas, xy[shown], width * 4)
        before = part.copy()
        _draw_bones(canvas, xy, shown, width, observed)
        part[:] = part // 2 + before // 2
    _draw_bones(canvas, xy, shown & ~faint, width, observed)
    top = xy[shown][xy[shown, 1].argmin()]
    chip(canvas, str(person), top - [0, width * 6], max(width * 2.6, 8), person_color(person))


def _draw_bones(canvas: Canvas, xy: Floats, shown: np.ndarray, width: float, observed: bool) -> None:
    bones = [(a, b, side_color(H36M17, b)) for a, b in H36M17.bones if shown[a] and shown[b]]
    if not observed:
        for a, b, color in bones:
            dashes(canvas, xy[a], xy[b], color, width / 2)
        return
    for a, b, _ in bones:
        line(canvas, xy[a], xy[b], INK, width + 2)
    for a, b, color in bones:
        line(canvas, xy[a], xy[b], color, width)
    for joint in np.flatnonzero(shown):
        dot(canvas, xy[joint], width * 1.15 + 1, INK)
        dot(canvas, xy[joint], width * 1.15, _light(side_color(H36M17, int(joint))))


def _around(canvas: Canvas, xy: Floats, margin: float) -> Canvas:
    """The part of the canvas that holds the points."""
    low = np.maximum(xy.min(0) - margin, 0).astype(int)
    high = np.maximum(xy.max(0) + margin, 0).astype(int)
    return canvas[low[1] : high[1], low[0] : high[0]]


def _light(color: Color) -> Color:
    return mix(color, (255, 255, 255), 0.35)


def _stroke(canvas: Canvas, xy: Floats) -> float:
    """Width of bones in pixels for a person of this size."""
    reach = float(np.ptp(xy, axis=0).max())
    return float(np.clip(reach / 110, 2, canvas.shape[0] / 160))
