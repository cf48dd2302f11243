"""The viewport of the 3D view: a camera that circles the people or stands beside them, and a floor with a grid.

The viewport is fitted once to the whole motion, so that the view is steady; it follows only people who walk far.
Metres, Y up, the floor at y = 0. Does not depend on skeletons.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from vidmotion.choices import View
from vidmotion.geometry.filters import gaussian_smooth
from vidmotion.rendering.drawing import Canvas, lines
from vidmotion.types import Camera, Floats

TURN_SECONDS = 14.0
"""Time of a full circle around the people."""
ELEVATION = np.radians(13.0)
"""How far the camera looks down."""
FIELD_OF_VIEW = np.radians(32.0)
"""Vertical."""
FOLLOW_BEYOND = 1.0
"""Metres; the camera looks at a fixed center while people stay this near to it."""
FOLLOW_SECONDS = 1.0
"""Width of the filter of the center when it follows the people."""
NEAREST = 0.05
"""Metres; what is nearer to the camera is projected as if it were this far away."""
MARGIN = 0.86
"""Share of the panel that the people may fill."""
SKY_TOP, SKY_BOTTOM = np.array([17.0, 19.0, 25.0]), np.array([29.0, 32.0, 41.0])
"""Colors of the background at the upper and the lower edge of the panel."""
FLOOR_LIGHT = np.array([34.0, 38.0, 48.0])
"""Added to the background in the center of the floor."""
GRID_LIGHT, GRID_SHADES = 46, 4
"""Brightness of the grid at the center, and the steps in which it fades outwards."""


@dataclass(frozen=True)
class CameraOrbit:
    """The path of the camera around the people."""

    start: float
    """Radians around the Y axis at frame 0; 0 lies on +Z."""
    speed: float
    """Radians per second."""

    @classmethod
    def for_view(cls, view: View, heading: float) -> CameraOrbit:
        """The path for a view; `heading` is that of the camera that filmed the people, see `alignment.heading`."""
        if view is View.side:
            return cls(heading + np.pi / 2, 0.0)
        return cls(heading, 2 * np.pi / TURN_SECONDS)


@dataclass(frozen=True, eq=False)
class Viewport:
    """The camera of the 3D view at each frame, and the floor."""

    size: tuple[int, int]
    """Width and height of the panel in pixels."""
    fps: float
    orbit: CameraOrbit
    center: Floats
    """(F, 2) metres, the x and z that the camera looks at in each frame."""
    radius: float
    """Metres around the center that the people take up."""
    top: float
    """Metres above the floor that the people take up."""

    @cached_property
    def focal(self) -> float:
        """Pixels."""
        return self.size[1] / 2 / float(np.tan(FIELD_OF_VIEW / 2))

    @cached_property
    def distance(self) -> float:
        """Metres from the camera to the center of the people; the least distance from which all of them are in view."""
        angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        circle = self.radius * np.stack([np.sin(angles), np.cos(angles)], axis=-1)
        points = np.concatenate([np.insert(circle, 1, y, axis=-1) for y in (0.0, self.top)])  # (48, 3)
        for distance in np.geomspace(self.radius + 0.5, 100 * self.radius + 10, 200):
            x, y, depth = self._camera(0.0, float(distance), np.zeros(2)).to_camera_axes(points).T
            fits = (np.abs(x) * self.focal < depth * self.size[0] / 2 * MARGIN) & (
                np.abs(y) * self.focal < depth * self.size[1] / 2 * MARGIN
            )
            if fits.all() and (depth > 0.1).all():
                break
        return float(distance)

    def camera(self, frame: int) -> Camera:
        """The camera at a frame; its picture is the panel."""
        angle = self.orbit.start + self.orbit.speed * frame / self.fps
        return self._camera(angle, self.distance, self.center[min(frame, len(self.center) - 1)])

    def _camera(self, angle: float, distance: float, center: Floats) -> Camera:
        """The camera at an angle around, and a distance in metres from, a point (x, z) of the floor."""
        sin, cos, rise, flat = np.sin(angle), np.cos(angle), np.sin(ELEVATION), np.cos(ELEVATION)
        right = [cos, 0.0, -sin]
        down = [sin * rise, -flat, cos * rise]
        forward = [-sin * flat, -rise, -cos * flat]
        rotation = np.array([right, down, forward])
        target = np.array([center[0], self.top * 0.48, center[1]])
        return Camera(
            self.focal, (self.size[0] / 2, self.size[1] / 2), rotation, np.array([0, 0, distance]) - rotation @ target
        )

    def project(self, points: Floats, frame: int) -> tuple[Floats, Floats]:
        """Pixels (N, 2) and depths (N,) in metres of world points (N, 3) at a frame."""
        camera = self.camera(frame)
        seen = camera.to_camera_axes(points)
        return camera.to_pixels(seen, NEAREST), np.maximum(seen[:, 2], NEAREST)

    def draw_floor(self, frame: int) -> Canvas:
        """A new panel (H, W, 3) with the floor and its grid."""
        grid = np.zeros(self.size[::-1], np.uint8)
        starts, ends, light = self._grid(frame)
        for level in range(GRID_LIGHT, 0, -GRID_SHADES):
            alike = (light <= level) & (light > level - GRID_SHADES)
            if alike.any():
                lines(grid, starts[alike], ends[alike], level)
        return np.asarray(cv2.add(self._backdrop, cv2.merge([grid] * 3)), dtype=np.uint8)

    @property
    def grid_step(self) -> float:
        """Metres between two lines of the grid."""
        return next((step for step in (0.5, 1.0, 2.0, 5.0) if self._floor_radius / step <= 9), 10.0)

    @property
    def _floor_radius(self) -> float:
        return self.radius * 1.6 + 1.6

    def _grid(self, frame: int) -> tuple[Floats, Floats, Floats]:
        """Pieces of grid lines: starts (N, 2) and ends (N, 2) in pixels, brightness (N,)."""
        center = self.center[min(frame, len(self.center) - 1)]
        step, reach = self.grid_step, self._floor_radius
        low, high = np.ceil((center - reach) / step), np.floor((center + reach) / step)
        xs, zs = (np.arange(a, b + 1) * step for a, b in zip(low, high, strict=True))
        x, z = np.meshgrid(xs, zs, indexing="ij")
        knots = np.stack([x, np.zeros_like(x), z], axis=-1)  # (X, Z, 3)
        starts = np.concatenate([knots[:-1].reshape(-1, 3), knots[:, :-1].reshape(-1, 3)])
        ends = np.concatenate([knots[1:].reshape(-1, 3), knots[:, 1:].reshape(-1, 3)])
        away = np.linalg.norm(((starts + ends) / 2)[:, [0, 2]] - center, axis=-1)
        light = GRID_LIGHT * _fade(away / reach)
        seen = light >= 1
        a, _ = self.project(starts[seen], frame)
        b, _ = self.project(ends[seen], frame)
        return a, b, light[seen]

    @cached_property
    def _backdrop(self) -> Canvas:
        """(H, W, 3) without the grid. The camera keeps its height, so the round floor is the same in all frames."""
        width, height = self.size
        x, y = np.meshgrid(np.arange(width) - width / 2, height / 2 - np.arange(height))
        rays = np.stack([x / self.focal, y / self.focal, np.ones_like(x)], axis=-1)  # (H, W, 3) right, up, forward
        cos, sin = np.cos(ELEVATION), np.sin(ELEVATION)
        eye = np.array([0.0, self.top * 0.48 + self.distance * sin, self.distance * cos])
        fall = rays[..., 1] * cos - sin
        far = eye[1] / np.maximum(-fall, 1e-6)
        forward = eye[2] - far * (cos + rays[..., 1] * sin)
        away = np.hypot(rays[..., 0] * far, forward)
        light = np.where(fall < 0, _fade(away / self._floor_radius), 0.0)
        sky = SKY_TOP + (SKY_BOTTOM - SKY_TOP) * np.linspace(0, 1, height)[:, None, None]
        # Noise below one level of brightness hides the steps of the dark gradients.
        noise = np.random.default_rng(0).random((height, width, 3))
        return (sky + light[..., None] * FLOOR_LIGHT + noise).astype(np.uint8)


def _fade(share: Floats) -> Floats:
    """Fall smoothly from 1 at the center (share 0) to 0 at the edge (share 1)."""
    rest = np.clip(1 - share, 0, 1)
    return rest * rest * (3 - 2 * rest)


def fit_viewport(
    frames: list[np.ndarray],
    joints: list[Floats],
    frame_count: int,
    size: tuple[int, int],
    fps: float,
    orbit: CameraOrbit,
) -> Viewport:
    """The viewport that shows all people during a whole film.

    Args:
        frames: the frame numbers (T,) of each person.
        joints: (T, J, 3) metres of each person, in one world.
        size: width and height of the panel in pixels.
    """
    if not joints:
        return Viewport(size, fps, orbit, np.zeros((1, 2)), radius=1.0, top=1.8)
    center = _center(frames, joints, max(frame_count, *(int(seen[-1]) + 1 for seen in frames)), fps)
    flat = [
        np.linalg.norm(body[..., [0, 2]] - center[seen][:, None], axis=-1)
        for seen, body in zip(frames, joints, strict=True)
    ]
    radius = max(float(np.percentile(np.concatenate([away.max(1) for away in flat]), 97)), 0.7)
    tops = np.concatenate([body[..., 1].max(1) for body in joints])
    return Viewport(size, fps, orbit, center, radius, top=max(float(np.percentile(tops, 97)), 1.0))


def _center(frames: list[np.ndarray], joints: list[Floats], count: int, fps: float) -> Floats:
    """(F, 2) x and z of the center of the people over time: fixed, or following them smoothly."""
    total, seen = np.zeros((count, 2)), np.zeros(count)
    for numbers, body in zip(frames, joints, strict=True):
        total[numbers] += body[:, 0, [0, 2]]
        seen[numbers] += 1
    known = np.flatnonzero(seen)
    path = total[known] / seen[known, None]
    low, high = np.percentile(path, [3, 97], axis=0)
    if np.linalg.norm(high - low) / 2 <= FOLLOW_BEYOND:
        return np.repeat((low + high)[None] / 2, count, axis=0)
    filled = np.stack([np.interp(np.arange(count), known, path[:, axis]) for axis in (0, 1)], axis=-1)
    return gaussian_smooth(filled, FOLLOW_SECONDS * fps)
