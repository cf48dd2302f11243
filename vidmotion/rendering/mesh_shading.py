"""Shades the meshes of people and draws them through a camera. Knows nothing about body models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from vidmotion.rendering.drawing import Canvas, Color, mix, person_color
from vidmotion.rendering.raster import NEAR, Surface, normals_of, paint
from vidmotion.types import Camera, Floats, Ints

CLAY: Color = (222, 220, 216)
TINT = 0.5
"""What people are made of, and how far it is dyed in the person's colour."""
UNSURE = 0.45
"""Share of the opacity that is left where a pose was interpolated."""


class Mesh(Protocol):
    """One person's skin over time."""

    @property
    def faces(self) -> Ints:
        """(F, 3) vertex numbers, anticlockwise seen from outside."""

    def vertices(self, row: int) -> Floats:
        """(V, 3) metres in the world of the person's motion, at one row of the track."""


@dataclass(frozen=True, eq=False)
class Skin:
    """One person's mesh in one frame."""

    person: int
    vertices: Floats
    """(V, 3) metres in the camera's world."""
    faces: Ints
    """(F, 3)"""
    observed: bool
    """False where the pose was interpolated."""


# The lamps move with the camera, so that nobody turns dark while the view turns.
TOWARD = np.array([[-0.461, -0.691, -0.553], [0.861, -0.051, -0.507]], np.float32)
"""(2, 3) unit vectors towards the key and the fill lamp; camera axes: x right, y down, z forward."""
LAMPS = np.array([[0.56, 0.54, 0.50], [0.17, 0.20, 0.25]], np.float32)
"""(2, 3) share of each colour that a white surface throws back of them."""
AMBIENT, SKY = 0.30, 0.13
"""Light from everywhere, and how much more from above than from below."""
RIM = 0.34
"""Light along the outline, which sets people off from what is behind them."""


def draw_skins(
    canvas: Canvas,
    skins: Sequence[Skin],
    cameras: Sequence[Camera],
    scale: Floats,
    opacity: float,
    fast: bool | None = None,
) -> None:
    """Draw people's meshes over a picture, the nearer before the farther.

    Args:
        canvas: (H, W, 3), changed.
        cameras: one for each skin, in the skin's world; all of them are the same camera in space.
        scale: (2,) pixels of the canvas per pixel of the cameras.
        opacity: 0..1.
        fast: see `raster.paint`.
    """
    surfaces = [_surface(skin, camera, scale, opacity, fast) for skin, camera in zip(skins, cameras, strict=True)]
    paint(canvas, surfaces, fast)


def _surface(skin: Skin, camera: Camera, scale: Floats, opacity: float, fast: bool | None) -> Surface:
    seen = camera.to_camera_axes(skin.vertices).astype(np.float32)  # (V, 3)
    xy = camera.to_pixels(seen, NEAR) * scale
    rgba = np.empty((len(seen), 4), np.float32)
    color = mix(CLAY, person_color(skin.person), TINT)
    rgba[:, :3] = _shade(seen, normals_of(seen, skin.faces, fast), color)
    rgba[:, 3] = opacity * (1 if skin.observed else UNSURE)
    return Surface(xy, seen[:, 2], skin.faces, rgba)


def _shade(points: Floats, normals: Floats, color: Color) -> Floats:
    """(V, 3) colours of a matt surface with normals (V, 3) at points (V, 3) in the camera's axes."""
    light = np.maximum(normals @ TOWARD.T, 0) @ LAMPS + (AMBIENT - SKY * normals[:, 1:2])
    away = np.sqrt((points * points).sum(1))
    edge = np.clip(1 + (normals * points).sum(1) / np.maximum(away, 1e-6), 0, 1)
    return np.minimum(light * np.array(color, np.float32) + (255 * RIM * edge * edge * edge)[:, None], 255)
