"""Random people in random rooms before random cameras, with their exact 2D: pictures to judge a detector by.

Bodies, clothes, rooms and cameras come from a seed; poses from motion capture. Knows no detector.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from samples.stage import Clothes, Lens, Room, draw_figure, draw_room, look

from samples.figure import Body, Figure, matrices, pose, shape

SIDE = 400
"""Pixels of the square pictures; the landmark network sees 256 of a person."""
_SKINS = np.array([[238.0, 200, 176], [214, 166, 138], [176, 124, 92], [128, 86, 62], [84, 56, 42]])
_HAIRS = np.array([[30.0, 24, 22], [58, 40, 28], [110, 76, 44], [190, 150, 92], [150, 148, 146]])


@dataclass(frozen=True, eq=False)
class Capture:
    """Rotations and roots of the clips of one split."""

    names: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    """First frame and one past the last, of each clip."""
    rotations: np.ndarray
    """(N, 22, 3) int16, memory-mapped, axis-angle in steps of 1e-4 rad."""
    roots: np.ndarray
    """(N, 3) metres."""

    def pick(self, rng: np.random.Generator, frames: int, step: int) -> tuple[int, np.ndarray]:
        """A clip that is long enough, by its length, and `frames` frame numbers, `step` apart."""
        reach = (frames - 1) * step
        lengths = np.array([max(end - start - reach, 0) for start, end in self.spans])
        clip = int(rng.choice(len(lengths), p=lengths / lengths.sum()))
        return clip, self.spans[clip][0] + int(rng.integers(lengths[clip])) + np.arange(0, reach + 1, step)


def read_capture(folder: Path, split: str) -> Capture:
    """Read a packed motion capture folder with rotations."""
    with (folder / "index.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == split]
    starts = [int(row["offset"]) for row in rows]
    spans = [(start, start + int(row["n_frames"])) for start, row in zip(starts, rows, strict=True)]
    packed, roots = (np.load(next(folder.glob(f"*_{kind}.npy")), mmap_mode="r") for kind in ("rot", "root"))
    return Capture(tuple(row["clip"] for row in rows), tuple(spans), packed, roots)


@dataclass(frozen=True, eq=False)
class Shot:
    """T pictures of one person with the truth."""

    clip: str
    pictures: list[np.ndarray]
    """T of (SIDE, SIDE, 3) uint8 RGB."""
    xy: np.ndarray
    """(T, 17, 2) pixels."""
    camera: np.ndarray
    """(T, 17, 3) metres, camera axes."""
    focal: float
    height: float
    """Stature in metres."""


def shoot(body: Body, capture: Capture, frames: int, step: int, rng: np.random.Generator) -> Shot:
    """Film every `step`-th frame, `frames` of them, of a random person with a random standing camera."""
    clip, numbers = capture.pick(rng, frames, step)
    figure = _somebody(body, rng)
    angles = np.zeros((frames, 24, 3))
    angles[:, :22] = capture.rotations[numbers] * 1e-4
    angles[:, 20:22] += rng.normal(0, 0.25, (2, 3))
    roots = capture.roots[numbers] - capture.roots[numbers].mean(0) * [1, 0, 1]
    posed = [pose(figure, matrices(turns), root) for turns, root in zip(angles, roots, strict=True)]
    vertices, joints = (np.stack(part) for part in zip(*posed, strict=True))
    sunk = min(vertices[..., 1].min(), 0.0)
    vertices[..., 1] -= sunk
    joints[..., 1] -= sunk

    lens = _camera(vertices, rng)
    room = _room(vertices, lens, rng)
    clothes = _clothes(rng)
    grain, gain = rng.uniform(0, 5), rng.uniform(0.6, 1.15)
    pictures = []
    empty = draw_room(room, lens, samples=1)
    for points in vertices:
        picture = draw_figure(empty, figure, points, clothes, lens, samples=1) * gain
        picture += rng.normal(0, grain, picture.shape[:2])[..., None]
        pictures.append(np.clip(picture, 0, 255).astype(np.uint8))
    return Shot(capture.names[clip], pictures, lens.project(joints), lens.see(joints), lens.focal, figure.height)


def _somebody(body: Body, rng: np.random.Generator) -> Figure:
    phenotype = rng.uniform([0, 0, 0.2, 0.2, 0.3, 0.3], [1, 0.8, 0.9, 0.9, 0.7, 0.8])
    return shape(body, body.betas(phenotype) + rng.normal(0, 0.3, 10))


def _camera(vertices: np.ndarray, rng: np.random.Generator) -> Lens:
    """A camera that holds the whole motion in view; its distance sets the perspective, the lens the size."""
    low, high = vertices.min((0, 1)), vertices.max((0, 1))
    middle = (low + high) / 2
    reach = np.linalg.norm(vertices - middle, axis=-1).max()
    distance = max(np.exp(rng.uniform(np.log(2.2), np.log(9.0))), reach + 0.8)
    pitch = np.deg2rad(np.clip(rng.normal(6, 12), -25, 45))
    yaw = rng.uniform(-np.pi, np.pi)
    back = np.array([np.cos(pitch) * np.sin(yaw), np.sin(pitch), np.cos(pitch) * np.cos(yaw)])
    position = middle + distance * back
    position[1] = max(position[1], 0.15)
    rotation, translation = look(position, middle, np.deg2rad(rng.normal(0, 4)))
    seen = vertices @ rotation.T + translation
    half = np.abs(seen[..., :2] / seen[..., 2:]).max()
    return Lens(rotation, translation, SIDE / 2 * rng.uniform(0.6, 0.92) / half, (SIDE, SIDE))


def _room(vertices: np.ndarray, lens: Lens, rng: np.random.Generator) -> Room:
    """A room around person and camera, with boxes behind the person."""
    eye = -lens.rotation.T @ lens.translation
    spots = np.concatenate([vertices.reshape(-1, 3), eye[None]])
    low = np.array([0.0, 0.0, 0.0]) + spots.min(0) * [1, 0, 1] - rng.uniform(0.4, 3, 3) * [1, 0, 1]
    high = spots.max(0) + rng.uniform(0.4, 3, 3)
    person = vertices.mean((0, 1))
    depth = lens.see(vertices)[..., 2].max() + 0.3
    boxes = []
    for _ in range(int(rng.integers(0, 12))):
        size = np.minimum(rng.uniform([0.2, 0.2, 0.2], [1.2, 1.8, 0.8]), 0.9 * (high - low))
        base = rng.uniform(low, high - size)
        base[1] = 0.0 if rng.random() < 0.7 else rng.uniform(0.5, 2.0)
        corner = np.stack(np.meshgrid(*zip(base, base + size, strict=True)), -1).reshape(-1, 3)
        if lens.see(corner)[:, 2].min() > depth and np.linalg.norm(base - person) > 0.5:
            boxes.append(np.concatenate([base, base + size]))
    return Room(
        low,
        high,
        rng.uniform(60, 245, (3, 3)) * 0.4 + rng.uniform(40, 245, (3, 1)) * 0.6,
        int(rng.integers(3)),
        np.array(boxes).reshape(-1, 6),
        rng.uniform(20, 240, (len(boxes), 2, 3)),
        rng.integers(0, 4, len(boxes)),
    )


def _clothes(rng: np.random.Generator) -> Clothes:
    shirt, stripe, trousers, shoes = rng.uniform(15, 240, (4, 3))
    return Clothes(
        skin=_SKINS[rng.integers(len(_SKINS))] * rng.uniform(0.9, 1.05),
        hair=_HAIRS[rng.integers(len(_HAIRS))],
        shirt=shirt,
        stripe=stripe,
        trousers=trousers,
        shoes=shoes,
        sleeve=float(rng.choice([0.25, 0.36, 0.64])),
        leg=float(rng.choice([-0.86, -0.86, -0.40])),
        pattern=int(rng.integers(3)),
        long_hair=bool(rng.random() < 0.5),
    )
