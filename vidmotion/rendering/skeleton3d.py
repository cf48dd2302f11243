"""Draws 3D skeletons from far to near: bones, joints, and how far off each joint is expected to be."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vidmotion.rendering.drawing import DARK, Canvas, Color, dot, line, mix, side_color
from vidmotion.rendering.mesh_shading import PersonMesh
from vidmotion.rendering.viewport import Viewport
from vidmotion.skeletons import Skeleton
from vidmotion.types import Floats

BONE = 0.042
JOINT = 0.031
"""Metres: width of a bone, radius of a joint."""
DISC_OPACITY = 0.16
"""Of the discs that show expected errors."""
HAZE: Color = (34, 38, 48)
"""The color that bones fade to with distance, and with low confidence."""


@dataclass(frozen=True, eq=False)
class Person3D:
    """One person in one frame, in 3D."""

    id: int
    joints: Floats
    """(J, 3) metres."""
    confidence: Floats
    """(J,) in 0..1."""
    skeleton: Skeleton
    mesh: PersonMesh | None = None
    """In the world of the joints; None if there is no body."""
    expected_error: Floats | None = None
    """(J,) metres, as in `Motion`; None if it is unknown."""

    @property
    def points(self) -> Floats:
        """(N, 3) metres: the vertices of the mesh, or the joints if there is no mesh."""
        return self.joints if self.mesh is None else self.mesh.vertices


def draw_bones(canvas: Canvas, viewport: Viewport, people: list[Person3D], frame: int) -> None:
    """Draw the skeletons of all people on the panel, from far to near."""
    strokes = [stroke for person in people for stroke in _strokes(viewport, person, frame)]
    for stroke in sorted(strokes, key=lambda stroke: -stroke.depth):
        stroke.draw(canvas)


def draw_error_discs(canvas: Canvas, viewport: Viewport, people: list[Person3D], frame: int) -> None:
    """Draw a faint disc around each joint whose radius is the joint's expected error, if that is known."""
    layer = canvas.copy()
    for person in people:
        if person.expected_error is None:
            continue
        xy, depth = viewport.project(person.joints, frame)
        radius = person.expected_error * viewport.focal / depth
        for joint in np.argsort(-depth):
            dot(layer, xy[joint], float(radius[joint]), side_color(person.skeleton, int(joint)))
    cv2.addWeighted(layer, DISC_OPACITY, canvas, 1 - DISC_OPACITY, 0, dst=canvas)


@dataclass(frozen=True, eq=False)
class _Stroke:
    """A bone, or a joint, whose start and end are the same point."""

    depth: float
    start: Floats
    end: Floats
    width: float
    color: Color
    round: bool

    def draw(self, canvas: Canvas) -> None:
        if self.round:
            dot(canvas, self.start, self.width / 2 + 1.2, DARK)
            dot(canvas, self.start, self.width / 2, self.color)
        else:
            line(canvas, self.start, self.end, DARK, self.width + 3)
            line(canvas, self.start, self.end, self.color, self.width)


def _strokes(viewport: Viewport, person: Person3D, frame: int) -> list[_Stroke]:
    xy, depth = viewport.project(person.joints, frame)
    scale = viewport.focal / depth
    behind = (depth - viewport.distance_at(frame)) / (2 * viewport.radius)
    strokes = []
    for a, b in person.skeleton.bones:
        confidence = float(min(person.confidence[a], person.confidence[b]))
        color = _shade(side_color(person.skeleton, b), confidence, float(behind[[a, b]].mean()))
        width = BONE * float(scale[[a, b]].mean())
        strokes.append(_Stroke(float(depth[[a, b]].mean()), xy[a], xy[b], width, color, round=False))
    for joint in range(len(person.skeleton)):
        bright = mix(side_color(person.skeleton, joint), (255, 255, 255), 0.35)
        color = _shade(bright, float(person.confidence[joint]), float(behind[joint]))
        # A little nearer than the bones that meet in it, so that it is drawn over them.
        near, width = float(depth[joint]) - JOINT, 2 * JOINT * float(scale[joint])
        strokes.append(_Stroke(near, xy[joint], xy[joint], width, color, round=True))
    return strokes


def _shade(color: Color, confidence: float, behind: float) -> Color:
    """Fade a color with low confidence and, slightly, with distance; `behind` is 0 at the center, 0.5 at the edge."""
    haze = float(np.clip(0.12 + 0.3 * behind, 0, 0.4))
    return mix(mix(HAZE, color, 0.35 + 0.65 * float(np.clip(confidence, 0, 1))), HAZE, haze)
