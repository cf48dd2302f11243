"""What readers of 2D files share: what such a file says, and numbers that strangers wrote.

Knows no format, no video and no skeleton.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import PurePath
from typing import Any

import numpy as np

from vidmotion.errors import InputError
from vidmotion.types import Floats

LAST_FRAME = 2_000_000
"""Highest frame number, 18 hours at 30 frames/s; what is higher numbers something else than frames."""
LOWEST_RATE, HIGHEST_RATE = 0.1, 10_000.0
FARTHEST = 1e6
"""Pixels; a coordinate beyond is none."""


@dataclass(frozen=True, eq=False)
class Seen:
    """One person in one frame."""

    frame: int
    """As the file counts, brought to a count from 0 where the format says from what it counts."""
    points: Floats
    """(P, 3) x, y, score in 0..1; 0 says that the point is missing."""
    person: int | None = None
    """The file's own identity."""


@dataclass(frozen=True, eq=False)
class Found:
    """What a file says."""

    form: str
    """Name of the format."""
    seen: tuple[Seen, ...]
    names: tuple[str, ...] = ()
    """Of the P points, where the file tells."""
    documented: Mapping[int, str] = field(default_factory=dict)
    """Where it does not: the skeletons that the format's documentation states, by number of points."""
    fps: Fraction | None = None
    size: tuple[int, int] | None = None
    """Width and height of the pictures."""
    is_share: bool = False
    """Coordinates are shares of the picture's width and height instead of pixels."""


def in_threes(values: Any, frame: int) -> Floats:
    """(P, 3) from x0, y0, score0, x1, ...; (0, 0, 0), null and what is not finite are missing points.

    Raises:
        InputError: they are no such numbers.
    """
    array = _numbers(values, frame)
    if array.ndim != 1 or not len(array) or len(array) % 3:
        raise InputError(f"frame {frame}: wanted x, y and score of each point, received shape {array.shape}")
    return cleaned(array.reshape(-1, 3), frame)


def side_by_side(places: Any, scores: Any, frame: int) -> Floats:
    """The same of places (P, 2) and scores (P,).

    Raises:
        InputError: they are no such numbers.
    """
    xy, score = _numbers(places, frame), _numbers(scores, frame)
    if xy.ndim != 2 or xy.shape[1] != 2 or score.shape != xy.shape[:1]:
        raise InputError(
            f"frame {frame}: wanted 2D places (P, 2) and scores (P,), received {xy.shape} and {score.shape}"
        )
    return cleaned(np.column_stack([xy, score]), frame)


def cleaned(points: Floats, frame: int) -> Floats:
    """Points (P, 3) with scores cut to 0..1 and missing points all zeros.

    Raises:
        InputError: a place is no pixel of any picture.
    """
    points = np.where(np.isfinite(points).all(1, keepdims=True), points, 0)
    if (np.abs(points[:, :2]) > FARTHEST).any():
        raise InputError(f"frame {frame}: a point lies more than {FARTHEST:,.0f} pixels away; the file is damaged")
    points[:, 2] = points[:, 2].clip(0, 1)
    cleaned: Floats = points * (points[:, 2:] > 0)
    return cleaned


def frame_of(value: Any) -> int:
    """The number of a frame: a whole number, or the last digits in the name of a picture such as `frame_0012.jpg`.

    Raises:
        InputError: there is none, or it is no frame's.
    """
    if isinstance(value, str):
        digits = re.findall(r"[0-9]+", PurePath(value.replace("\\", "/")).stem)
        if not digits:
            raise InputError(f"the picture's name {value[:80]!r} has no frame number; number the pictures")
        value = int(digits[-1][:20])
    whole = whole_number(value)
    if whole is None:
        raise InputError(f"{str(value)[:80]} is no frame number")
    if not 0 <= whole <= LAST_FRAME:
        raise InputError(f"frame {whole}: wanted 0 to {LAST_FRAME:,}; pictures of a video are numbered in its order")
    return whole


def whole_number(value: Any) -> int | None:
    """An int, or a float such as 3.0; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) > 2**53:
        return None
    return int(value) if int(value) == value else None


def exact_rate(rate: float) -> Fraction:
    """Frames per second such as 29.97, as a fraction.

    Raises:
        InputError: no video has such a rate.
    """
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise InputError(f"wanted a frame rate from {LOWEST_RATE:g} to {HIGHEST_RATE:g}, received {rate:g}")
    return Fraction(rate).limit_denominator(1001)


def identity(value: Any) -> int | None:
    """Somebody's number: 0 or more, also in a list; None where there is none."""
    while isinstance(value, list) and value:
        value = value[0]
    number = whole_number(value)
    return number if number is not None and number >= 0 else None


def _numbers(values: Any, frame: int) -> Floats:
    try:
        return np.array(values, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"frame {frame}: holds something else than numbers") from None
