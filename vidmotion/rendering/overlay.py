"""Draws the people of one frame on its picture: 2D skeletons with hands and head, meshes, or both.

Does not depend on videos.
"""

from __future__ import annotations

import numpy as np

from vidmotion.choices import Style
from vidmotion.rendering.drawing import (
    DARK,
    Canvas,
    Color,
    dashes,
    dot,
    draw_label,
    line,
    mix,
    person_color,
    side_color,
)
from vidmotion.rendering.head_and_hands import draw_hands, draw_head
from vidmotion.rendering.mesh_shading import draw_meshes
from vidmotion.rendering.people import PersonFrame
from vidmotion.skeletons import H36M17
from vidmotion.types import Floats

_HEAD = H36M17.joints.index("head")
OMIT_BELOW = 0.2
FAINT_BELOW = 0.5
"""Joints with a lower score are left out, or drawn half transparent."""
OPACITY = {Style.mesh: 0.9, Style.both: 0.55}
"""Of meshes."""


def draw_people(canvas: Canvas, people: list[PersonFrame], scale: Floats, style: Style) -> None:
    """Draw people over a picture (H, W, 3), which is changed.

    People without a mesh are drawn as skeletons in every style.

    Args:
        scale: (2,) pixels of the canvas per pixel of the scene.
    """
    meshes = [
        (person.mesh, person.camera) for person in people if person.mesh is not None and person.camera is not None
    ]
    if meshes:
        draw_meshes(canvas, [mesh for mesh, _ in meshes], [camera for _, camera in meshes], scale, OPACITY[style])
    for person in people:
        shown = person.score >= OMIT_BELOW
        if not shown.any():
            continue
        xy = person.xy * scale
        width = _stroke(canvas, xy[shown])
        if person.mesh is None or style is Style.both:
            _draw_skeleton(canvas, xy, person.score, width, person.observed)
            if person.head is not None:
                draw_head(canvas, person.head, scale, width)
            if person.hands is not None and person.hand_score is not None:
                draw_hands(canvas, person.hands, person.hand_score, scale)
        above = 6 if person.mesh is None else 11  # the mesh reaches further up than the joints
        label = np.array([_middle(xy, shown), xy[shown, 1].min() - width * above])
        draw_label(canvas, str(person.id), label, max(width * 2.6, 8), person_color(person.id))


def _draw_skeleton(canvas: Canvas, xy: Floats, score: Floats, width: float, observed: bool) -> None:
    shown = score >= OMIT_BELOW
    faint = shown & (score < FAINT_BELOW)
    if faint.any():
        part = _around(canvas, xy[shown], width * 4)
        before = part.copy()
        _draw_bones(canvas, xy, shown, width, observed)
        part[:] = part // 2 + before // 2
    _draw_bones(canvas, xy, shown & ~faint, width, observed)


def _draw_bones(canvas: Canvas, xy: Floats, shown: np.ndarray, width: float, observed: bool) -> None:
    bones = [(a, b, side_color(H36M17, b)) for a, b in H36M17.bones if shown[a] and shown[b]]
    if not observed:
        for a, b, color in bones:
            dashes(canvas, xy[a], xy[b], color, width / 2)
        return
    for a, b, _ in bones:
        line(canvas, xy[a], xy[b], DARK, width + 2)
    for a, b, color in bones:
        line(canvas, xy[a], xy[b], color, width)
    for joint in np.flatnonzero(shown):
        dot(canvas, xy[joint], width * 1.15 + 1, DARK)
        dot(canvas, xy[joint], width * 1.15, _light(side_color(H36M17, int(joint))))


def _around(canvas: Canvas, xy: Floats, margin: float) -> Canvas:
    """The part of the canvas that contains the points."""
    low = np.maximum(xy.min(0) - margin, 0).astype(int)
    high = np.maximum(xy.max(0) + margin, 0).astype(int)
    return canvas[low[1] : high[1], low[0] : high[0]]


def _light(color: Color) -> Color:
    return mix(color, (255, 255, 255), 0.35)


def _middle(xy: Floats, shown: np.ndarray) -> float:
    """The x of a person's head, or of the highest joint where the head is not seen: a raised hand is not hidden."""
    return float(xy[_HEAD, 0] if shown[_HEAD] else xy[shown][xy[shown, 1].argmin(), 0])


def _stroke(canvas: Canvas, xy: Floats) -> float:
    """Width of bones in pixels for a person of this size."""
    reach = float(np.ptp(xy, axis=0).max())
    return float(np.clip(reach / 110, 2, canvas.shape[0] / 160))
