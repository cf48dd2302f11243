"""Draws 3D skeletons on the stage: bones and joints from far to near."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vidmotion.rendering.drawing import INK, Canvas, Color, dot, line, mix, side_color
from vidmotion.rendering.mesh_shading import Skin
from vidmotion.rendering.viewport import Stage
from vidmotion.skeletons import Skeleton
from vidmotion.types import Floats

BONE = 0.042
JOINT = 0.031
"""Metres: width of a bone, radius of a joint."""
HAZE: Color = (34, 38, 48)
"""What distance and doubt fade to."""


@dataclass(frozen=True, eq=False)
class Figure:
    """One person in one frame."""

    person: int
    joints: Floats
    """(J, 3) metres."""
    confidence: Floats
    """(J,) in 0..1."""
    skeleton: Skeleton
    skin: Skin | None = None
    """In the same world as the joints."""

    @property
    def points(self) -> Floats:
        """(N, 3) metres, what there is to be seen: the vertices of the skin, or the joints."""
        return self.joints if self.skin is None else self.skin.vertices


def draw_bones(canvas: Canvas, stage: Stage, figures: list[Figure], frame: int) -> None:
    """Draw the skeletons of all figures on the panel, from far to near."""
    strokes = [stroke for figure in figures for stroke in _strokes(stage, figure, frame)]
    for stroke in sorted(strokes, key=lambda stroke: -stroke.depth):
        stroke.draw(canvas)


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
