"""Draws the random appearance of a clip: surroundings, things in front of people, light, skin, hair and clothes.

It follows from a random generator and the positions of people and camera. It does not change the labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vidmotion.data.synthetic import background
from vidmotion.data.synthetic.background import desaturated
from vidmotion.data.synthetic.clothing import Clothes
from vidmotion.data.synthetic.labels import CameraPath
from vidmotion.data.synthetic.people import Light
from vidmotion.data.synthetic.recipe import ClipRecipe
from vidmotion.data.synthetic.room import Room
from vidmotion.types import Floats

Rng = np.random.Generator
Boxes = list[Floats]

_SKINS = np.array([[238.0, 200, 176], [214, 166, 138], [176, 124, 92], [128, 86, 62], [84, 56, 42]])
_HAIRS = np.array([[30.0, 24, 22], [58, 40, 28], [110, 76, 44], [190, 150, 92], [150, 148, 146], [120, 50, 30]])
_CLEAR = 0.25
"""Metres, least distance between a thing and people's joints or the camera."""
_POLE = 0.2
"""Share of the things in front of people that are poles."""
_HIDDEN = (0.05, 0.6)
"""A thing hides a share of one person's joints, on average over time, between these limits."""
_ATTEMPTS = 20
_PAINTERS = {"field": background.field, "clutter": background.clutter, "noise": background.noise}
_SEAT_HEIGHTS = (0.25, 0.95)
"""Metres; lower, people sit on the floor, higher, they do not sit."""
_SEATED = 0.4
"""Share of the frames with level thighs in which somebody must sit to get a seat."""
_LOOSE = 0.2
"""Share of the people in loose shirts and wide trousers."""
_GROUND = 0.75
"""Share of the pictures and drawn backdrops that have open ground in front of them."""


@dataclass(frozen=True, eq=False)
class Scenery:
    """The appearance of a clip."""

    room: Room
    light: Light
    tint: Floats
    """(3,) factors of red, green and blue: color of the light and the camera's white balance."""
    clothes: tuple[Clothes, ...]
    """Clothes of each person."""


@dataclass(frozen=True, eq=False)
class SceneBounds:
    """Where people and the camera are, in world axes, so that things can be placed between or behind them."""

    joints: Floats
    """(P, T, 17, 3) metres."""
    camera_positions: Floats
    """(T, 3) metres."""
    camera: CameraPath

    @property
    def points(self) -> Floats:
        """(N, 3) metres, of all people and frames."""
        return self.joints.reshape(-1, 3)

    def hidden_share(self, box: Floats) -> Floats:
        """(P,) share of each person's joints, over all frames, that a box (6,) hides from the camera."""
        origin = self.camera_positions[:, None]
        ray = self.joints - origin  # (P, T, 17, 3)
        ray = np.where(np.abs(ray) < 1e-9, 1e-9, ray)
        one, other = (box[:3] - origin) / ray, (box[3:] - origin) / ray
        enters, leaves = np.minimum(one, other).max(-1), np.maximum(one, other).min(-1)
        return ((enters < leaves) & (enters > 0) & (enters < 1)).mean((1, 2))

    def clear_of_people(self, box: Floats) -> bool:
        """Whether a box (6,) is far enough from everybody."""
        return bool(_box_distance(self.points, box).min() > _CLEAR)

    def clear_of_camera(self, box: Floats) -> bool:
        """Whether a box (6,) is far enough from the camera."""
        return bool(_box_distance(self.camera_positions, box).min() > _CLEAR)

    def behind(self, box: Floats) -> bool:
        """Whether a box (6,) is behind everybody in the first, the middle and the last frame."""
        corners = np.stack(np.meshgrid(box[[0, 3]], box[[1, 4]], box[[2, 5]]), -1).reshape(-1, 3)
        frames = (0, len(self.camera_positions) // 2, len(self.camera_positions) - 1)
        return all(
            self.camera.frame_camera(t).to_camera_axes(corners)[:, 2].min()
            > self.camera.frame_camera(t).to_camera_axes(self.points)[:, 2].max()
            for t in frames
        )


def _box_distance(points: Floats, box: Floats) -> Floats:
    """(N,) metres from points (N, 3) to a box (6,)."""
    return np.linalg.norm(np.maximum(np.maximum(box[:3] - points, points - box[3:]), 0), axis=1)


def draw_scenery(
    recipe: ClipRecipe, camera: CameraPath, joints: Floats, pictures: tuple[Path, ...], rng: Rng
) -> Scenery:
    """Draw the appearance of a clip.

    Args:
        joints: (P, T, 17, 3) metres in camera axes.
        pictures: files for the background "picture".

    Raises:
        InputError: one of the pictures cannot be read.
    """
    joints_in_world = (joints - camera.translation[:, None]) @ camera.rotation
    camera_positions = -(camera.rotation.swapaxes(1, 2) @ camera.translation[..., None])[..., 0]
    bounds = SceneBounds(joints_in_world, camera_positions, camera)
    room = _room(bounds, recipe, pictures, rng)
    return Scenery(room, _light(rng), _tint(rng), tuple(_clothes(rng) for _ in recipe.actors))


def _room(bounds: SceneBounds, recipe: ClipRecipe, pictures: tuple[Path, ...], rng: Rng) -> Room:
    spots = np.concatenate([bounds.points, bounds.camera_positions])
    low = (spots.min(0) - rng.uniform(0.4, 3, 3)) * [1.0, 0.0, 1.0]
    high = np.maximum(spots.max(0) + rng.uniform(0.4, 3, 3), [-np.inf, 2.4, -np.inf])
    kind = recipe.film.background
    boxes = _furniture(bounds, low, high, rng, most=12 if kind == "room" else 3)
    boxes += [seat for person in bounds.joints if (seat := _seat(person, rng)) is not None]
    boxes += _occluders(bounds, recipe.film.occluders, recipe.actors[0].height, rng)
    room = Room(
        low,
        high,
        desaturated(rng.uniform(40, 245, (3, 3)), rng),
        int(rng.integers(3)) if kind == "room" else int(rng.choice([1, 2, 3, 3])),
        np.array(boxes).reshape(-1, 6),
        desaturated(rng.uniform(20, 240, (len(boxes), 2, 3)), rng),
        rng.integers(0, 5, len(boxes)),
    )
    if kind == "room":
        return room
    return _outdoors(room, kind, pictures, rng)


def _outdoors(room: Room, kind: str, pictures: tuple[Path, ...], rng: Rng) -> Room:
    if kind == "picture":
        painted = background.photo(pictures[rng.integers(len(pictures))], rng)
    else:
        painted = _PAINTERS[kind](rng)
    colors = room.colors.copy()
    # the ground has the mean color of the backdrop's lower half
    colors[1] = painted[painted.shape[0] // 2 :].mean((0, 1))
    ground = kind == "field" or bool(rng.random() < _GROUND)
    return Room(
        room.low, room.high, colors, room.floor, room.boxes, room.box_colors, room.box_patterns, painted, ground
    )


def _furniture(bounds: SceneBounds, low: Floats, high: Floats, rng: Rng, most: int) -> Boxes:
    """Boxes behind everybody, on the floor or on a wall."""
    boxes = []
    for _ in range(int(rng.integers(0, most + 1))):
        size = np.minimum(rng.uniform([0.2, 0.2, 0.2], [1.2, 1.8, 0.8]), 0.9 * (high - low))
        base = rng.uniform(low, high - size)
        base[1] = 0.0 if rng.random() < 0.7 else rng.uniform(0.5, 2.0)
        box = np.concatenate([base, base + size])
        if bounds.clear_of_people(box) and bounds.clear_of_camera(box) and bounds.behind(box):
            boxes.append(box)
    return boxes


def _seat(joints: Floats, rng: Rng) -> Floats | None:
    """A box (6,) under somebody, joints (T, 17, 3), who sits in one place most of the time; None for others."""
    hips, knees = joints[:, [1, 4]].mean(1), joints[:, [2, 5]].mean(1)
    thigh = np.linalg.norm(hips - knees, axis=1)
    sits = (np.abs(hips[:, 1] - knees[:, 1]) < 0.5 * thigh) & (hips[:, 1] > joints[:, [3, 6], 1].min(1) + 0.2)
    if sits.mean() < _SEATED:
        return None
    top = float(np.median(hips[sits, 1])) - 0.1
    center = np.median(hips[sits], axis=0) - 0.3 * np.median((knees - hips)[sits], axis=0)
    moved = np.quantile(np.abs(hips[sits] - np.median(hips[sits], axis=0))[:, [0, 2]].max(1), 0.9)
    if not _SEAT_HEIGHTS[0] < top < _SEAT_HEIGHTS[1] or moved > 0.2:
        return None
    half = rng.uniform(0.17, 0.24, 2)
    return np.array([center[0] - half[0], 0.0, center[2] - half[1], center[0] + half[0], top, center[2] + half[1]])


def _occluders(bounds: SceneBounds, count: int, height: float, rng: Rng) -> Boxes:
    """Boxes and poles between camera and people that hide part of a person, mostly the legs."""
    boxes: Boxes = []
    for _ in range(count):
        for _attempt in range(_ATTEMPTS):
            box = _random_occluder(bounds, height, rng)
            hidden = bounds.hidden_share(box)
            if _HIDDEN[0] < hidden.max() < _HIDDEN[1] and bounds.clear_of_people(box) and bounds.clear_of_camera(box):
                boxes.append(box)
                break
    return boxes


def _random_occluder(bounds: SceneBounds, height: float, rng: Rng) -> Floats:
    """(6,) a box or a pole on the line from the camera to a random joint."""
    camera = bounds.camera_positions.mean(0)
    person = bounds.points[rng.integers(len(bounds.points))]
    along = rng.uniform(0.35, 0.85)
    x, z = (camera + along * (person - camera))[[0, 2]] + rng.normal(0, 0.2, 2)
    if rng.random() < _POLE:
        top, half = 3.0, rng.uniform(0.03, 0.1, 2)
    else:
        level = rng.uniform(0.2, 0.7) * height
        top, half = max(camera[1] + along * (level - camera[1]), 0.12), rng.uniform(0.12, 0.8, 2)
    return np.array([x - half[0], 0.0, z - half[1], x + half[0], top, z + half[1]])


def _light(rng: Rng) -> Light:
    azimuth, elevation = rng.uniform(-np.pi, np.pi), np.radians(rng.uniform(30, 85))
    direction = np.array([np.cos(elevation) * np.sin(azimuth), np.sin(elevation), np.cos(elevation) * np.cos(azimuth)])
    ambient, key, sky, fill = rng.uniform((0.12, 0.15, 0.10, 0.0), (0.35, 0.65, 0.35, 0.30))
    shadow, contact = rng.uniform((0.05, 0.15), (0.55, 0.45))
    x, y, z = (float(part) for part in direction)
    return Light((x, y, z), float(ambient), float(key), float(sky), float(fill), float(shadow), float(contact))


def _tint(rng: Rng) -> Floats:
    warmth, green = rng.normal(0, 0.06), rng.normal(0, 0.02)
    return np.array([1 + warmth, 1 + green, 1 - warmth])


def _clothes(rng: Rng) -> Clothes:
    shirt, stripe, trousers, shoes = desaturated(rng.uniform(12, 240, (4, 3)), rng)
    if rng.random() < 0.35:  # most people wear dark grey, blue or brown
        trousers = rng.uniform(15, 110) * rng.uniform(0.85, 1.15, 3)
    skin = _SKINS[rng.integers(len(_SKINS))] * rng.uniform(0.88, 1.05)
    if rng.random() < 0.08:
        shirt = skin * 0.98  # no shirt, or one of the skin's color
    return Clothes(
        skin=skin,
        hair=_HAIRS[rng.integers(len(_HAIRS))] if rng.random() < 0.93 else skin * 0.97,
        shirt=shirt,
        stripe=stripe,
        trousers=trousers if rng.random() < 0.9 else shirt,
        shoes=shoes if rng.random() < 0.9 else skin,
        sleeve=float(rng.choice([0.22, 0.30, 0.36, 0.50, 0.64])),
        leg=float(rng.choice([-0.86, -0.86, -0.86, -0.60, -0.40, -0.22])),
        pattern=int(rng.choice(5, p=(0.4, 0.15, 0.15, 0.15, 0.15))),
        long_hair=bool(rng.random() < 0.5),
        width=_widths(rng),
    )


def _widths(rng: Rng) -> tuple[float, float]:
    """Metres from the body to shirt and trousers."""
    shirt, trousers = rng.uniform(0, (0.03, 0.025)) if rng.random() > _LOOSE else rng.uniform(0.025, (0.07, 0.055))
    return float(shirt), float(trousers)
