"""Draws the 3D panel: shadows and rings on the stage's floor, then the people as meshes, skeletons or both."""

from __future__ import annotations

import cv2
import numpy as np

from vidmotion.choices import Style
from vidmotion.rendering.drawing import Canvas, chip, line, mix, person_color, ring
from vidmotion.rendering.mesh_shading import draw_skins
from vidmotion.rendering.skeleton3d import HAZE, Figure, draw_bones
from vidmotion.rendering.viewport import Stage
from vidmotion.types import Floats

OPACITY = {Style.mesh: 1.0, Style.both: 0.8}
"""Of meshes."""
RING = 0.26
"""Metres; radius of the ring around a person on the floor."""
SHADOW_SCALE = 2
"""Shadows are soft: a picture this much smaller holds them."""
SHADOW_DEPTH = 0.6
LIMB, SKIN_GAP = 0.1, 0.03
"""Metres: width of the shadow of a bone, and of that of a vertex, which closes the gaps to its neighbours."""


def draw_panel(stage: Stage, figures: list[Figure], frame: int, style: Style) -> Canvas:
    """The 3D panel of one frame, (H, W, 3). Figures without a mesh are skeletons in any style."""
    canvas = stage.draw_floor(frame)
    if not figures:
        return canvas
    canvas = _draw_shadows(canvas, stage, figures, frame)
    for figure in figures:
        _draw_ring(canvas, stage, figure, frame)
    skins = [figure.skin for figure in figures if figure.skin is not None]
    if skins:
        draw_skins(canvas, skins, [stage.camera(frame)] * len(skins), np.ones(2), OPACITY[style])
    draw_bones(canvas, stage, [one for one in figures if one.skin is None or style is Style.both], frame)
    for figure in figures:
        _draw_id(canvas, stage, figure, frame)
    return canvas


def _draw_shadows(canvas: Canvas, stage: Stage, figures: list[Figure], frame: int) -> Canvas:
    """What is straight above the floor, blurred, as a lamp above throws it."""
    width, height = stage.size
    light = np.full((height // SHADOW_SCALE, width // SHADOW_SCALE), 255, np.uint8)
    dark = round(255 * (1 - SHADOW_DEPTH))
    for figure in figures:
        xy, depth = stage.project(figure.points * [1, 0, 1], frame)
        meter = stage.focal / float(depth.mean()) / SHADOW_SCALE
        if figure.skin is None:
            for a, b in figure.skeleton.bones:
                line(light, xy[a] / SHADOW_SCALE, xy[b] / SHADOW_SCALE, dark, LIMB * meter)
        else:
            _darken(light, xy / SHADOW_SCALE, dark, SKIN_GAP * meter)
    blur = 0.035 * stage.focal / stage.distance / SHADOW_SCALE
    light = np.asarray(cv2.GaussianBlur(light, (0, 0), max(blur, 0.8)), dtype=np.uint8)
    light = np.asarray(cv2.resize(light, stage.size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
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


def _draw_ring(canvas: Canvas, stage: Stage, figure: Figure, frame: int) -> None:
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    around = RING * np.stack([np.sin(angles), np.zeros(40), np.cos(angles)], axis=-1)
    xy, _ = stage.project(figure.joints[0] * [1, 0, 1] + around, frame)
    ring(canvas, xy, mix(HAZE, person_color(figure.person), 0.7), 0.008 * stage.focal / stage.distance)


def _draw_id(canvas: Canvas, stage: Stage, figure: Figure, frame: int) -> None:
    above = figure.points[figure.points[:, 1].argmax()] + [0, 0.14, 0]
    xy, _ = stage.project(above[None], frame)
    chip(canvas, str(figure.person), xy[0], canvas.shape[0] / 72, person_color(figure.person))
