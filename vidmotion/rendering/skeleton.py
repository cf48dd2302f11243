"""Draws 3D skeletons on the stage: shadows on the floor, then bones and joints from far to near."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vidmotion.rendering.ink import (
    INK,
    Canvas,
    Color,
    chip,
    dot,
    line,
    mix,
    person_color,
    ring,
    side_color,
)
from vidmotion.rendering.stage import Stage
from vidmotion.skeletons import Skeleton
from vidmotion.types import Floats

BONE = 0.042
JOINT = 0.031
RING = 0.26
"""Metres: width of a bone, radius of a joint, radius of the ring around a person on the floor."""
HAZE: Color = (34, 38, 48)
"""What distance and doubt fade to."""
SHADOW_SCALE = 2
"""Shadows are soft: a picture this much smaller holds them."""
SHADOW_DEPTH = 0.6


@dataclass(frozen=True, eq=False)
class Figure:
    """One person in one frame."""

    person: int
    joints: Floats
    """(J, 3) metres."""
    confidence: Floats
    """(J,) in 0..1."""
    skeleton: Skeleton


def draw_panel(stage: Stage, figures: list[Figure], frame: int) -> Canvas:
    """The 3D panel of one frame, (H, W, 3)."""
    canvas = stage.draw_floor(frame)
    if not figures:
        return canvas
    canvas = _draw_shadows(canvas, stage, figures, frame)
    for figure in figures:
        _draw_ring(canvas, stage, figure, frame)
    strokes = [stroke for figure in figures for stroke in _strokes(stage, figure, frame)]
    for stroke in sorted(strokes, key=lambda stroke: -stroke.depth):
        stroke.draw(canvas)
    for figure in figures:
        _draw_id(canvas, stage, figure, frame)
    return canvas


@dataclass(frozen=True, eq=False)
class _Stroke:
    """A bone, or a joint where start and end are one point."""

    depth: float
    start: Floats
    end: Floats
    width: float
    color: Color
    round: bool

    def draw(self, canvas: Canvas) -> None:
        if self.round:
            dot(canvas, self.start, self.width / 2 + 1.2, INK)
            dot(canvas, self.start, self.width / 2, self.color)
        else:
            line(canvas, self.start, self.end, INK, self.width + 3)
            line(canvas, self.start, self.end, self.color, self.width)


def _strokes(stage: Stage, figure: Figure, frame: int) -> list[_Stroke]:
    xy, depth = stage.project(figure.joints, frame)
    scale = stage.focal / depth
    strokes = []
    for a, b in figure.skeleton.bones:
        near = float(depth[a] + depth[b]) / 2
        trust = float(min(figure.confidence[a], figure.confidence[b]))
        color = _shade(side_color(figure.skeleton, b), trust, near, stage)
        strokes.append(_Stroke(near, xy[a], xy[b], BONE * float(scale[[a, b]].mean()), color, round=False))
    for joint in range(len(figure.skeleton)):
        bright = mix(side_color(figure.skeleton, joint), (255, 255, 255), 0.35)
        color = _shade(bright, float(figure.confidence[joint]), float(depth[joint]), stage)
        # A little nearer than its bones, which meet in it.
        near, width = float(depth[joint]) - JOINT, 2 * JOINT * float(scale[joint])
        strokes.append(_Stroke(near, xy[joint], xy[joint], width, color, round=True))
    return strokes


def _shade(color: Color, trust: float, depth: float, stage: Stage) -> Color:
    """Fade a colour with doubt and, slightly, with distance."""
    behind = (depth - stage.distance) / (2 * stage.radius)
    haze = float(np.clip(0.12 + 0.3 * behind, 0, 0.4))
    return mix(mix(HAZE, color, 0.35 + 0.65 * float(np.clip(trust, 0, 1))), HAZE, haze)


def _draw_shadows(canvas: Canvas, stage: Stage, figures: list[Figure], frame: int) -> Canvas:
    """Bones straight down on the floor, blurred, as a lamp above throws them."""
    width, height = stage.size
    light = np.full((height // SHADOW_SCALE, width // SHADOW_SCALE), 255, np.uint8)
    dark = round(255 * (1 - SHADOW_DEPTH))
    for figure in figures:
        xy, depth = stage.project(figure.joints * [1, 0, 1], frame)
        stroke = 0.1 * stage.focal / float(depth.mean()) / SHADOW_SCALE
        for a, b in figure.skeleton.bones:
            line(light, xy[a] / SHADOW_SCALE, xy[b] / SHADOW_SCALE, dark, stroke)
    blur = 0.035 * stage.focal / stage.distance / SHADOW_SCALE
    light = np.asarray(cv2.GaussianBlur(light, (0, 0), max(blur, 0.8)), dtype=np.uint8)
    light = np.asarray(cv2.resize(light, stage.size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    return np.asarray(cv2.multiply(canvas, cv2.merge([light] * 3), scale=1 / 255), dtype=np.uint8)


def _draw_ring(canvas: Canvas, stage: Stage, figure: Figure, frame: int) -> None:
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    around = RING * np.stack([np.sin(angles), np.zeros(40), np.cos(angles)], axis=-1)
    xy, _ = stage.project(figure.joints[0] * [1, 0, 1] + around, frame)
    ring(canvas, xy, mix(HAZE, person_color(figure.person), 0.7), 0.008 * stage.focal / stage.distance)


def _draw_id(canvas: Canvas, stage: Stage, figure: Figure, frame: int) -> None:
    above = figure.joints[figure.joints[:, 1].argmax()] + [0, 0.14, 0]
    xy, _ = stage.project(above[None], frame)
    chip(canvas, str(figure.person), xy[0], canvas.shape[0] / 72, person_color(figure.person))
