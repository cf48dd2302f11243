"""Shades the meshes of people and draws them through a camera. Knows nothing about body models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from vidmotion.rendering.ink import Canvas, Color, mix, person_color
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


@dataclass(frozen=True, eq=False)
class _Lamp:
    direction: Floats
    """(3,) towards the lamp; camera axes: x right, y down, z forward."""
    color: Floats
    """(3,) share of each colour that a white surface throws back."""

    def shine(self, normals: Floats) -> Floats:
        """(V, 3) light that falls on surfaces with these normals (V, 3)."""
        toward = np.array(self.direction, np.float32) / np.float32(np.linalg.norm(self.direction))
        return np.maximum(normals @ toward, 0)[:, None] * np.array(self.color, np.float32)


# The lamps move with the camera, so that nobody turns dark while the view turns.
KEY = _Lamp(np.array([-0.5, -0.75, -0.6]), np.array([0.56, 0.54, 0.50]))
FILL = _Lamp(np.array([0.85, -0.05, -0.5]), np.array([0.17, 0.20, 0.25]))
AMBIENT, SKY = 0.30, 0.13
"""Light from everywhere, and how much more from above than from below."""
RIM, RIM_POWER = 0.34, 3
"""Light along the outline, which sets people off from what is behind them."""


def draw_skins(canvas: Canvas, skins: Sequence[Skin], cameras: Sequence[Camera], scale: Floats, opacity: float) -> None:
    """Draw people's meshes over a picture, the nearer before the farther.

    Args:
        canvas: (H, W, 3), changed.
        cameras: one for each skin, in the skin's world; all of them are the same camera in space.
        scale: (2,) pixels of the canvas per pixel of the cameras.
        opacity: 0..1.
    """
    paint(canvas, [_surface(skin, camera, scale, opacity) for skin, camera in zip(skins, cameras, strict=True)])


def _surface(skin: Skin, camera: Camera, scale: Floats, opacity: float) -> Surface:
    seen = (skin.vertices @ camera.rotation.T + camera.translation).astype(np.float32)  # (V, 3)
    depth = seen[:, 2]
    xy = (camera.focal * seen[:, :2] / np.maximum(depth, NEAR)[:, None] + camera.center) * scale
    rgba = np.empty((len(seen), 4), np.float32)
    rgba[:, :3] = _shade(seen, skin.faces, mix(CLAY, person_color(skin.person), TINT))
    rgba[:, 3] = opacity * (1 if skin.observed else UNSURE)
    return Surface(xy, depth, skin.faces, rgba)


def _shade(points: Floats, faces: Ints, color: Color) -> Floats:
    """(V, 3) colours of a matt surface at points (V, 3) in the camera's axes."""
    normals = normals_of(points, faces)
    toward = -points / np.maximum(np.sqrt((points * points).sum(1, keepdims=True)), 1e-6)
    light = KEY.shine(normals) + FILL.shine(normals) + (AMBIENT - SKY * normals[:, 1:2])
    edge = np.clip(1 - (normals * toward).sum(1, keepdims=True), 0, 1) ** RIM_POWER
    return np.minimum(light * np.array(color, np.float32) + 255 * RIM * edge, 255)
