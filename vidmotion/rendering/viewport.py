"""The viewport of the 3D view: a camera that circles the people or stands beside them, and a floor with a grid.

The viewport is fitted to the whole motion, so that the view is steady. It follows people who walk far, and comes slowly
nearer while they stand closer together. Metres, Y up, the floor at y = 0. Does not depend on skeletons.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from vidmotion.choices import View
from vidmotion.geometry.filters import gaussian_smooth, opening
from vidmotion.rendering.drawing import Canvas, lines
from vidmotion.types import Camera, Floats

TURN_SECONDS = 14.0
"""Time of a full circle around the people."""
ELEVATION = np.radians(13.0)
"""How far the camera looks down."""
FIELD_OF_VIEW = np.radians(32.0)
"""Vertical."""
LEAST_RADIUS = 0.7
"""Metres around the people that are shown at least."""
FOLLOW_BEYOND = 1.0
"""Metres; the camera looks at a fixed center while people stay this near to it."""
FOLLOW_SECONDS = 1.0
"""Width of the filter of the center when it follows the people."""
NEAREST = 0.05
"""Metres; what is nearer to the camera is projected as if it were this far away."""
MARGIN = 0.86
"""Share of the panel that the people may fill."""
HEADROOM = 0.2
"""Metres above the joints that are in view: the top of the head and the person's number."""
AIM = 0.48
"""Height of the point that the camera looks at, as a share of that of the people."""
ZOOM_SECONDS = 1.5
"""Width of the filter of the camera's distance."""
MOMENT_SECONDS = 0.3
"""People who need a larger distance for less than this are not waited for."""
STEADY = 1.25
"""Where the largest distance that is needed is not larger than this times the least, the camera keeps it."""
BACKDROP_STEP = 1.02
"""Ratio of the distances for which backdrops are drawn."""
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

    def angles(self, frames: np.ndarray, fps: float) -> Floats:
        """Radians around the Y axis at frames (T,)."""
        return self.start + self.speed * frames / fps

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
    distance: Floats
    """(F,) metres from the camera to the point that it looks at."""
    radius: float
    """Metres around the center that the people take up."""
    top: float
    """Metres above the floor that the people take up."""

    @classmethod
    def around(
        cls, size: tuple[int, int], fps: float, orbit: CameraOrbit, center: Floats, radius: float, top: float
    ) -> Viewport:
        """The viewport that shows all of a cylinder whose center (2,) is on the floor, from all sides."""
        angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        circle = radius * np.stack([np.sin(angles), np.cos(angles)], axis=-1)
        points = np.concatenate([np.insert(circle, 1, y, axis=-1) for y in (0.0, top)])  # (48, 3)
        distance = _needed_distance(points[None], np.zeros(1), np.zeros((1, 2)), top, size)
        return cls(size, fps, orbit, center[None], distance, radius, top)

    @property
    def focal(self) -> float:
        """Pixels."""
        return _focal(self.size)

    def distance_at(self, frame: int) -> float:
        """Metres from the camera to the point that it looks at in a frame."""
        return float(self.distance[min(frame, len(self.distance) - 1)])

    def camera(self, frame: int) -> Camera:
        """The camera at a frame; its picture is the panel."""
        rotation = _rotations(self.orbit.angles(np.array([frame]), self.fps))[0]
        x, z = self.center[min(frame, len(self.center) - 1)]
        away = np.array([0, 0, self.distance_at(frame)]) - rotation @ np.array([x, self.top * AIM, z])
        return Camera(self.focal, (self.size[0] / 2, self.size[1] / 2), rotation, away)

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
        step = np.log(BACKDROP_STEP)
        distance = float(np.exp(np.round(np.log(self.distance_at(frame)) / step) * step))
        backdrop = _backdrop(self.size, distance, self.top, self._floor_radius)
        return np.asarray(cv2.add(backdrop, cv2.merge([grid] * 3)), dtype=np.uint8)

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


def _focal(size: tuple[int, int]) -> float:
    return size[1] / 2 / float(np.tan(FIELD_OF_VIEW / 2))


def _rotations(angles: Floats) -> Floats:
    """(T, 3, 3) world to camera axes of a camera at angles (T,) around the people."""
    sin, cos, rise, flat = np.sin(angles), np.cos(angles), np.sin(ELEVATION), np.cos(ELEVATION)
    zero = np.zeros_like(sin)
    right = [cos, zero, -sin]
    down = [sin * rise, zero - flat, cos * rise]
    forward = [-sin * flat, zero - rise, -cos * flat]
    return np.moveaxis(np.array([right, down, forward]), -1, 0)


def _needed_distance(points: Floats, angles: Floats, center: Floats, top: float, size: tuple[int, int]) -> Floats:
    """(T,) metres: the least distance from which points (T, N, 3) are in view.

    At a distance d, a point at (x, y, z) in the axes of a camera that stands at its target is in view if
    |x| * focal <= (z + d) * width / 2, and likewise for y.
    """
    target = np.insert(center, 1, top * AIM, axis=-1)
    x, y, z = np.moveaxis((points - target[:, None]) @ np.swapaxes(_rotations(angles), 1, 2), -1, 0)
    half_width, half_height = (side / 2 * MARGIN / _focal(size) for side in size)
    return (np.maximum(np.abs(x) / half_width, np.abs(y) / half_height) - z).max(1)


@lru_cache(maxsize=4)
def _backdrop(size: tuple[int, int], distance: float, top: float, floor_radius: float) -> Canvas:
    """(H, W, 3) without the grid. The camera keeps its height, so the round floor is the same at all angles."""
    width, height = size
    x, y = np.meshgrid(np.arange(width) - width / 2, height / 2 - np.arange(height))
    rays = np.stack([x / _focal(size), y / _focal(size), np.ones_like(x)], axis=-1)  # (H, W, 3) right, up, forward
    cos, sin = np.cos(ELEVATION), np.sin(ELEVATION)
    eye = np.array([0.0, top * AIM + distance * sin, distance * cos])
    fall = rays[..., 1] * cos - sin
    far = eye[1] / np.maximum(-fall, 1e-6)
    forward = eye[2] - far * (cos + rays[..., 1] * sin)
    away = np.hypot(rays[..., 0] * far, forward)
    light = np.where(fall < 0, _fade(away / floor_radius), 0.0)
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
        return Viewport.around(size, fps, orbit, np.zeros(2), radius=1.0, top=1.8)
    center = _center(frames, joints, max(frame_count, *(int(seen[-1]) + 1 for seen in frames)), fps)
    flat = [
        np.linalg.norm(body[..., [0, 2]] - center[seen][:, None], axis=-1)
        for seen, body in zip(frames, joints, strict=True)
    ]
    radius = max(float(np.percentile(np.concatenate([away.max(1) for away in flat]), 97)), LEAST_RADIUS)
    tops = np.concatenate([body[..., 1].max(1) for body in joints])
    top = max(float(np.percentile(tops, 97)), 1.0)
    needed = np.zeros(len(center))
    for seen, body in zip(frames, joints, strict=True):
        shown = np.concatenate([body, body + np.array([0, HEADROOM, 0])], axis=1)
        of_person = _needed_distance(shown, orbit.angles(seen, fps), center[seen], top, size)
        needed[seen] = np.maximum(needed[seen], of_person)
    return Viewport(size, fps, orbit, center, _smooth_distance(needed, fps), radius, top)


def _smooth_distance(needed: Floats, fps: float) -> Floats:
    """(F,) distances that change slowly and suffice for what is needed in each frame (F,); 0: nobody is there.

    What is needed for a moment only, as where a person is lifted wrongly, does not count.
    """
    known = np.flatnonzero(needed)
    filled = np.interp(np.arange(len(needed)), known, needed[known])
    lasting = opening(filled[:, None], round(MOMENT_SECONDS * fps))[:, 0]
    if lasting.max() <= STEADY * np.percentile(lasting, 2):
        return np.full(len(needed), lasting.max())
    radius = round(2 * ZOOM_SECONDS * fps)
    largest = sliding_window_view(np.pad(lasting, radius, mode="edge"), 2 * radius + 1).max(-1)
    return gaussian_smooth(largest, ZOOM_SECONDS * fps)


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
