"""Draws the 3D panel: shadows and rings on the floor, then the people as meshes, skeletons or both.

Skeletons have discs that show expected errors.
"""

from __future__ import annotations

import cv2
import numpy as np

from vidmotion.choices import Style
from vidmotion.rendering.drawing import Canvas, draw_label, line, mix, person_color, ring
from vidmotion.rendering.mesh_shading import draw_meshes
from vidmotion.rendering.skeleton3d import HAZE, Person3D, draw_bones, draw_error_discs
from vidmotion.rendering.viewport import Viewport
from vidmotion.types import Floats

OPACITY = {Style.mesh: 1.0, Style.both: 0.8}
"""Of meshes."""
RING = 0.26
"""Metres; radius of the ring around a person on the floor."""
SHADOW_SCALE = 2
"""Shadows are drawn on a picture this much smaller, as they are blurred anyway."""
SHADOW_DEPTH = 0.6
"""Share of the light that a shadow takes away."""
LIMB, VERTEX = 0.1, 0.03
"""Metres: width of the shadow of a bone, and of a vertex, wide enough to close the gaps between vertices."""


def draw_panel(viewport: Viewport, people: list[Person3D], frame: int, style: Style) -> Canvas:
    """The 3D panel of one frame, (H, W, 3). People without a mesh are drawn as skeletons in every style."""
    canvas = viewport.draw_floor(frame)
    if not people:
        return canvas
    canvas = _draw_shadows(canvas, viewport, people, frame)
    for person in people:
        _draw_ring(canvas, viewport, person, frame)
    meshes = [person.mesh for person in people if person.mesh is not None]
    if meshes:
        draw_meshes(canvas, meshes, [viewport.camera(frame)] * len(meshes), np.ones(2), OPACITY[style])
    with_bones = [one for one in people if one.mesh is None or style is Style.both]
    draw_error_discs(canvas, viewport, with_bones, frame)
    draw_bones(canvas, viewport, with_bones, frame)
    for person in people:
        _draw_id(canvas, viewport, person, frame)
    return canvas


def _draw_shadows(canvas: Canvas, viewport: Viewport, people: list[Person3D], frame: int) -> Canvas:
    """Darken the floor straight below the people, blurred, as if light came from above."""
    width, height = viewport.size
    light = np.full((height // SHADOW_SCALE, width // SHADOW_SCALE), 255, np.uint8)
    dark = round(255 * (1 - SHADOW_DEPTH))
    for person in people:
        xy, depth = viewport.project(person.points * [1, 0, 1], frame)
        meter = viewport.focal / float(depth.mean()) / SHADOW_SCALE
        if person.mesh is None:
            for a, b in person.skeleton.bones:
                line(light, xy[a] / SHADOW_SCALE, xy[b] / SHADOW_SCALE, dark, LIMB * meter)
        else:
            _darken(light, xy / SHADOW_SCALE, dark, VERTEX * meter)
    blur = 0.035 * viewport.focal / viewport.distance_at(frame) / SHADOW_SCALE
    light = np.asarray(cv2.GaussianBlur(light, (0, 0), max(blur, 0.8)), dtype=np.uint8)
    light = np.asarray(cv2.resize(light, viewport.size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    return np.asarray(cv2.multiply(canvas, cv2.merge([light] * 3), scale=1 / 255), dtype=np.uint8)


def _darken(light: Canvas, xy: Floats, dark: int, width: float) -> None:
    """Darken spots of a width in pixels around thousands of points (N, 2)."""
    spots = np.zeros_like(light)
    x, y = np.floor(np.clip(xy, -1, np.array(light.shape[::-1]))).astype(int).T
    inside = (x >= 0) & (y >= 0) & (x < light.shape[1]) & (y < light.shape[0])
    spots[y[inside], x[inside]] = 255 - dark
    size = max(round(width), 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    np.minimum(light, 255 - cv2.dilate(spots, kernel), out=light)


def _draw_ring(canvas: Canvas, viewport: Viewport, person: Person3D, frame: int) -> None:
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    around = RING * np.stack([np.sin(angles), np.zeros(40), np.cos(angles)], axis=-1)
    xy, _ = viewport.project(person.joints[0] * [1, 0, 1] + around, frame)
    ring(canvas, xy, mix(HAZE, person_color(person.id), 0.7), 0.008 * viewport.focal / viewport.distance_at(frame))


def _draw_id(canvas: Canvas, viewport: Viewport, person: Person3D, frame: int) -> None:
    above = person.points[person.points[:, 1].argmax()] + [0, 0.14, 0]
    xy, _ = viewport.project(above[None], frame)
    draw_label(canvas, str(person.id), xy[0], canvas.shape[0] / 72, person_color(person.id))
