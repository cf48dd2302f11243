"""Pictures of a dressed figure in a room, drawn on the CPU: numba, deterministic, no graphics library.

The room (walls, floor, boxes) is traced, the figure rasterised with its rest-pose coordinates, by which
clothes and face are painted at the picture's own resolution. World axes: metres, Y up, the floor at y = 0.
Knows nothing about motion or joints.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numba
import numpy as np

from samples.figure import Figure

_LIGHT = np.array([0.45, 0.78, 0.44])
"""Direction towards the light, world axes."""
_CONTACT = 0.16
"""Metres above the floor up to which the figure darkens it."""


@dataclass(frozen=True, eq=False)
class Lens:
    """A camera at one moment: camera = rotation @ world + translation, pixel = focal * xy / z + center."""

    rotation: np.ndarray
    """(3, 3) world to camera; camera axes are x right, y down, z forward."""
    translation: np.ndarray
    """(3,) metres."""
    focal: float
    """Pixels."""
    size: tuple[int, int]
    """Width and height in pixels; the principal point is the middle."""

    @property
    def center(self) -> np.ndarray:
        """(2,) pixels; (0, 0) is the corner of the first pixel."""
        return np.array(self.size) / 2

    def see(self, points: np.ndarray) -> np.ndarray:
        """World points (..., 3) in camera axes, metres."""
        return points @ self.rotation.T + self.translation

    def project(self, points: np.ndarray) -> np.ndarray:
        """World points (..., 3) on the picture, (..., 2) pixels."""
        seen = self.see(points)
        return self.focal * seen[..., :2] / seen[..., 2:] + self.center


def look(position: np.ndarray, target: np.ndarray, roll: float) -> tuple[np.ndarray, np.ndarray]:
    """Rotation (3, 3) and translation (3,) of a camera at `position` looking at `target`; roll in radians."""
    z = (target - position) / np.linalg.norm(target - position)
    x = np.cross(z, [0.0, 1.0, 0.0])
    x /= np.linalg.norm(x)
    y = np.cross(z, x)
    cos, sin = np.cos(roll), np.sin(roll)
    rotation = np.stack([cos * x + sin * y, cos * y - sin * x, z])
    return rotation, -rotation @ position


@dataclass(frozen=True, eq=False)
class Room:
    """A room with boxes in it. Colours are 0..255 RGB."""

    low: np.ndarray
    """(3,) metres, a corner of the room; low[1] is the floor's height, 0."""
    high: np.ndarray
    """(3,)"""
    colours: np.ndarray
    """(3, 3) walls, floor, ceiling."""
    floor: int
    """0 planks, 1 tiles, 2 carpet."""
    boxes: np.ndarray
    """(N, 6) low and high corners, metres."""
    box_colours: np.ndarray
    """(N, 2, 3) two colours each."""
    box_patterns: np.ndarray
    """(N,) 0 plain, 1 stripes, 2 drawers, 3 picture."""


@dataclass(frozen=True, eq=False)
class Clothes:
    """How a figure is dressed. Lengths are in the body's T-pose template, metres."""

    skin: np.ndarray
    """(3,) RGB 0..255, as all colours here."""
    hair: np.ndarray
    shirt: np.ndarray
    stripe: np.ndarray
    trousers: np.ndarray
    shoes: np.ndarray
    sleeve: float
    """|x| where the sleeve ends."""
    leg: float
    """y where the trouser leg ends."""
    pattern: int
    """Of the shirt: 0 plain, 1 stripes around, 2 squares."""
    long_hair: bool

    def table(self) -> tuple[np.ndarray, np.ndarray]:
        colours = np.stack([self.skin, self.hair, self.shirt, self.stripe, self.trousers, self.shoes])
        return colours.astype(np.float64), np.array([self.sleeve, self.leg, self.pattern, self.long_hair])


def draw_room(room: Room, lens: Lens, samples: int = 2) -> np.ndarray:
    """The empty room, (height, width, 3) RGB 0..255; `samples` sub-pixels along each axis."""
    width, height = lens.size
    picture = np.empty((height, width, 3))
    _trace_room(
        picture,
        -lens.rotation.T @ lens.translation,
        lens.rotation,
        lens.focal,
        samples,
        room.low,
        room.high,
        room.colours,
        room.floor,
        room.boxes,
        room.box_colours,
        room.box_patterns,
    )
    return picture


def draw_figure(
    empty: np.ndarray, figure: Figure, vertices: np.ndarray, clothes: Clothes, lens: Lens, samples: int = 2
) -> np.ndarray:
    """The figure in a room.

    Args:
        empty: (height, width, 3) what `draw_room` gave for the same lens.
        vertices: (V, 3) the posed figure, metres in the world.

    Returns:
        (height, width, 3) uint8 RGB.
    """
    picture = empty * _shadow(figure, vertices, lens)[..., None]
    _lay_over(picture, figure, vertices, clothes, lens, samples)
    return np.clip(picture + 0.5, 0, 255).astype(np.uint8)


def _shadow(figure: Figure, vertices: np.ndarray, lens: Lens) -> np.ndarray:
    """(height, width) 0..1: light that is left by a soft cast shadow and a dark contact under the feet."""
    faces = figure.body.faces
    soles = faces[(vertices[faces, 1] < _CONTACT).all(1)]
    cast = _flatten(vertices, faces, _LIGHT / _LIGHT[1], lens, 0.002)
    contact = _flatten(vertices, soles, np.array([0.0, 1.0, 0.0]), lens, 0.004)
    return (1 - 0.32 * cast) * (1 - 0.38 * contact)


def _flatten(vertices: np.ndarray, faces: np.ndarray, ray: np.ndarray, lens: Lens, blur: float) -> np.ndarray:
    """(height, width) 0..1: the faces laid on the floor along `ray`, blurred by `blur` focal lengths."""
    mask = np.zeros(lens.size[::-1], np.uint8)
    flat = lens.project(vertices - vertices[:, 1:2] * ray)
    _cover(mask, flat, faces)
    return cv2.GaussianBlur(mask, (0, 0), max(blur * lens.focal, 0.5)).astype(np.float32) / 255


def _lay_over(
    picture: np.ndarray, figure: Figure, vertices: np.ndarray, clothes: Clothes, lens: Lens, samples: int
) -> None:
    faces = figure.body.faces
    seen = lens.see(vertices)
    points = (lens.focal * seen[:, :2] / seen[:, 2:] + lens.center) * samples
    limit = np.array(lens.size) * samples
    low = np.clip(points.min(0) // samples * samples, 0, limit).astype(int)
    high = np.clip(-(-points.max(0) // samples) * samples, 0, limit).astype(int)
    if (high <= low).any():
        return
    attributes = np.concatenate([figure.body.template, _normals(vertices, faces)], 1)
    shape = (high[1] - low[1], high[0] - low[0])
    depth, values = np.zeros(shape), np.zeros((*shape, 6))
    _rasterise(points - low, seen[:, 2].copy(), faces, attributes, depth, values)
    eye = -lens.rotation.T @ lens.translation
    view = eye - vertices.mean(0)
    colours, cut = clothes.table()
    _paint(picture, low // samples, samples, depth, values, colours, cut, _LIGHT, view / np.linalg.norm(view))


def _normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    normals = np.zeros_like(vertices)
    _add_normals(vertices, faces, normals)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


@numba.njit(cache=True, fastmath=True)
def _add_normals(vertices, faces, normals):
    for t in range(len(faces)):
        a, b, c = faces[t]
        for i in range(3):
            j, k = (i + 1) % 3, (i + 2) % 3
            u = (vertices[b, j] - vertices[a, j]) * (vertices[c, k] - vertices[a, k])
            v = (vertices[b, k] - vertices[a, k]) * (vertices[c, j] - vertices[a, j])
            normals[a, i] += u - v
            normals[b, i] += u - v
            normals[c, i] += u - v


@numba.njit(cache=True, fastmath=True)
def _rasterise(points, z, faces, attributes, depth, values):
    """Nearest surface per sub-pixel: inverse depth (H, W) and attributes (H, W, 6), right in perspective."""
    height, width = depth.shape
    for t in range(len(faces)):
        a, c, b = faces[t]  # y points down in the picture, which turns the faces round
        ax, ay, bx, by = points[a, 0], points[a, 1], points[b, 0], points[b, 1]
        cx, cy = points[c, 0], points[c, 1]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area <= 1e-9 or min(z[a], z[b], z[c]) < 0.05:
            continue
        for y in range(max(0, int(min(ay, by, cy) - 0.5)), min(height, int(max(ay, by, cy) + 1.5))):
            for x in range(max(0, int(min(ax, bx, cx) - 0.5)), min(width, int(max(ax, bx, cx) + 1.5))):
                px, py = x + 0.5, y + 0.5
                wa = ((bx - px) * (cy - py) - (by - py) * (cx - px)) / area
                wb = ((cx - px) * (ay - py) - (cy - py) * (ax - px)) / area
                wc = 1 - wa - wb
                if min(wa, wb, wc) < 0:
                    continue
                wa, wb, wc = wa / z[a], wb / z[b], wc / z[c]
                near = wa + wb + wc
                if near > depth[y, x]:
                    depth[y, x] = near
                    for k in range(values.shape[2]):
                        mix = wa * attributes[a, k] + wb * attributes[b, k] + wc * attributes[c, k]
                        values[y, x, k] = mix / near


@numba.njit(cache=True, fastmath=True)
def _cover(mask, points, faces):
    """Set the pixels whose middle lies in any face, whichever way it is turned."""
    height, width = mask.shape
    for t in range(len(faces)):
        a, b, c = faces[t]
        ax, ay, bx, by = points[a, 0], points[a, 1], points[b, 0], points[b, 1]
        cx, cy = points[c, 0], points[c, 1]
        for y in range(max(0, int(min(ay, by, cy) - 0.5)), min(height, int(max(ay, by, cy) + 1.5))):
            for x in range(max(0, int(min(ax, bx, cx) - 0.5)), min(width, int(max(ax, bx, cx) + 1.5))):
                px, py = x + 0.5, y + 0.5
                ab = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
                bc = (cx - bx) * (py - by) - (cy - by) * (px - bx)
                ca = (ax - cx) * (py - cy) - (ay - cy) * (px - cx)
                if min(ab, bc, ca) >= 0 or max(ab, bc, ca) <= 0:
                    mask[y, x] = 255


@numba.njit(cache=True, fastmath=True)
def _hash(i, j, k):
    """A number in 0..1 that looks random."""
    x = np.sin(i * 12.9898 + j * 78.233 + k * 37.719) * 43758.5453
    return x - np.floor(x)


@numba.njit(cache=True, fastmath=True)
def _cloudy(x, y, seed):
    """Smooth noise in 0..1, one blob per unit."""
    i, j = np.floor(x), np.floor(y)
    u, v = x - i, y - j
    u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)
    top = _hash(i, j, seed) * (1 - u) + _hash(i + 1, j, seed) * u
    bottom = _hash(i, j + 1, seed) * (1 - u) + _hash(i + 1, j + 1, seed) * u
    return top * (1 - v) + bottom * v


@numba.njit(cache=True, fastmath=True)
def _dress(x, y, z, colours, cut, rgb):
    """The colour of the point (x, y, z) of the template; returns how much it shines."""
    skin, hair, shirt, stripe, trousers, shoes = 0, 1, 2, 3, 4, 5
    side = abs(x)
    part = skin
    if y > 0.52 and side < 0.14:
        fringe = 0.712 - min(0.065, 0.9 * max(0.0, 0.125 - z))
        back = 0.035 if y > 0.60 else (0.03 if cut[3] > 0 else -1.0)
        ear = abs(y - 0.640) < 0.03 and side > 0.072 and z > 0.02
        if (y > fringe or z < back) and not ear:
            part = hair
    if y < -0.845:
        part = shoes
    elif y < -0.02 and side < 0.5:
        part = trousers if y > cut[1] else skin
    elif side < cut[0] and y < 0.52:
        collar = x * x + (0.9 * (y - 0.545)) ** 2 if z > 0.03 else x * x + (y - 0.56) ** 2
        if collar > 0.0058:
            part = shirt
            if cut[2] == 1 and side < 0.2 and (y / 0.075) % 1.0 < 0.4:
                part = stripe
            if cut[2] == 1 and side >= 0.2 and (x / 0.075) % 1.0 < 0.4:
                part = stripe
            if cut[2] == 2 and ((x / 0.06) % 1.0 < 0.25 or (y / 0.06) % 1.0 < 0.25):
                part = stripe
    for k in range(3):
        rgb[k] = colours[part, k]
    tone = 1.0
    if part in (shirt, stripe, trousers):
        tone = 0.90 + 0.2 * _cloudy(x * 25, y * 14 + z * 20, 3.0)
        if part != trousers and y < 0.0:
            tone *= 0.8
        if part == trousers and side < 0.012 and y > -0.16 and z > 0:
            tone *= 0.7
    elif part == hair:
        tone = 0.75 + 0.5 * _cloudy(x * 160, y * 30 + z * 30, 5.0)
    elif part == shoes and y < -0.915:
        for k in range(3):
            rgb[k] = 225.0
    if part == skin and y > 0.54 and z > 0.11:
        _face(side, y, colours[hair], rgb)
    for k in range(3):
        rgb[k] *= tone
    return 0.22 if part in (skin, shoes) else 0.05


@numba.njit(cache=True, fastmath=True)
def _face(side, y, hair, rgb):
    """Brows, eyes, nostrils, lips and a hint of blush over the skin."""
    eye = ((side - 0.030) / 0.015) ** 2 + ((y - 0.654) / 0.007) ** 2
    iris = (side - 0.030) ** 2 + (y - 0.654) ** 2
    brow = abs(side - 0.031) < 0.019 and abs(y - (0.676 - 0.12 * abs(side - 0.034))) < 0.0042
    lips = (side / 0.026) ** 2 + ((y - 0.5885) / 0.0085) ** 2
    if lips < 1:
        line = 0.55 if abs(y - 0.589) < 0.0016 else 0.85
        rgb[0], rgb[1], rgb[2] = rgb[0] * line, rgb[1] * line * 0.68, rgb[2] * line * 0.68
    if eye < 1.5:
        for k in range(3):
            rgb[k] *= 0.6
    if eye < 1:
        for k in range(3):
            rgb[k] = 235.0
    if iris < 0.0065**2:
        rgb[0], rgb[1], rgb[2] = 45.0, 35.0, 30.0
    if brow:
        for k in range(3):
            rgb[k] = 0.7 * hair[k] + 0.3 * rgb[k]
    if (side - 0.008) ** 2 + (y - 0.606) ** 2 < 0.0035**2:
        for k in range(3):
            rgb[k] *= 0.55


@numba.njit(cache=True, fastmath=True)
def _paint(picture, corner, samples, depth, values, colours, cut, light, view):
    """Shade the rasterised figure and lay it over the picture, averaging the sub-pixels."""
    height, width = depth.shape
    rgb, total = np.zeros(3), np.zeros(3)
    half = light + view
    half /= np.sqrt((half * half).sum())
    for y in range(height // samples):
        for x in range(width // samples):
            total[:] = 0
            count = 0
            for j in range(y * samples, (y + 1) * samples):
                for i in range(x * samples, (x + 1) * samples):
                    if depth[j, i] <= 0:
                        continue
                    count += 1
                    shine = _dress(values[j, i, 0], values[j, i, 1], values[j, i, 2], colours, cut, rgb)
                    normal = values[j, i, 3:]
                    normal = normal / np.sqrt((normal * normal).sum() + 1e-12)
                    key = max(0.0, (normal * light).sum())
                    sky = 0.5 + 0.5 * normal[1]
                    fill = max(0.0, (normal * view).sum())
                    gloss = max(0.0, (normal * half).sum()) ** 24
                    for k in range(3):
                        total[k] += rgb[k] * (0.20 + 0.48 * key + 0.22 * sky + 0.20 * fill) + 255 * shine * gloss
            if count:
                share = count / samples**2
                pixel = picture[corner[1] + y, corner[0] + x]
                for k in range(3):
                    pixel[k] = pixel[k] * (1 - share) + share * total[k] / count


@numba.njit(cache=True, fastmath=True)
def _enter(origin, ray, box):
    """Distance at which a ray enters a box and the axis of the face; (-1, 0) if it misses."""
    near, far, axis = 0.0, 1e9, 0
    for k in range(3):
        step = ray[k] if abs(ray[k]) > 1e-9 else 1e-9
        t0, t1 = (box[k] - origin[k]) / step, (box[3 + k] - origin[k]) / step
        if t0 > t1:
            t0, t1 = t1, t0
        if t0 > near:
            near, axis = t0, k
        far = min(far, t1)
    if near >= far or near <= 0:
        return -1.0, 0
    return near, axis


@numba.njit(cache=True, fastmath=True)
def _floor(x, z, kind):
    """Brightness of the floor."""
    if kind == 0:
        plank = np.floor(x / 0.16)
        along = z / 1.4 + 5.0 * _hash(plank, 1.0, 0.0)
        gap = (x / 0.16) % 1.0 < 0.035 or along % 1.0 < 0.006
        grain = 0.12 * _cloudy(x * 60, z * 3, 1.0)
        return 0.62 if gap else 0.80 + 0.22 * _hash(plank, np.floor(along), 2.0) + grain
    if kind == 1:
        gap = (x / 0.45) % 1.0 < 0.025 or (z / 0.45) % 1.0 < 0.025
        dark = (np.floor(x / 0.45) + np.floor(z / 0.45)) % 2
        return 0.70 if gap else 0.95 - 0.22 * dark + 0.08 * _cloudy(x * 8, z * 8, 4.0)
    return 0.85 + 0.25 * _cloudy(x * 40, z * 40, 6.0) * _cloudy(x * 3, z * 3, 7.0)


@numba.njit(cache=True, fastmath=True)
def _box_colour(u, v, pattern, colours, rgb):
    """Colour at (u, v) in 0..1 of a box's face."""
    which = 0
    if pattern == 1:
        which = int(u * 9) % 2
    elif pattern == 2:
        edge = min((v * 3) % 1.0, 1 - (v * 3) % 1.0, u * 3, (1 - u) * 3)
        knob = abs(u - 0.5) < 0.06 and abs((v * 3) % 1.0 - 0.5) < 0.06
        which = 1 if edge < 0.05 or knob else 0
    elif pattern == 3:
        frame = min(u, 1 - u, v, 1 - v) < 0.07
        hill = v < 0.35 + 0.2 * _cloudy(u * 5, 0.0, 8.0)
        which = 1 if frame or hill else 0
    shade = 1.0 if pattern != 3 else 0.85 + 0.3 * v
    for k in range(3):
        rgb[k] = colours[which, k] * shade


@numba.njit(cache=True, fastmath=True)
def _copy(source, target):
    for k in range(3):
        target[k] = source[k]


@numba.njit(cache=True, fastmath=True)
def _trace_room(picture, eye, rotation, focal, samples, low, high, colours, floor, boxes, box_colours, box_patterns):
    height, width = picture.shape[:2]
    shades = (0.86, 1.0, 0.72)
    rgb, ray, point = np.zeros(3), np.zeros(3), np.zeros(3)
    for y in range(height):
        for x in range(width):
            picture[y, x] = 0
            for s in range(samples * samples):
                px = x + (s % samples + 0.5) / samples - width / 2
                py = y + (s // samples + 0.5) / samples - height / 2
                for k in range(3):
                    ray[k] = (rotation[0, k] * px + rotation[1, k] * py) / focal + rotation[2, k]
                best, axis, hit = 1e9, 0, -1
                for k in range(3):
                    wall = high[k] if ray[k] > 0 else low[k]
                    step = ray[k] if abs(ray[k]) > 1e-9 else 1e-9
                    t = (wall - eye[k]) / step
                    if t < best:
                        best, axis = t, k
                for n in range(len(boxes)):
                    t, face = _enter(eye, ray, boxes[n])
                    if 0 < t < best:
                        best, axis, hit = t, face, n
                for k in range(3):
                    point[k] = eye[k] + best * ray[k]
                shade = shades[axis]
                if hit >= 0:
                    box = boxes[hit]
                    a = 0 if axis == 2 else 2
                    b = 1 if axis != 1 else 0
                    u = (point[a] - box[a]) / (box[a + 3] - box[a])
                    v = (point[b] - box[b]) / (box[b + 3] - box[b])
                    _box_colour(u, v, box_patterns[hit], box_colours[hit], rgb)
                elif axis == 1 and ray[1] < 0:
                    shade = _floor(point[0], point[2], floor)
                    for n in range(len(boxes)):
                        box = boxes[n]
                        if box[1] > 0.3:
                            continue
                        dx = max(box[0] - point[0], point[0] - box[3], 0.0)
                        dz = max(box[2] - point[2], point[2] - box[5], 0.0)
                        shade *= 1 - 0.35 * np.exp(-(dx * dx + dz * dz) / 0.02)
                    _copy(colours[1], rgb)
                elif axis == 1:
                    _copy(colours[2], rgb)
                else:
                    along = point[2] if axis == 0 else point[0]
                    _copy(colours[0], rgb)
                    shade *= 0.84 + 0.13 * min(point[1] / 2.0, 1.0) + 0.05 * _cloudy(along * 2, point[1] * 2, 9.0)
                    if point[1] < 0.11:
                        for k in range(3):
                            rgb[k] = 0.5 * colours[0, k] + 110
                        shade *= 0.80 if point[1] > 0.10 else 0.95
                for k in range(3):
                    picture[y, x, k] += rgb[k] * shade
            picture[y, x] /= samples * samples
