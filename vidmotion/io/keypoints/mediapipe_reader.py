"""MediaPipe's pose landmarks as CSV: a row for each landmark, or a row for each frame.

MediaPipe writes no CSV itself; these are the two shapes that its users write, with its own names, order (0 to 32) and
units: x and y are shares of the picture's width and height, visibility is in 0..1 (Pose Landmarker guide).

    frame,landmark,x,y,z,visibility         a row for each landmark, by name or number
    frame,x0,y0,z0,v0,x1,...                a row for each frame; also x1 to x33, nose_x, NOSE_x, X_NOSE, landmark_0_x
    person                                  a further column, if there are several people

Numbers from 0 to 32, or from 1 to 33 where there is a 33. z is not used. Pixels are known by their size.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import numpy as np

from vidmotion.errors import InputError
from vidmotion.io.keypoints.raw_keypoints import Found, Seen, cleaned, frame_of, identity
from vidmotion.io.keypoints.skeleton_matching import canonical
from vidmotion.skeletons import BLAZEPOSE33
from vidmotion.types import Floats

FORM = "MediaPipe's landmarks as CSV"
WANTED = "wanted frame,landmark,x,y,visibility or frame,x0,y0,v0,x1,... (see the README)"
SHARE = 2.0
"""Coordinates of which most lie below are shares of the picture: landmarks may lie a little outside of it."""
AT_THE_HIPS = 1e-3
"""Metres; MediaPipe's world landmarks have their origin between the hips."""

_FRAME = ("frame", "frame_id", "frame_number", "frame_index", "frame_idx", "frame_num", "frame_no")
_LANDMARK = ("landmark", "landmark_name", "landmark_id", "landmark_index", "landmark_idx", "keypoint", "joint", "name")
_PERSON = ("person", "person_id", "pose", "pose_id", "pose_index", "track_id")
_PARTS = {"x": 0, "y": 1, "v": 2, "vis": 2, "visibility": 2, "score": 2, "confidence": 2}
_BEFORE = re.compile(r"(x|y|visibility|vis|v|score|confidence)_?([0-9]+|_?[a-z_]+)")
_AFTER = re.compile(
    r"(?:(?:landmark|lm|point|keypoint|kp)_?)?([0-9]+|[a-z_]+?)[_.](x|y|visibility|vis|v|score|confidence)"
)

Row = list[str]
Entry = tuple[int, int, float]
"""Place of a landmark, which of x, y and score, value."""
Key = tuple[int, int | None]
"""Frame and person."""


def read_csv(text: str) -> Found:
    """All rows of a table.

    Raises:
        InputError: the columns are others, or numbers are none.
    """
    try:
        people = _read(text)
    except csv.Error as error:
        raise InputError(f"is no CSV ({error})") from None
    if not people:
        raise InputError(f"has no rows; {WANTED}")
    seen = tuple(Seen(frame, cleaned(points, frame), who) for (frame, who), points in people.items())
    return Found(FORM, seen, BLAZEPOSE33.joints, is_share=_are_shares(seen))


def _read(text: str) -> dict[Key, Floats]:
    """(33, 3) x, y and score of everybody in every frame, as far as they are told."""
    columns = [name.strip().lower() for name in next(_rows(text), [])]
    frame, person = (_column(columns, names) for names in (_FRAME, _PERSON))
    if frame is None:
        raise InputError(f"has no column of frame numbers, without which time is not known; {WANTED}")
    entries = _tall(columns, text) or _wide(columns)
    people: dict[Key, Floats] = {}
    for row in islice(_rows(text), 1, None):
        row += [""] * (len(columns) - len(row))
        who = None if person is None else identity(_number(row[person], columns[person]))
        key = frame_of(_number(row[frame], columns[frame])), who
        points = people.setdefault(key, np.zeros((len(BLAZEPOSE33), 3)))
        for place, part, value in entries(row):
            points[place, part] = value
    return people


def _rows(text: str) -> Iterator[Row]:
    """The rows that are not blank, the header among them."""
    return filter(None, csv.reader(io.StringIO(text), skipinitialspace=True))


def _column(columns: Sequence[str], names: Sequence[str]) -> int | None:
    return next((columns.index(name) for name in names if name in columns), None)


def _tall(columns: list[str], text: str) -> Callable[[Row], Iterator[Entry]] | None:
    """How a row is read where each is one landmark's; None for another kind of table."""
    landmark, x, y = (_column(columns, names) for names in (_LANDMARK, ("x",), ("y",)))
    if landmark is None or x is None or y is None:
        return None
    score = _column(columns, [name for name, part in _PARTS.items() if part == 2])
    told = {row[landmark] if len(row) > landmark else "" for row in islice(_rows(text), 1, None)}
    places = dict(zip(told, _places(list(told)), strict=True))

    def entries(row: Row) -> Iterator[Entry]:
        place = places[row[landmark]]
        yield place, 0, _number(row[x], "x")
        yield place, 1, _number(row[y], "y")
        yield place, 2, 1.0 if score is None else _number(row[score], columns[score])

    return entries


def _wide(columns: list[str]) -> Callable[[Row], Iterator[Entry]]:
    """How a row is read where each is one frame's."""
    parts = _parts_of(columns)
    scored = {place for place, part in parts.values() if part == 2}

    def entries(row: Row) -> Iterator[Entry]:
        for column, (place, part) in parts.items():
            yield place, part, _number(row[column], columns[column])
            if part == 0 and place not in scored:
                yield place, 2, 1.0

    return entries


def _parts_of(columns: list[str]) -> dict[int, tuple[int, int]]:
    """Place of the landmark, and which of x, y and score, of each column that is of one."""
    found = {}
    for column, name in enumerate(columns):
        before, after = _BEFORE.fullmatch(name), _AFTER.fullmatch(name)
        if after is not None:
            found[column] = after[1], _PARTS[after[2]]
        elif before is not None:
            found[column] = before[2].strip("_"), _PARTS[before[1]]
    known = {
        column: pair for column, pair in found.items() if pair[0].isdigit() or canonical(pair[0]) in BLAZEPOSE33.joints
    }
    if sum(part == 0 for _, part in known.values()) < 2:
        raise InputError(f"has columns {', '.join(columns)[:200]}; {WANTED}")
    places = _places([landmark for landmark, _ in known.values()])
    return {column: (place, part) for (column, (_, part)), place in zip(known.items(), places, strict=True)}


def _places(landmarks: list[str]) -> list[int]:
    """The places of landmarks by name or number.

    Raises:
        InputError: there is no such landmark.
    """
    numbers = {int(name) for name in landmarks if re.fullmatch(r"[0-9]{1,6}", name.strip())}
    first = 1 if max(numbers, default=0) == len(BLAZEPOSE33) and 0 not in numbers else 0
    known = {joint: place for place, joint in enumerate(BLAZEPOSE33.joints)}
    known |= {str(place + first): place for place in range(len(BLAZEPOSE33))}
    places = []
    for name in landmarks:
        short = name.strip().rsplit(".", 1)[-1]
        place = known.get(short, known.get(canonical(short)))
        if place is None:
            raise InputError(f"has a landmark {name[:40]!r}, which is none of BlazePose's 33 (names, or 0 to 32)")
        places.append(place)
    return places


def _number(text: str, column: str) -> float:
    """A cell; an empty one is no number (NaN), which makes its point a missing one."""
    if not text.strip():
        return math.nan
    try:
        return float(text)
    except ValueError:
        raise InputError(f"column {column}: {text[:40]!r} is no number") from None


def _are_shares(seen: tuple[Seen, ...]) -> bool:
    """Whether coordinates are shares of the picture's sides.

    Raises:
        InputError: they are metres.
    """
    points = np.concatenate([one.points for one in seen])
    places = np.abs(points[points[:, 2] > 0, :2])
    if not len(places) or np.median(places) >= SHARE:
        return False
    hips = [BLAZEPOSE33.joints.index(f"{side}_hip") for side in ("left", "right")]
    middles = np.array([one.points[hips, :2].mean(0) for one in seen if (one.points[hips, 2] > 0).all()])
    if len(middles) and (np.abs(middles) < AT_THE_HIPS).all():
        raise InputError("holds world landmarks, in metres from the hips; give it pose_landmarks, which are in 2D")
    return True
