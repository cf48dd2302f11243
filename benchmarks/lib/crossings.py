"""Films people who hide each other, with exact identities: what `tracking_table` measures trackers on.

Everybody walks as the motion capture says, on ways of ours. A clip follows from split and number; kinds take turns:

    cross  two or three people pass each other         turn   two people meet, one hides the other, both go back
    wall   two people are behind a wall for 0.8 to     leave  somebody leaves the picture and comes back, others
           2 s; some come out where they went in              pass or come in meanwhile
    crowd  four people walk about

A clip is filmed once and kept with what the real detector says of each frame.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from vidmotion.body.load import free_body
from vidmotion.data.synthetic.generate import height_in_pixels
from vidmotion.data.synthetic.labels import clip_labels
from vidmotion.data.synthetic.mocap_rotations import read_mocap_rotations
from vidmotion.data.synthetic.recipe import ADJUSTED_JOINTS, Actor, CameraPlan, Film, Recipe
from vidmotion.data.synthetic.render_clip import RATE, ClipRenderer, RenderedClip
from vidmotion.data.synthetic.scenery import Scenery, draw_scenery
from vidmotion.detectors import Detection, create_detector
from vidmotion.geometry.filters import gaussian_smooth
from vidmotion.geometry.rotations import rotation_about_axis
from vidmotion.io.atomic import atomic_file

KINDS = ("cross", "turn", "wall", "leave", "crowd")
FRAMES, SIZE, FOCAL = 150, (640, 360), 560.0
AWAY = 6.0
"""Metres from the camera to the middle of the scene, of which it sees 3.4 m to either side."""
WALL_Z = 1.5
"""Metres from the middle of the scene to the wall, towards the camera."""
SEEN = 0.3
"""Share of a body, and half of its joints within the picture, from which on a tracker ought to know it."""

Way = list[tuple[float, float, float]]
"""Seconds, x to the right and z towards the camera in metres."""


@dataclass(frozen=True, eq=False)
class Clip:
    """P people in T frames."""

    kind: str
    video: bytes
    xy: np.ndarray
    """(P, T, 17, 2) pixels, exact."""
    stature: np.ndarray
    """(P, T) pixels."""
    seen: np.ndarray
    """(P, T) bool."""
    detections: list[list[Detection]]

    @property
    def pictures(self) -> list[np.ndarray]:
        return list(RenderedClip(self.video, np.zeros((0, 0))).pictures())


def clip(folder: Path, mocap: Path, split: str, number: int) -> Clip:
    """A clip, filmed if it is not there yet."""
    path = folder / f"{split}_{number:03}.npz"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(path) as file:
            np.savez(file, **_film(mocap, split, number))
    with np.load(path, allow_pickle=False) as kept:
        a = dict(kept)
    rows = [np.flatnonzero(a["frame"] == frame) for frame in range(FRAMES)]
    found = [[Detection(a["points"][row], a["score"][row], a["box"][row]) for row in frame] for frame in rows]
    return Clip(KINDS[number % len(KINDS)], a["video"].tobytes(), a["xy"], a["stature"], a["seen"], found)


def _film(mocap: Path, split: str, number: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng([sum(split.encode()), number])
    ways, wall = script(KINDS[number % len(KINDS)], rng)
    cast = [_actor(mocap, split, way, f"{person}", rng) for person, way in enumerate(ways)]
    film = Film("room", 0, 0.0, 0.6, float(np.exp(rng.normal(0, 0.2))), float(rng.uniform(0, 4)), 23, "veryfast")
    shake, seed = float(rng.choice([0.0, 1.0])), int(rng.integers(2**31))
    camera = CameraPlan("fixed", FOCAL, (0.0, 1.5, AWAY), (0.0, 0.9, 0.0), 0.0, 0.0, 0.0, (0.0, 0.0, 0.0), shake, seed)
    recipe = Recipe(0, number, FRAMES, SIZE, tuple(actor for actor, _ in cast), camera, film)
    truth = clip_labels(recipe, _Played({actor.clip: act for actor, act in cast}), free_body())
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


def script(kind: str, rng: np.random.Generator) -> tuple[list[Way], float | None]:
    """Everybody's way, and half the width of the wall."""
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
    ways: list[Way] = [[*gone, (end + away / 2, side * 1.0, depths[0])]]
    ways.append([(0.0, -side * 2.5, depths[1]), (2.5, 0.0, depths[1]), (end, side * rng.uniform(1.5, 3), depths[1])])
    if rng.random() < 0.5:
        ways.append([(0.0, side * 5.5, depths[2]), (1.5, side * 4.2, depths[2]), (end, -side * 1.0, depths[2])])
    return ways, None


def _crowd(rng: np.random.Generator) -> list[Way]:
    """Four people who never come closer to each other than arms' length."""
    times, apart, ways = np.linspace(0, FRAMES / RATE, 4), 0.6, []
    while len(ways) < 4:
        spots = np.stack([rng.uniform(-2.6, 2.6, 4), rng.uniform(-1.8, 0.9, 4)], 1)
        steps = np.linalg.norm(np.diff(spots, axis=0), axis=1)
        way = [(float(time), float(x), float(z)) for time, (x, z) in zip(times, spots, strict=True)]
        near = [np.linalg.norm(_path(way) - _path(other), axis=1).min() for other in ways]
        if steps.max() < 3.0 and min(near, default=9.0) > apart:
            ways.append(way)
    return ways


def _path(way: Way) -> np.ndarray:
    """(T, 2) x and z in metres, corners rounded."""
    at = np.arange(FRAMES) / RATE
    times, *places = np.array(way).T
    return gaussian_smooth(np.stack([np.interp(at, times, place) for place in places], 1), 4.0)


class _Played:
    """A motion capture of people who have acted already, as `clip_labels` asks for it."""

    def __init__(self, acts: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
        self._acts = acts

    def sample(self, name: str, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self._acts[name]


def _actor(
    mocap: Path, split: str, way: Way, name: str, rng: np.random.Generator
) -> tuple[Actor, tuple[np.ndarray, np.ndarray]]:
    """Somebody on a way: the steps of a walk, no faster than the way goes, turned along it."""
    capture, body = _capture(mocap, split), free_body()
    walks = [found for found in capture.clips.values() if found.group == "walk" and found.name[:2] != "dm"]
    walk = walks[rng.integers(len(walks))]
    betas = body.phenotype.sample(rng)
    rest = body.shape(betas)
    leg = np.linalg.norm(rest.joints[[4, 7]] - rest.joints[[1, 4]], axis=1).sum()  # hip over knee to ankle
    scale = float(leg) / walk.leg
    _, own = capture.sample(walk.name, np.arange(walk.frames, dtype=float))
    gone = own[-1] - own[0]
    path = _path(way)
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
            place, 0.0,
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
def _capture(mocap: Path, split: str):  # type: ignore[no-untyped-def]
    return read_mocap_rotations(mocap, split)


@cache
def _renderer() -> ClipRenderer:
    return ClipRenderer(free_body())
