"""Draws posed, clothed bodies into a picture of a room, with shadows (numba).

The nearest surface is drawn in each pixel: bodies hide each other, and boxes of the room hide bodies. World axes:
metres, Y up, the floor at y = 0. Does not depend on motion or joints.

The rasteriser is not that of `vidmotion.rendering.raster`, which decides with other rounding whether a sample on an
edge is inside. The same seed has to give the same pictures, since existing stores hold what was detected in them.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numba
import numpy as np

from vidmotion.body.model import BodyModel
from vidmotion.data.synthetic.clothing import Clothes, clothing_color
from vidmotion.data.synthetic.frame_camera import FrameCamera
from vidmotion.data.synthetic.room import RoomPicture
from vidmotion.geometry.mesh_numba import normal_sums
from vidmotion.types import Floats, Ints

_CONTACT_HEIGHT = 0.16
"""Metres; parts of a body below this height darken the floor under them."""
_MAX_INVERSE_DEPTH = 20.0
"""1 / metres; faces nearer to the camera than that are not drawn."""
_NO_SHIFT = np.zeros(3)


@dataclass(frozen=True)
class Light:
    """Light on people and floor; the strengths are shares of full brightness."""

    direction: tuple[float, float, float] = (0.45, 0.78, 0.44)
    """Direction towards the light, world axes, length 1."""
    ambient: float = 0.20
    """From everywhere."""
    key: float = 0.48
    """From `direction`."""
    sky: float = 0.22
    """From above."""
    fill: float = 0.20
    """From the camera."""
    shadow: float = 0.32
    """Strength of the cast shadow on the floor."""
    contact: float = 0.38
    """Strength of the dark spot under the feet."""


@dataclass(frozen=True, eq=False)
class ClothedBody:
    """A body model with clothes: V vertices, F faces."""

    template: Floats
    """(V, 3) float32 metres, the body at rest; the color of a point follows from its position there."""
    faces: Ints
    """(F, 3) int32, vertices of each triangle."""
    clothes: Clothes
    clothing_offset: Floats
    """(V,) float32 metres by which clothes move each vertex outwards."""

    @staticmethod
    def of(body: BodyModel, clothes: Clothes) -> ClothedBody:
        """A body model in given clothes."""
        offset = clothes.clothing_offset(body.template).astype(np.float32)
        return ClothedBody(body.template.astype(np.float32), body.faces.astype(np.int32), clothes, offset)


def draw_people(
    room: RoomPicture, people: list[tuple[ClothedBody, Floats]], camera: FrameCamera, light: Light, samples: int = 2
) -> tuple[Floats, Floats]:
    """Draw people into the picture of a room.

    Args:
        room: what `draw_room` returned for the same camera.
        people: bodies and their posed vertices (V, 3), metres in the world.
        samples: sub-pixels along each axis.

    Returns:
        the picture (H, W, 3), float32 RGB 0..255, and for each person (P,) the share of the body's pixels that nothing
        hides; 0 for a body outside of the picture.
    """
    picture, near = room.picture.copy(), room.near.copy()
    person_map = np.zeros(near.shape, np.uint8)
    covered = np.zeros(len(people))
    clothed = [(body, *_clothed(body, vertices.astype(np.float32))) for body, vertices in people]
    for body, vertices, _ in clothed:
        _draw_shadows(picture, room.floor, body, vertices, camera, light)
    for person, (body, vertices, normals) in enumerate(clothed):
        covered[person] = _draw_body(
            picture, near, person_map, person + 1, body, vertices, normals, camera, light, samples
        )
    seen = np.bincount(person_map.ravel(), minlength=len(people) + 1)[1:]
    return picture, np.clip(seen / np.maximum(covered, 1), 0, 1)


def _clothed(body: ClothedBody, vertices: Floats) -> tuple[Floats, Floats]:
    """Vertices (V, 3) of the clothes' surface, and their normals (V, 3)."""
    normals = normal_sums(vertices, body.faces)
    _normalize(normals)
    return vertices + normals * body.clothing_offset[:, None], normals


def _draw_shadows(
    picture: Floats, floor: Floats, body: ClothedBody, vertices: Floats, camera: FrameCamera, light: Light
) -> None:
    """Draw on the floor a body's soft shadow and the dark spot under its feet."""
    towards = np.array(light.direction)
    faces = body.faces
    low = vertices[:, 1] < _CONTACT_HEIGHT
    soles = faces[low[faces[:, 0]] & low[faces[:, 1]] & low[faces[:, 2]]]
    for part, ray, blur, strength in (
        (faces, towards / towards[1], 0.002, light.shadow),
        (soles, np.array([0.0, 1.0, 0.0]), 0.004, light.contact),
    ):
        points, inverse = _project(
            vertices, ray, camera.rotation, camera.translation, camera.focal, np.array(camera.center)
        )
        spread = max(blur * camera.focal, 0.5)
        window = _window(points, camera.size, 1, margin=int(4 * spread) + 1)
        if inverse.max() > _MAX_INVERSE_DEPTH or window is None:
            continue
        (x0, y0), (x1, y1) = window
        mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
        _fill_mask(mask, points - window[0], part)
        soft = cv2.GaussianBlur(mask, (0, 0), spread)
        _darken(picture[y0:y1, x0:x1], floor[y0:y1, x0:x1], soft, strength / 255)


def _window(points: Floats, size: tuple[int, int], samples: int, margin: int = 0) -> Ints | None:
    """(2, 2) corners in pixels of the part of the picture that contains points (N, 2), given in sub-pixels.

    None if all points are outside of the picture.
    """
    window = np.empty((2, 2), np.int64)
    for axis in range(2):
        along, limit = (
            np.ascontiguousarray(points[:, axis]),
            size[axis],
        )  # min and max of a copy are several times faster
        window[0, axis] = np.clip(np.floor(along.min() / samples) - margin, 0, limit)
        window[1, axis] = np.clip(np.ceil(along.max() / samples) + margin, 0, limit)
    return None if (window[1] <= window[0]).any() else window


def _draw_body(
    picture: Floats, near: Floats, person_map: Ints, number: int, body: ClothedBody, vertices: Floats, normals: Floats,
    camera: FrameCamera, light: Light, samples: int,
) -> int:  # fmt: skip
    """Draw one body into the picture where it is nearest, and write its number into `person_map` there.

    Returns:
        the number of pixels that it would cover if nothing hid it.
    """
    points, inverse = _project(
        vertices, _NO_SHIFT, camera.rotation, camera.translation, camera.focal, np.array(camera.center)
    )
    points *= samples
    window = _window(points, camera.size, samples)
    if window is None:
        return 0
    (x0, y0), (x1, y1) = window
    shape = ((y1 - y0) * samples, (x1 - x0) * samples)
    depth, which = np.zeros(shape, np.float32), np.zeros(shape, np.int32)
    points = (points - window[0] * samples).astype(np.float32)
    _rasterise(points, inverse, body.faces, depth, which)
    view = camera.position - np.einsum("vc->c", vertices) / len(vertices)
    colors, cut = body.clothes.table()
    return _paint(
        picture[y0:y1, x0:x1],
        near[y0:y1, x0:x1],
        person_map[y0:y1, x0:x1],
        number,
        samples,
        depth,
        which,
        points,
        inverse,
        body.faces,
        body.template,
        normals,
        colors,
        cut,
        np.array(light.direction),
        view / np.linalg.norm(view),
        np.array([light.ambient, light.key, light.sky, light.fill]),
    )


@numba.njit(cache=True, fastmath=True)
def _normalize(normals):  # type: ignore[no-untyped-def]
    """Scale vectors to length 1, in place."""
    # `geometry.vectors.unit` rounds in another way and would change the pictures of a seed.
    for n in range(len(normals)):
        length = np.sqrt(normals[n, 0] ** 2 + normals[n, 1] ** 2 + normals[n, 2] ** 2)
        for i in range(3):
            normals[n, i] /= max(length, np.float32(1e-12))


@numba.njit(cache=True, fastmath=True)
def _project(vertices, ray, rotation, translation, focal, center):  # type: ignore[no-untyped-def]
    """Pixels (V, 2) and inverse depths (V,) of vertices (V, 3), each first moved against `ray` by its own height.

    With a ray whose y is 1 this projects onto the floor; with (0, 0, 0) nothing moves.
    """
    count = len(vertices)
    points, inverse = np.empty((count, 2), np.float32), np.empty(count, np.float32)
    for n in range(count):
        height = vertices[n, 1]
        x, y, z = vertices[n, 0] - height * ray[0], height - height * ray[1], vertices[n, 2] - height * ray[2]
        depth = rotation[2, 0] * x + rotation[2, 1] * y + rotation[2, 2] * z + translation[2]
        inverse[n] = 1 / max(depth, 1e-3)
        for k in range(2):
            seen = rotation[k, 0] * x + rotation[k, 1] * y + rotation[k, 2] * z + translation[k]
            points[n, k] = focal * seen * inverse[n] + center[k]
    return points, inverse


@numba.njit(cache=True, fastmath=True)
def _rasterise(points, inverse, faces, depth, which):  # type: ignore[no-untyped-def]
    """Write the nearest surface of each sub-pixel: its inverse depth, and its face's number counted from 1."""
    height, width = depth.shape
    for t in range(len(faces)):
        a, c, b = (
            faces[t, 0],
            faces[t, 1],
            faces[t, 2],
        )  # y points down in the picture, which reverses the order of the corners
        ax, ay, bx, by = points[a, 0], points[a, 1], points[b, 0], points[b, 1]
        cx, cy = points[c, 0], points[c, 1]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area <= 1e-9 or max(inverse[a], inverse[b], inverse[c]) > _MAX_INVERSE_DEPTH:
            continue
        scale = 1 / area
        for y in range(max(0, int(min(ay, by, cy) - 0.5)), min(height, int(max(ay, by, cy) + 1.5))):
            for x in range(max(0, int(min(ax, bx, cx) - 0.5)), min(width, int(max(ax, bx, cx) + 1.5))):
                px, py = x + np.float32(0.5), y + np.float32(0.5)
                wa = ((bx - px) * (cy - py) - (by - py) * (cx - px)) * scale
                wb = ((cx - px) * (ay - py) - (cy - py) * (ax - px)) * scale
                wc = 1 - wa - wb
                if min(wa, wb, wc) < 0:
                    continue
                near = wa * inverse[a] + wb * inverse[b] + wc * inverse[c]
                if near > depth[y, x]:
                    depth[y, x] = near
                    which[y, x] = t + 1


@numba.njit(cache=True, fastmath=True)
def _fill_mask(mask, points, faces):  # type: ignore[no-untyped-def]
    """Set the pixels whose center lies in a face, seen from the front or from the back."""
    height, width = mask.shape
    for t in range(len(faces)):
        a, b, c = faces[t, 0], faces[t, 1], faces[t, 2]
        ax, ay, bx, by = points[a, 0], points[a, 1], points[b, 0], points[b, 1]
        cx, cy = points[c, 0], points[c, 1]
        for y in range(max(0, int(min(ay, by, cy) - 0.5)), min(height, int(max(ay, by, cy) + 1.5))):
            for x in range(max(0, int(min(ax, bx, cx) - 0.5)), min(width, int(max(ax, bx, cx) + 1.5))):
                if mask[y, x]:
                    continue
                px, py = x + 0.5, y + 0.5
                ab = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
                bc = (cx - bx) * (py - by) - (cy - by) * (px - bx)
                ca = (ax - cx) * (py - cy) - (ay - cy) * (px - cx)
                if min(ab, bc, ca) >= 0 or max(ab, bc, ca) <= 0:
                    mask[y, x] = 255


@numba.njit(cache=True, fastmath=True)
def _darken(picture, floor, mask, strength):  # type: ignore[no-untyped-def]
    height, width = mask.shape
    for y in range(height):
        for x in range(width):
            if mask[y, x]:
                left = 1 - strength * mask[y, x] * floor[y, x]
                for k in range(3):
                    picture[y, x, k] *= left


@numba.njit(cache=True, fastmath=True)
def _paint(  # type: ignore[no-untyped-def]
    picture, near, person_map, number, samples, depth, which, points, inverse, faces, template, normals, colors, cut,
    light, view, strengths,
):  # fmt: skip
    """Compute the colors of a rasterised body, and average its sub-pixels into the picture where nothing is nearer.

    Returns:
        the number of pixels that the body would cover if nothing hid it.
    """
    height, width = depth.shape
    rgb, total = np.zeros(3), np.zeros(3)
    spot, normal = np.zeros(3), np.zeros(3)
    half = light + view
    half /= np.sqrt((half * half).sum())
    ambient, key_strength, sky_strength, fill_strength = strengths
    covered = 0
    for y in range(height // samples):
        for x in range(width // samples):
            total[:] = 0
            count = alone = 0
            closest = 0.0
            for j in range(y * samples, (y + 1) * samples):
                for i in range(x * samples, (x + 1) * samples):
                    if which[j, i] == 0:
                        continue
                    alone += 1
                    if depth[j, i] <= near[y, x]:
                        continue
                    count += 1
                    closest = max(closest, depth[j, i])
                    _locate(i, j, which[j, i], points, inverse, faces, template, normals, spot, normal)
                    shine = clothing_color(spot[0], spot[1], spot[2], colors, cut, rgb)
                    key = fill = gloss = 0.0
                    for k in range(3):
                        key += normal[k] * light[k]
                        fill += normal[k] * view[k]
                        gloss += normal[k] * half[k]
                    key, fill, gloss = max(key, 0.0), max(fill, 0.0), max(gloss, 0.0)
                    sky = 0.5 + 0.5 * normal[1]
                    glow = ambient + key_strength * key + sky_strength * sky + fill_strength * fill
                    gloss *= gloss
                    gloss = gloss * gloss * gloss  # ** 6
                    gloss *= gloss
                    gloss *= gloss  # ** 24
                    for k in range(3):
                        total[k] += rgb[k] * glow + 255 * shine * gloss
            if 2 * alone >= samples * samples:
                covered += 1
            if count:
                share = count / samples**2
                for k in range(3):
                    picture[y, x, k] = picture[y, x, k] * (1 - share) + share * total[k] / count
                near[y, x] = closest
                if share >= 0.5:
                    person_map[y, x] = number
    return covered


@numba.njit(cache=True, fastmath=True)
def _locate(i, j, face, points, inverse, faces, template, normals, spot, normal):  # type: ignore[no-untyped-def]
    """Write the position in the template and the unit normal at sub-pixel (i, j), interpolated with perspective."""
    a, c, b = faces[face - 1, 0], faces[face - 1, 1], faces[face - 1, 2]
    ax, ay, bx, by = points[a, 0], points[a, 1], points[b, 0], points[b, 1]
    cx, cy = points[c, 0], points[c, 1]
    px, py = i + 0.5, j + 0.5
    wa = ((bx - px) * (cy - py) - (by - py) * (cx - px)) * inverse[a]
    wb = ((cx - px) * (ay - py) - (cy - py) * (ax - px)) * inverse[b]
    wc = ((ax - px) * (by - py) - (ay - py) * (bx - px)) * inverse[c]
    whole = wa + wb + wc
    wa, wb, wc = wa / whole, wb / whole, wc / whole
    length = 1e-12
    for k in range(3):
        spot[k] = wa * template[a, k] + wb * template[b, k] + wc * template[c, k]
        normal[k] = wa * normals[a, k] + wb * normals[b, k] + wc * normals[c, k]
        length += normal[k] * normal[k]
    length = 1 / np.sqrt(length)
    for k in range(3):
        normal[k] *= length
