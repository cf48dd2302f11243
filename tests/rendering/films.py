"""Made-up scenes and videos to draw, and films read back."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from vidmotion.types import Camera, Keypoints2D, Motion, Person, Scene, Track
from vidmotion.video import VideoWriter, open_video

FPS = Fraction(30000, 1001)
GREY = 90

STANDING = np.array(
    [
        [0, 0.95, 0], [-0.13, 0.95, 0], [-0.13, 0.5, 0.02], [-0.13, 0.08, 0],
        [0.13, 0.95, 0], [0.13, 0.5, 0.02], [0.13, 0.08, 0], [0, 1.2, 0], [0, 1.45, 0], [0, 1.6, 0.05],
        [0, 1.75, 0], [0.2, 1.42, 0], [0.45, 1.42, 0], [0.7, 1.42, 0],
        [-0.2, 1.42, 0], [-0.45, 1.42, 0], [-0.7, 1.42, 0],
    ]
)  # fmt: skip
"""(17, 3) metres: arms spread, facing the camera on +Z."""


def camera(size: tuple[int, int]) -> Camera:
    """Four metres before the origin, one above the floor."""
    rotation = np.diag([1.0, -1.0, -1.0])
    return Camera(float(max(size)), (size[0] / 2, size[1] / 2), rotation, -rotation @ [0.0, 1.0, 4.0])


def person(id: int, frames: list[int], size: tuple[int, int], shift: float = 0.0) -> Person:
    joints = np.repeat(STANDING[None] + [shift, 0, 0], len(frames), axis=0)
    view = camera(size)
    xy = view.project(joints)
    count = len(frames)
    track = Track(
        id,
        np.array(frames),
        np.array(frames) / float(FPS),
        np.concatenate([xy.min(1), xy.max(1)], axis=1),
        Keypoints2D(xy, np.ones((count, 17)), "h36m17"),
        np.ones(count, bool),
    )
    return Person(track, Motion(joints, np.ones((count, 17)), "h36m17", view, 1.8))


def scene(size: tuple[int, int], people: tuple[Person, ...], frames: int = 4) -> Scene:
    return Scene("film.mp4", FPS, size, frames, people)


def footage(path: Path, size: tuple[int, int], frames: int = 4) -> Path:
    with VideoWriter(path, FPS, size) as writer:
        for _ in range(frames):
            writer.write(np.full((size[1], size[0], 3), GREY, np.uint8))
    return path


def read(path: Path) -> list[np.ndarray]:
    with open_video(path) as video:
        return [frame.rgb.astype(int) for frame in video]
