"""What the readers of 2D keypoints share: the content of such a file, and checks of the numbers in it.

Does not depend on a format, a video or a skeleton.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import PurePath
from typing import Any

import numpy as np

from vidmotion.choices import FRAME_RATES
from vidmotion.errors import InputError
from vidmotion.types import Floats

LAST_FRAME = 2_000_000
"""Highest frame number, 18 hours at 30 frames/s; a higher number is not that of a frame."""
FRACTIONS_LIMIT = 2.0
"""Coordinates are fractions of the picture if their median is below. They may exceed 1 where points lie outside."""
FARTHEST = 1e6
"""Pixels; a file with a coordinate beyond is damaged."""


@dataclass(frozen=True, eq=False)
class PersonInFrame:
    """One person in one frame."""

    frame: int
    """Number of the frame as in the file; from 0 where the format's documentation gives its first number."""
    points: Floats
    """(P, 3) x, y, score in 0..1; score 0 means that the point is missing."""
    person_id: int | None = None
    """The person's identity, if the file has it."""


@dataclass(frozen=True, eq=False)
class KeypointFile:
    """The content of a file, or of a folder of files."""

    format_name: str
    """Name of the format, for messages."""
    people: tuple[PersonInFrame, ...]
    """Everybody in every frame, in the order of the file."""
    point_names: tuple[str, ...] = ()
    """Names of the P points, if the file has them."""
    documented_skeletons: Mapping[int, str] = field(default_factory=dict)
    """Otherwise: the skeletons that the format's documentation states, by number of points."""
    fps: Fraction | None = None
    """Frame rate, if the file has it."""
    size: tuple[int, int] | None = None
    """Width and height of the pictures in pixels, if the file has them."""
    is_normalized: bool = False
    """Coordinates are fractions of the picture's width and height instead of pixels."""


def points_from_triples(values: Any, frame: int | str) -> Floats:
    """(P, 3) from x0, y0, score0, x1, ...; a point is missing if it is (0, 0, 0), null or not finite.

    Args:
        frame: its number or the picture's name, for messages; likewise in the functions below.

    Raises:
        InputError: these are not numbers, or not three of them for each point.
    """
    array = _numbers(values, frame)
    if array.ndim != 1 or not len(array) or len(array) % 3:
        raise InputError(f"frame {frame}: wanted x, y and score of each point, received shape {array.shape}")
    return clean_points(array.reshape(-1, 3), frame)


def points_from_arrays(xy: Any, scores: Any, frame: int | str) -> Floats:
    """(P, 3) from coordinates (P, 2) and scores (P,).

    Raises:
        InputError: these are not numbers, or the shapes are others.
    """
    places, score = _numbers(xy, frame), _numbers(scores, frame)
    if places.ndim != 2 or places.shape[1] != 2 or score.shape != places.shape[:1]:
        raise InputError(
            f"frame {frame}: wanted 2D coordinates (P, 2) and scores (P,), received {places.shape} and {score.shape}"
        )
    return clean_points(np.column_stack([places, score]), frame)


def clean_points(points: Floats, frame: int | str) -> Floats:
    """Points (P, 3) with scores clipped to 0..1, and all zeros where a point is missing.

    Raises:
        InputError: a coordinate is larger than any picture.
    """
    points = np.where(np.isfinite(points).all(1, keepdims=True), points, 0)
    if (np.abs(points[:, :2]) > FARTHEST).any():
        raise InputError(f"frame {frame}: a point lies more than {FARTHEST:,.0f} pixels away; the file is damaged")
    points[:, 2] = points[:, 2].clip(0, 1)
    cleaned: Floats = points * (points[:, 2:] > 0)
    return cleaned


def are_fractions(people: tuple[PersonInFrame, ...]) -> bool:
    """Whether the coordinates of points that are there are fractions of the picture's width and height."""
    coordinates = [np.abs(one.points[one.points[:, 2] > 0, :2]).ravel() for one in people]
    present = np.concatenate(coordinates) if coordinates else np.zeros(0)
    return bool(len(present)) and float(np.median(present)) < FRACTIONS_LIMIT


def frame_number(value: Any) -> int:
    """A frame number from a number, or from the last digits in the name of a picture such as `frame_0012.jpg`.

    Raises:
        InputError: there is no number, or it cannot be that of a frame.
    """
    if isinstance(value, str):
        digits = re.findall(r"[0-9]+", PurePath(value.replace("\\", "/")).stem)
        if not digits:
            raise InputError(f"the picture's name {value[:80]!r} has no frame number; number the pictures")
        value = int(digits[-1][:20])
    whole = whole_number(value)
    if whole is None:
        raise InputError(f"{str(value)[:80]} is not a frame number")
    if not 0 <= whole <= LAST_FRAME:
        raise InputError(f"frame {whole}: wanted 0 to {LAST_FRAME:,}; number the pictures in the order of the video")
    return whole


def whole_number(value: Any) -> int | None:
    """An int, from itself or from a float such as 3.0; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) > 2**53:
        return None
    return int(value) if int(value) == value else None


def exact_frame_rate(rate: float) -> Fraction:
    """Frames per second such as 29.97, as a fraction.

    Raises:
        InputError: no video has such a rate.
    """
    lowest, highest = FRAME_RATES
    if not lowest <= rate <= highest:
        raise InputError(f"wanted a frame rate from {lowest:g} to {highest:g}, received {rate:g}")
    return Fraction(rate).limit_denominator(1001)


def parse_person_id(value: Any) -> int | None:
    """A person's identity, 0 or more, also if it is the first item of a list; None if there is none."""
    while isinstance(value, list) and value:
        value = value[0]
    number = whole_number(value)
    return number if number is not None and number >= 0 else None


def _numbers(values: Any, frame: int | str) -> Floats:
    try:
        return np.array(values, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"frame {frame}: holds values that are not numbers") from None
