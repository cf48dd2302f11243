"""Shades the meshes of people and draws them as a camera sees them. Does not depend on body models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from vidmotion.rendering.drawing import Canvas, Color, mix, person_color
from vidmotion.rendering.raster import NEAR, Surface, draw_surfaces, vertex_normals
from vidmotion.types import Camera, Floats, Ints

CLAY: Color = (222, 220, 216)
TINT = 0.5
"""The color of all meshes, and the share of the person's own color that is mixed in."""
INTERPOLATED = 0.45
"""Factor of the opacity where a pose was interpolated."""


class Mesh(Protocol):
    """One person's mesh over time."""

    @property
    def faces(self) -> Ints:
        """(F, 3) vertex numbers, anticlockwise seen from outside."""

    def vertices(self, row: int) -> Floats:
        """(V, 3) metres in the world of the person's motion, at one row of the track."""


@dataclass(frozen=True, eq=False)
class PersonMesh:
    """One person's mesh in one frame."""

    id: int
    """Of the person."""
    vertices: Floats
    """(V, 3) metres in the world of the camera that it is drawn with."""
    faces: Ints
    """(F, 3) vertex numbers, anticlockwise seen from outside."""
    observed: bool
    """False where the pose was interpolated."""


# The lamps move with the camera, so that people keep their brightness while the view turns.
TOWARD = np.array([[-0.461, -0.691, -0.553], [0.861, -0.051, -0.507]], np.float32)
"""(2, 3) unit vectors towards the key and the fill lamp; camera axes: x right, y down, z forward."""
LAMPS = np.array([[0.56, 0.54, 0.50], [0.17, 0.20, 0.25]], np.float32)
"""(2, 3) brightness of the lamps in red, green and blue; 1 makes a white surface that faces the lamp white."""
AMBIENT, SKY = 0.30, 0.13
"""Light from all directions, and how much more of it comes from above than from the side."""
RIM = 0.34
"""Light along the outline, which separates people from their background."""


def draw_meshes(
    canvas: Canvas,
    meshes: Sequence[PersonMesh],
    cameras: Sequence[Camera],
    scale: Floats,
    opacity: float,
    use_numba: bool | None = None,
) -> None:
    """Draw the meshes of people over a picture; nearer surfaces hide farther ones.

    Args:
        canvas: (H, W, 3), changed.
        cameras: one for each mesh, in the world of that mesh; all of them are the same physical camera.
        scale: (2,) pixels of the canvas per pixel of the cameras.
        opacity: 0..1.
        use_numba: see `raster.draw_surfaces`.
    """
    surfaces = [_surface(mesh, camera, scale, opacity, use_numba) for mesh, camera in zip(meshes, cameras, strict=True)]
    draw_surfaces(canvas, surfaces, use_numba)


def _surface(mesh: PersonMesh, camera: Camera, scale: Floats, opacity: float, use_numba: bool | None) -> Surface:
    seen = camera.to_camera_axes(mesh.vertices).astype(np.float32)  # (V, 3)
    xy = camera.to_pixels(seen, NEAR) * scale
    rgba = np.empty((len(seen), 4), np.float32)
    color = mix(CLAY, person_color(mesh.id), TINT)
    rgba[:, :3] = _shade(seen, vertex_normals(seen, mesh.faces, use_numba), color)
    rgba[:, 3] = opacity * (1 if mesh.observed else INTERPOLATED)
    return Surface(xy, seen[:, 2], mesh.faces, rgba)


def _shade(points: Floats, normals: Floats, color: Color) -> Floats:
    """(V, 3) colors of a matt surface with normals (V, 3) at points (V, 3) in camera axes."""
    light = np.maximum(normals @ TOWARD.T, 0) @ LAMPS + (AMBIENT - SKY * normals[:, 1:2])
    away = np.sqrt((points * points).sum(1))
    edge = np.clip(1 + (normals * points).sum(1) / np.maximum(away, 1e-6), 0, 1)
    return np.minimum(light * np.array(color, np.float32) + (255 * RIM * edge * edge * edge)[:, None], 255)
