"""Draws the surroundings without people: a room of walls and boxes, or open ground in front of a background picture.

Traces rays on the CPU (numba). World axes: metres, Y up, the floor at y = 0. Does not depend on people.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

from vidmotion.data.synthetic.frame_camera import FrameCamera
from vidmotion.data.synthetic.procedural_noise import hash_noise, value_noise
from vidmotion.types import Floats, Ints

BACKDROP_ANGLE = 2.0
"""Radians along the horizon that a background picture covers; beyond, it is repeated in mirror image."""
_FADE = 25.0
"""Metres from the camera at which the color of open ground is half that of the background picture."""


def _no_backdrop() -> NDArray[np.uint8]:
    return np.zeros((0, 0, 3), np.uint8)


@dataclass(frozen=True, eq=False)
class Room:
    """A room with boxes in it. Colors are 0..255 RGB."""

    low: Floats
    """(3,) metres, the corner of smallest coordinates; low[1] is the floor's height, 0."""
    high: Floats
    """(3,) metres, the opposite corner."""
    colors: Floats
    """(3, 3) walls, floor, ceiling."""
    floor: int
    """Pattern: 0 planks, 1 tiles, 2 carpet, 3 soil."""
    boxes: Floats
    """(N, 6) low and high corners, metres."""
    box_colors: Floats
    """(N, 2, 3) two colors of each box."""
    box_patterns: Ints
    """(N,) 0 plain, 1 stripes, 2 drawers, 3 picture, 4 clouds."""
    backdrop: NDArray[np.uint8] = field(default_factory=_no_backdrop)
    """(h, w, 3) uint8, seen far away in place of walls and ceiling; empty for a room with walls."""
    ground: bool = True
    """Whether there is a floor in front of a backdrop; otherwise the backdrop continues downwards."""


@dataclass(frozen=True, eq=False)
class RoomPicture:
    """A picture of the surroundings without people, and what drawing people into it needs."""

    picture: Floats
    """(H, W, 3) float32 RGB 0..255."""
    near: Floats
    """(H, W) float32, 1 / depth in metres where a box is seen; 0 elsewhere."""
    floor: Floats
    """(H, W) float32 0..1, share of the pixel that shows the floor."""


def draw_room(room: Room, camera: FrameCamera, samples: int = 2) -> RoomPicture:
    """Draw the room without people, with `samples` sub-pixels along each axis."""
    width, height = camera.size
    picture = np.empty((height, width, 3), np.float32)
    near, floor = np.empty((height, width), np.float32), np.empty((height, width), np.float32)
    _trace(
        picture,
        near,
        floor,
        camera.position,
        camera.rotation,
        camera.focal,
        samples,
        np.stack([room.low, room.high]),
        room.colors,
        room.floor,
        room.boxes,
        _box_bounds(room.boxes, camera),
        room.box_colors,
        room.box_patterns,
        room.backdrop,
        room.ground,
    )
    return RoomPicture(picture, near, floor)


def draw_soft_room(room: Room, camera: FrameCamera) -> RoomPicture:
    """As `draw_room`, at half the resolution and enlarged: four times faster and slightly blurred."""
    half = draw_room(room, camera.halved(), samples=1)
    picture, near, floor = (_doubled(part) for part in (half.picture, half.near, half.floor))
    return RoomPicture(picture, near, floor)


def _doubled(part: Floats) -> Floats:
    doubled: Floats = cv2.resize(part, None, fx=2, fy=2)  # type: ignore[assignment]
    return doubled


def _box_bounds(boxes: Floats, camera: FrameCamera) -> Ints:
    """(N, 4) pixels x0, y0, x1, y1 of a rectangle that contains each box in the picture."""
    frames = np.empty((len(boxes), 4), np.int64)
    for n, box in enumerate(boxes):
        corners = np.stack(np.meshgrid(box[[0, 3]], box[[1, 4]], box[[2, 5]]), -1).reshape(-1, 3)
        if camera.to_camera_axes(corners)[:, 2].min() < 0.05:
            frames[n] = 0, 0, *camera.size
        else:
            pixels = camera.project(corners)
            frames[n] = *np.floor(pixels.min(0) - 1), *np.ceil(pixels.max(0) + 1)
    return frames


@numba.njit(cache=True, fastmath=True)
def _enter(origin, inverse, boxes, n):  # type: ignore[no-untyped-def]
    """Distance at which a ray enters a box, and the axis of the face; (-1, 0) if it does not."""
    near, far, axis = 0.0, 1e9, 0
    for k in range(3):
        t0, t1 = (boxes[n, k] - origin[k]) * inverse[k], (boxes[n, 3 + k] - origin[k]) * inverse[k]
        if t0 > t1:
            t0, t1 = t1, t0
        if t0 > near:
            near, axis = t0, k
        far = min(far, t1)
    if near >= far or near <= 0:
        return -1.0, 0
    return near, axis


@numba.njit(cache=True, fastmath=True)
def _floor(x, z, kind):  # type: ignore[no-untyped-def]
    """Brightness of the floor."""
    if kind == 0:
        plank = np.floor(x / 0.16)
        along = z / 1.4 + 5.0 * hash_noise(plank, 1.0, 0.0)
        gap = (x / 0.16) % 1.0 < 0.035 or along % 1.0 < 0.006
        grain = 0.12 * value_noise(x * 60, z * 3, 1.0)
        return 0.62 if gap else 0.80 + 0.22 * hash_noise(plank, np.floor(along), 2.0) + grain
    if kind == 1:
        gap = (x / 0.45) % 1.0 < 0.025 or (z / 0.45) % 1.0 < 0.025
        dark = (np.floor(x / 0.45) + np.floor(z / 0.45)) % 2
        return 0.70 if gap else 0.95 - 0.22 * dark + 0.08 * value_noise(x * 8, z * 8, 4.0)
    if kind == 2:
        return 0.85 + 0.25 * value_noise(x * 40, z * 40, 6.0) * value_noise(x * 3, z * 3, 7.0)
    return 0.65 + 0.35 * value_noise(x * 1.3, z * 1.3, 10.0) + 0.25 * value_noise(x * 14, z * 14, 11.0)


@numba.njit(cache=True, fastmath=True)
def _box_color(u, v, pattern, colors, rgb):  # type: ignore[no-untyped-def]
    """Write the color at (u, v) in 0..1 on a face of a box into `rgb`."""
    which, shade = 0, 1.0
    if pattern == 1:
        which = int(u * 9) % 2
    elif pattern == 2:
        edge = min((v * 3) % 1.0, 1 - (v * 3) % 1.0, u * 3, (1 - u) * 3)
        knob = abs(u - 0.5) < 0.06 and abs((v * 3) % 1.0 - 0.5) < 0.06
        which = 1 if edge < 0.05 or knob else 0
    elif pattern == 3:
        frame = min(u, 1 - u, v, 1 - v) < 0.07
        hill = v < 0.35 + 0.2 * value_noise(u * 5, 0.0, 8.0)
        which = 1 if frame or hill else 0
        shade = 0.85 + 0.3 * v
    elif pattern == 4:
        which = 1 if value_noise(u * 7, v * 7, 12.0) > 0.55 else 0
        shade = 0.8 + 0.4 * value_noise(u * 23, v * 23, 13.0)
    for k in range(3):
        rgb[k] = colors[which, k] * shade


@numba.njit(cache=True, fastmath=True)
def _backdrop_color(ray, backdrop, rgb):  # type: ignore[no-untyped-def]
    """Write the backdrop's color in the direction of a ray into `rgb`; it is a cylinder, its middle row the horizon."""
    height, width = backdrop.shape[:2]
    turn = np.arctan2(ray[0], ray[2]) / BACKDROP_ANGLE
    turn = abs(turn % 2.0 - 1.0)
    rise = ray[1] / np.sqrt(ray[0] * ray[0] + ray[2] * ray[2] + 1e-12)
    row = height / 2 - rise * width / BACKDROP_ANGLE
    row = abs(row) if row < height else 2 * height - 1 - row
    row = min(max(int(row), 0), height - 1)
    column = min(int(turn * width), width - 1)
    for k in range(3):
        rgb[k] = backdrop[row, column, k]


@numba.njit(cache=True, fastmath=True)
def _contact(x, z, boxes):  # type: ignore[no-untyped-def]
    """Factor by which boxes darken the floor beside them."""
    shade = 1.0
    for n in range(len(boxes)):
        if boxes[n, 1] > 0.3:
            continue
        dx = max(boxes[n, 0] - x, x - boxes[n, 3], 0.0)
        dz = max(boxes[n, 2] - z, z - boxes[n, 5], 0.0)
        apart = dx * dx + dz * dz
        if apart < 0.15:
            shade *= 1 - 0.35 * np.exp(-apart / 0.02)
    return shade


@numba.njit(cache=True, fastmath=True)
def _trace(  # type: ignore[no-untyped-def]
    picture, near, floor_seen, eye, rotation, focal, samples, limits, colors, floor, boxes, frames, box_colors,
    box_patterns, backdrop, ground,
):  # fmt: skip
    height, width = near.shape
    shades = (0.86, 1.0, 0.72)
    open_air = backdrop.shape[0] > 0
    rgb, ray, inverse, point = np.zeros(3), np.zeros(3), np.zeros(3), np.zeros(3)
    for y in range(height):
        for x in range(width):
            total0 = total1 = total2 = 0.0
            closest = on_floor = 0.0
            for s in range(samples * samples):
                px = x + (s % samples + 0.5) / samples - width / 2
                py = y + (s // samples + 0.5) / samples - height / 2
                for k in range(3):
                    ray[k] = (rotation[0, k] * px + rotation[1, k] * py) / focal + rotation[2, k]
                    inverse[k] = 1 / (ray[k] if abs(ray[k]) > 1e-9 else 1e-9)
                best, axis, hit = 1e9, -1, -1
                for k in range(3):
                    if open_air and (k != 1 or ray[1] >= -1e-3 or not ground):
                        continue
                    t = ((limits[1, k] if ray[k] > 0 else limits[0, k]) - eye[k]) * inverse[k]
                    if t < best:
                        best, axis = t, k
                for n in range(len(boxes)):
                    if x < frames[n, 0] or x >= frames[n, 2] or y < frames[n, 1] or y >= frames[n, 3]:
                        continue
                    t, face = _enter(eye, inverse, boxes, n)
                    if 0 < t < best:
                        best, axis, hit = t, face, n
                for k in range(3):
                    point[k] = eye[k] + best * ray[k]
                shade = 1.0
                if axis >= 0:
                    shade = shades[axis]
                if hit >= 0:
                    box = boxes[hit]
                    a = 0 if axis == 2 else 2
                    b = 1 if axis != 1 else 0
                    u = (point[a] - box[a]) / (box[a + 3] - box[a])
                    v = (point[b] - box[b]) / (box[b + 3] - box[b])
                    _box_color(u, v, box_patterns[hit], box_colors[hit], rgb)
                    closest = max(closest, 1 / best)
                elif axis == 1 and ray[1] < 0:
                    shade = _floor(point[0], point[2], floor) * _contact(point[0], point[2], boxes)
                    if open_air:
                        _backdrop_color(ray, backdrop, rgb)
                        fade = best / (best + _FADE)
                        for k in range(3):
                            rgb[k] = rgb[k] * fade + colors[1, k] * shade * (1 - fade)
                        shade = 1.0
                    else:
                        for k in range(3):
                            rgb[k] = colors[1, k]
                    on_floor += 1
                elif open_air:
                    _backdrop_color(ray, backdrop, rgb)
                elif axis == 1:
                    for k in range(3):
                        rgb[k] = colors[2, k]
                else:
                    along = point[2] if axis == 0 else point[0]
                    for k in range(3):
                        rgb[k] = colors[0, k]
                    shade *= 0.84 + 0.13 * min(point[1] / 2.0, 1.0) + 0.05 * value_noise(along * 2, point[1] * 2, 9.0)
                    if point[1] < 0.11:
                        for k in range(3):
                            rgb[k] = 0.5 * colors[0, k] + 110
                        shade *= 0.80 if point[1] > 0.10 else 0.95
                total0 += rgb[0] * shade
                total1 += rgb[1] * shade
                total2 += rgb[2] * shade
            share = 1.0 / (samples * samples)
            picture[y, x, 0] = total0 * share
            picture[y, x, 1] = total1 * share
            picture[y, x, 2] = total2 * share
            near[y, x] = closest
            floor_seen[y, x] = on_floor * share
