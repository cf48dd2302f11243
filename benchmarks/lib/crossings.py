"""Renders clips of people who hide each other, with exact identities, for accuracy/tracking_table.py.

Everybody walks by motion capture, along paths that are set here. A clip depends on split and number alone; the kinds
are used in turn:

    cross  two or three people pass each other         turn   two people meet, one hides the other, both go back
    wall   two people are behind a wall for 0.8 to     leave  a person leaves the picture and comes back, while
           2 s; some come out where they went in              others pass or come in
    crowd  four people walk about

A clip is rendered once and kept with the real detector's output for each frame.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from vidmotion.body.load import free_body
from vidmotion.data.synthetic.generate import height_in_pixels
from vidmotion.data.synthetic.labels import clip_labels
from vidmotion.data.synthetic.mocap_rotations import RotationClip, read_mocap_rotations
from vidmotion.data.synthetic.recipe import ADJUSTED_JOINTS, Actor, CameraPlan, ClipRecipe, Film
from vidmotion.data.synthetic.render_clip import RATE, ClipRenderer, RenderedClip
from vidmotion.data.synthetic.scenery import Scenery, draw_scenery
from vidmotion.detectors import Detection, create_detector
from vidmotion.geometry.filters import gaussian_smooth
from vidmotion.geometry.rotations import rotation_about_axis
from vidmotion.io.atomic import atomic_file

KINDS = ("cross", "turn", "wall", "leave", "crowd")
FRAMES, SIZE, FOCAL = 150, (640, 360), 560.0
AWAY = 6.0
"""Metres from the camera to the middle of the scene, where 3.4 m to either side are in the picture."""
WALL_Z = 1.5
"""Metres from the middle of the scene to the wall, towards the camera."""
STRAIGHT, SLOWEST, STRIDE = 0.9, 0.8, 5
"""A straight walk: the least share of its path that its ends are apart, and metres per second; the path is measured
every so many frames."""
SEEN = 0.3
"""Share of a body that must be visible, with half of its joints inside the picture, to count as seen by the camera."""

Waypoints = list[tuple[float, float, float]]
"""Seconds, x to the right and z towards the camera in metres."""


@dataclass(frozen=True, eq=False)
class Clip:
    """P people in T frames."""

    kind: str
    video: bytes
    xy: np.ndarray
    """(P, T, 17, 2) pixels, exact."""
    height: np.ndarray
    """(P, T) pixels."""
    seen: np.ndarray
    """(P, T) bool."""
    detections: list[list[Detection]]

    @property
    def pictures(self) -> list[np.ndarray]:
        return list(RenderedClip(self.video, np.zeros((0, 0))).pictures())


def clip(folder: Path, mocap: Path, split: str, number: int) -> Clip:
    """A clip, rendered if it is not in the folder yet."""
    path = folder / f"{split}_{number:03}.npz"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(path) as file:
            np.savez(file, **_render_clip(mocap, split, number))
    with np.load(path, allow_pickle=False) as kept:
        a = dict(kept)
    rows = [np.flatnonzero(a["frame"] == frame) for frame in range(FRAMES)]
    found = [[Detection(a["points"][row], a["score"][row], a["box"][row]) for row in frame] for frame in rows]
    return Clip(KINDS[number % len(KINDS)], a["video"].tobytes(), a["xy"], a["stature"], a["seen"], found)


def redetected(one: Clip, name: str) -> Clip:
    """A clip with the output of another detector on its pictures."""
    detector = create_detector(name, threads=1)
    detector.reset(RATE)
    return replace(one, detections=[detector.detect(rgb, index) for index, rgb in enumerate(one.pictures)])


def _render_clip(mocap: Path, split: str, number: int) -> dict[str, Any]:
    rng = np.random.default_rng([sum(split.encode()), number])
    routes, wall = plan_routes(KINDS[number % len(KINDS)], rng)
    planned = [_actor(mocap, split, route, f"{person}", rng) for person, route in enumerate(routes)]
    film = Film("room", 0, 0.0, 0.6, float(np.exp(rng.normal(0, 0.2))), float(rng.uniform(0, 4)), 23, "veryfast")
    shake, seed = float(rng.choice([0.0, 1.0])), int(rng.integers(2**31))
    camera = CameraPlan("fixed", FOCAL, (0.0, 1.5, AWAY), (0.0, 0.9, 0.0), 0.0, 0.0, 0.0, (0.0, 0.0, 0.0), shake, seed)
    recipe = ClipRecipe(0, number, FRAMES, SIZE, tuple(actor for actor, _ in planned), camera, film)
    truth = clip_labels(recipe, _FixedMotions({actor.clip: motion for actor, motion in planned}), free_body())  # type: ignore[arg-type]
    scenery = draw_scenery(recipe, truth.camera, truth.joints, (), rng)
    take = _renderer().render(truth, scenery if wall is None else _walled(scenery, wall, rng), film, rng)
    inside = ((truth.xy >= 0) & (truth.xy <= SIZE)).all(-1).mean(-1)
    detector = create_detector("blazepose", threads=1)
    detector.reset(RATE)
    found = [detector.detect(picture, index) for index, picture in enumerate(take.pictures())]
    every = [detection for frame in found for detection in frame]
    return {
        "video": np.frombuffer(take.video, np.uint8),
        "xy": truth.xy,
        "stature": height_in_pixels(recipe, truth),
        "seen": (take.visible >= SEEN) & (inside >= 0.5),
        "frame": np.repeat(np.arange(FRAMES), [len(frame) for frame in found]),
        "points": np.stack([detection.xy for detection in every]),
        "score": np.stack([detection.score for detection in every]),
        "box": np.stack([detection.box for detection in every]),
    }


def plan_routes(kind: str, rng: np.random.Generator) -> tuple[list[Waypoints], float | None]:
    """The route of each person, and half the width of the wall in metres or None."""
    end, side = FRAMES / RATE, rng.choice([-1.0, 1.0])
    if kind == "crowd":
        return _crowd(rng), None
    depths = rng.permutation([-1.0, -0.3, 0.4]) + rng.uniform(-0.1, 0.1, 3)
    late = rng.uniform(-0.4, 0.4, 3)
    if kind == "cross":
        return [
            [(late[i], side * (-1) ** i * 3.0, depths[i]), (end + late[i], -side * (-1) ** i * 3.0, depths[i])]
            for i in range(rng.integers(2, 4))
        ], None
    if kind == "turn":
        meet, stay = end / 2 + rng.uniform(-0.3, 0.3), rng.uniform(0.1, 0.5)
        return [
            [(0.0, x * 2.6, z), (meet - stay, x * 0.1, z), (meet + stay, x * 0.1, z), (end, x * 2.6, z)]
            for x, z in ((side, depths[0]), (-side, depths[1]))
        ], None
    if kind == "wall":
        hidden, speed = rng.uniform(0.8, 2.0), 1.1
        half = speed * hidden / 2 * (AWAY - WALL_Z) / AWAY + 0.15
        there, back = end / 2 - 0.15, end / 2 + 0.15
        far = speed * there
        return [
            [
                (0.0, x * far, z),
                (there, 0.0, z),
                (back, 0.0, z),
                (end, rng.choice([-x, x]) * far, z),
            ]
            for x, z in ((side, depths[0]), (-side, depths[1]))
        ], half
    away = rng.uniform(0.5, 1.5)  # leave
    gone = [(0.0, side * 1.5, depths[0]), (2.2, side * 4.3, depths[0]), (2.2 + away, side * 4.3, depths[0])]
    routes: list[Waypoints] = [[*gone, (end + away / 2, side * 1.0, depths[0])]]
    routes.append([(0.0, -side * 2.5, depths[1]), (2.5, 0.0, depths[1]), (end, side * rng.uniform(1.5, 3), depths[1])])
    if rng.random() < 0.5:
        routes.append([(0.0, side * 5.5, depths[2]), (1.5, side * 4.2, depths[2]), (end, -side * 1.0, depths[2])])
    return routes, None


def _crowd(rng: np.random.Generator) -> list[Waypoints]:
    """Four people who keep a distance of more than 0.6 m from each other."""
    times, apart = np.linspace(0, FRAMES / RATE, 4), 0.6
    routes: list[Waypoints] = []
    while len(routes) < 4:
        spots = np.stack([rng.uniform(-2.6, 2.6, 4), rng.uniform(-1.8, 0.9, 4)], 1)
        steps = np.linalg.norm(np.diff(spots, axis=0), axis=1)
        route = [(float(time), float(x), float(z)) for time, (x, z) in zip(times, spots, strict=True)]
        near = [np.linalg.norm(_path(route) - _path(other), axis=1).min() for other in routes]
        if steps.max() < 3.0 and min(near, default=9.0) > apart:
            routes.append(route)
    return routes


def _path(route: Waypoints) -> np.ndarray:
    """(T, 2) x and z in metres, corners rounded."""
    at = np.arange(FRAMES) / RATE
    times, *places = np.array(route).T
    return gaussian_smooth(np.stack([np.interp(at, times, place) for place in places], 1), 4.0)


class _FixedMotions:
    """Motions that are computed already, in the form of motion capture that `clip_labels` takes."""

    def __init__(self, motions: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
        self._motions = motions

    def sample(self, name: str, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self._motions[name]


def _actor(
    mocap: Path, split: str, route: Waypoints, name: str, rng: np.random.Generator
) -> tuple[Actor, tuple[np.ndarray, np.ndarray]]:
    """A person on a route: the steps of a walk at the speed of the route, rotated to face along it."""
    capture, body = _capture(mocap, split), free_body()
    walks = _straight_walks(mocap, split)
    walk = walks[rng.integers(len(walks))]
    assert body.phenotype is not None
    betas = body.phenotype.sample(rng)
    rest = body.shape(betas)
    leg = np.linalg.norm(rest.joints[[4, 7]] - rest.joints[[1, 4]], axis=1).sum()  # hip over knee to ankle
    scale = float(leg) / walk.leg
    _, own = capture.sample(walk.name, np.arange(walk.frames, dtype=float))
    gone = own[-1] - own[0]
    path = _path(route)
    step = np.gradient(path, axis=0)
    pace = np.linalg.norm(step, axis=1) / (scale * np.hypot(gone[0], gone[2]) / walk.frames)
    rotations, root = capture.sample(walk.name, rng.uniform(0, walk.frames / 2) + np.cumsum(pace))
    facing = gaussian_smooth(step, 5.0)
    turn = np.unwrap(np.arctan2(facing[:, 0], facing[:, 1])) - np.arctan2(gone[0], gone[2])
    rotations[:, 0] = rotation_about_axis(np.tile([0.0, 1.0, 0.0], (FRAMES, 1)), turn) @ rotations[:, 0]
    root = np.stack([path[:, 0] / scale, root[:, 1], path[:, 1] / scale], 1)
    straight = tuple((0.0, 0.0, 0.0) for _ in ADJUSTED_JOINTS)
    place = tuple(float(x) for x in path.mean(0))
    return (
        Actor(
            name, "walk", walk.subject, 0.0, 1.0, False, tuple(map(float, betas)), rest.height, scale, straight, 0.0,
            place, 0.0, t_pose=True,
        ),
        (rotations, root),
    )  # fmt: skip


def _walled(scenery: Scenery, half: float, rng: np.random.Generator) -> Scenery:
    room = scenery.room
    box = np.array([[-half, 0.0, WALL_Z, half, 2.2, WALL_Z + 0.1]])
    colors = np.concatenate([room.box_colors, rng.uniform(40, 220, (1, 2, 3))])
    patterns = np.append(room.box_patterns, rng.integers(0, 5))
    boxes = np.concatenate([room.boxes, box])
    return replace(scenery, room=replace(room, boxes=boxes, box_colors=colors, box_patterns=patterns))


@cache
def _straight_walks(mocap: Path, split: str) -> list[RotationClip]:
    """The walks that lead somewhere: in others, the steps of a route would follow each other many times too fast."""
    capture = _capture(mocap, split)
    walks = [found for found in capture.clips.values() if found.group == "walk" and found.name[:2] != "dm"]
    return [walk for walk in walks if _is_straight(capture.sample(walk.name, np.arange(walk.frames, dtype=float))[1])]


def _is_straight(root: np.ndarray) -> bool:
    """Whether a root (T, 3) in metres walks at least at 0.8 m/s, nearly without detours."""
    ends = np.linalg.norm(root[-1, [0, 2]] - root[0, [0, 2]])
    path = np.linalg.norm(np.diff(root[::STRIDE, [0, 2]], axis=0), axis=1).sum()
    return bool(ends > STRAIGHT * path and ends > SLOWEST * len(root) / RATE)


@cache
def _capture(mocap: Path, split: str):  # type: ignore[no-untyped-def]
    return read_mocap_rotations(mocap, split)


@cache
def _renderer() -> ClipRenderer:
    return ClipRenderer(free_body())
