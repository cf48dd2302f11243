"""Compares several motions of one video: which people are the same, and how far apart their joints are.

Numpy only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vidmotion.errors import InputError
from vidmotion.skeletons import convert
from vidmotion.types import Floats, Ints, Motion, Person, Scene

MOST_MOTIONS = 6
"""Colours that stay easy to tell apart."""
SAME_PERSON = 0.3
"""Share of the height of a person in the picture: the 2D points of the same person are closer, on average."""


@dataclass(frozen=True)
class Difference:
    """How far a person of one motion is from the same person of the first motion."""

    other: int
    """Number of that person in the first motion."""
    millimeters: float
    """Mean distance of the joints with the hips in the same place, as the camera sees them."""
    frames: int
    """How many frames both have."""


def check_one_video(scenes: Sequence[Scene], names: Sequence[str]) -> None:
    """Check that scenes can be compared: there are not too many, and all are of the same video.

    Args:
        names: of the scenes, for the message.

    Raises:
        InputError: they cannot.
    """
    if len(scenes) > MOST_MOTIONS:
        raise InputError(f"a page compares up to {MOST_MOTIONS} motions, and these are {len(scenes)}; leave some out")
    for scene, name in zip(scenes[1:], names[1:], strict=True):
        if _video(scene) != _video(scenes[0]):
            raise InputError(
                f"{name} is of {_video(scene)}, and {names[0]} of {_video(scenes[0])}; "
                "a page compares motions of one video"
            )


def find_differences(first: Sequence[Person], others: Sequence[Person]) -> list[Difference | None]:
    """For each of the others, the difference from whom it is in the first motion; None where it is nobody there.

    People are the same whose 2D points are close together in the frames that both have. Closest pairs come first.
    """
    distances = np.array([[_picture_distance(one, other) for one in first] for other in others])
    found: list[Difference | None] = [None] * len(others)
    while distances.size and distances.min() < SAME_PERSON:
        row, column = divmod(int(distances.argmin()), len(first))
        found[row] = _difference(first[column], others[row])
        distances[row], distances[:, column] = np.inf, np.inf
    return found


def _video(scene: Scene) -> str:
    width, height = scene.size
    return f"{scene.source} ({width} x {height}, {float(scene.fps):.6g} frames/s)"


def _common(one: Person, other: Person) -> tuple[Ints, Ints]:
    """Rows of both in the frames that both have."""
    _, rows, other_rows = np.intersect1d(one.track.frames, other.track.frames, return_indices=True)
    return rows, other_rows


def _picture_distance(one: Person, other: Person) -> float:
    """Mean distance of the 2D points, divided by the height of the first in the picture; infinite without any."""
    rows, other_rows = _common(one, other)
    points, other_points = (convert(person.track.keypoints, "h36m17") for person in (one, other))
    seen = (points.score[rows] > 0) & (other_points.score[other_rows] > 0)
    if not seen.any():
        return np.inf
    height = np.median(np.ptp(points.xy[rows, :, 1], axis=1))
    distance = np.linalg.norm(points.xy[rows] - other_points.xy[other_rows], axis=-1)[seen].mean()
    return float(distance / max(height, 1.0))


def _difference(one: Person, other: Person) -> Difference | None:
    if one.motion is None or other.motion is None or one.motion.skeleton != other.motion.skeleton:
        return None
    rows, other_rows = _common(one, other)
    apart = _from_hips(one.motion, rows) - _from_hips(other.motion, other_rows)
    return Difference(one.id, 1000 * float(np.linalg.norm(apart, axis=-1).mean()), len(rows))


def _from_hips(motion: Motion, rows: Ints) -> Floats:
    """(T, 17, 3) metres from the hips, in the camera's axes."""
    joints = motion.joints[rows]
    return motion.camera.part(rows).turn_to_camera_axes(joints - joints[:, :1])
