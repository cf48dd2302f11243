"""MediaPipe's pose landmarks as CSV: a row for each landmark, or a row for each frame.

MediaPipe itself writes no CSV; these are the two layouts that its users write, with its names, order (0 to 32) and
units: x and y are normalized by the picture's width and height, visibility is in 0..1 (Pose Landmarker guide).

    frame,landmark,x,y,z,visibility         a row for each landmark, by name or number
    frame,x0,y0,z0,v0,x1,...                a row for each frame; also x1 to x33, nose_x, NOSE_x, X_NOSE, landmark_0_x
    person                                  one more column, if there are several people

Numbers run from 0 to 32, or from 1 to 33 if there is a 33. z is not used. Coordinates in pixels are recognized by their
size.
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
from vidmotion.io.keypoints.raw_keypoints import (
    KeypointFile,
    PersonInFrame,
    are_fractions,
    clean_points,
    frame_number,
    parse_person_id,
)
from vidmotion.io.keypoints.skeleton_matching import canonical_name
from vidmotion.skeletons import BLAZEPOSE33
from vidmotion.types import Floats

FORMAT = "MediaPipe's landmarks as CSV"
WANTED = "wanted frame,landmark,x,y,visibility or frame,x0,y0,v0,x1,..."
ORIGIN_TOLERANCE = 1e-3
"""Metres; MediaPipe's world landmarks have their origin between the hips."""

_FRAME = ("frame", "frame_id", "frame_number", "frame_index", "frame_idx", "frame_num", "frame_no")
_LANDMARK = ("landmark", "landmark_name", "landmark_id", "landmark_index", "landmark_idx", "keypoint", "joint", "name")
_PERSON = ("person", "person_id", "pose", "pose_id", "pose_index", "track_id")
_PARTS = {"x": 0, "y": 1, "v": 2, "vis": 2, "visibility": 2, "score": 2, "confidence": 2}
_PART_FIRST = re.compile(r"(x|y|visibility|vis|v|score|confidence)_?([0-9]+|_?[a-z_]+)")
_PART_LAST = re.compile(
    r"(?:(?:landmark|lm|point|keypoint|kp)_?)?([0-9]+|[a-z_]+?)[_.](x|y|visibility|vis|v|score|confidence)"
)

Row = list[str]
Entry = tuple[int, int, float]
"""Index of a landmark; 0, 1 or 2 for x, y or score; value."""
Key = tuple[int, int | None]
"""Frame number and person id."""


def read_csv(text: str) -> KeypointFile:
    """Reads a table.

    Raises:
        InputError: columns are missing, or a cell is not a number.
    """
    try:
        people = _read(text)
    except csv.Error as error:
        raise InputError(f"is not CSV ({error})") from None
    if not people:
        raise InputError(f"has no rows; {WANTED}")
    cleaned = tuple(PersonInFrame(frame, clean_points(points, frame), who) for (frame, who), points in people.items())
    return KeypointFile(FORMAT, cleaned, BLAZEPOSE33.joints, is_normalized=_are_normalized(cleaned))


def _read(text: str) -> dict[Key, Floats]:
    """(33, 3) x, y and score of each person in each frame; landmarks without a row are zeros."""
    columns = [name.strip().lower() for name in next(_rows(text), [])]
    frame, person = (_column(columns, names) for names in (_FRAME, _PERSON))
    if frame is None:
        raise InputError(f"has no column of frame numbers, from which the times follow; {WANTED}")
    entries = _row_per_landmark(columns, text) or _row_per_frame(columns)
    people: dict[Key, Floats] = {}
    for row in islice(_rows(text), 1, None):
        row += [""] * (len(columns) - len(row))
        who = None if person is None else parse_person_id(_number(row[person], columns[person]))
        key = frame_number(_number(row[frame], columns[frame])), who
        points = people.setdefault(key, np.zeros((len(BLAZEPOSE33), 3)))
        for landmark, part, value in entries(row):
            points[landmark, part] = value
    return people


def _rows(text: str) -> Iterator[Row]:
    """The rows that are not blank, including the header."""
    return filter(None, csv.reader(io.StringIO(text), skipinitialspace=True))


def _column(columns: Sequence[str], names: Sequence[str]) -> int | None:
    return next((columns.index(name) for name in names if name in columns), None)


def _row_per_landmark(columns: list[str], text: str) -> Callable[[Row], Iterator[Entry]] | None:
    """A reader of the rows of a table with a row for each landmark; None if the table is of the other kind."""
    landmark, x, y = (_column(columns, names) for names in (_LANDMARK, ("x",), ("y",)))
    if landmark is None or x is None or y is None:
        return None
    score = _column(columns, [name for name, part in _PARTS.items() if part == 2])
    names = {row[landmark] if len(row) > landmark else "" for row in islice(_rows(text), 1, None)}
    index_of = dict(zip(names, _landmark_indices(list(names)), strict=True))

    def entries(row: Row) -> Iterator[Entry]:
        index = index_of[row[landmark]]
        yield index, 0, _number(row[x], "x")
        yield index, 1, _number(row[y], "y")
        yield index, 2, 1.0 if score is None else _number(row[score], columns[score])

    return entries


def _row_per_frame(columns: list[str]) -> Callable[[Row], Iterator[Entry]]:
    """A reader of the rows of a table with a row for each frame."""
    parts = _parts_of(columns)
    scored = {index for index, part in parts.values() if part == 2}

    def entries(row: Row) -> Iterator[Entry]:
        for column, (index, part) in parts.items():
            yield index, part, _number(row[column], columns[column])
            if part == 0 and index not in scored:
                yield index, 2, 1.0

    return entries


def _parts_of(columns: list[str]) -> dict[int, tuple[int, int]]:
    """For each column of a landmark: the index of the landmark, and 0, 1 or 2 for x, y or score."""
    found = {}
    for column, name in enumerate(columns):
        part_first, part_last = _PART_FIRST.fullmatch(name), _PART_LAST.fullmatch(name)
        if part_last is not None:
            found[column] = part_last[1], _PARTS[part_last[2]]
        elif part_first is not None:
            found[column] = part_first[2].strip("_"), _PARTS[part_first[1]]
    known = {
        column: pair
        for column, pair in found.items()
        if pair[0].isdigit() or canonical_name(pair[0]) in BLAZEPOSE33.joints
    }
    if sum(part == 0 for _, part in known.values()) < 2:
        raise InputError(f"has columns {', '.join(columns)[:200]}; {WANTED}")
    indices = _landmark_indices([landmark for landmark, _ in known.values()])
    return {column: (index, part) for (column, (_, part)), index in zip(known.items(), indices, strict=True)}


def _landmark_indices(landmarks: list[str]) -> list[int]:
    """The indices of landmarks that are given by name or number.

    Raises:
        InputError: there is no such landmark.
    """
    numbers = {int(name) for name in landmarks if re.fullmatch(r"[0-9]{1,6}", name.strip())}
    first = 1 if max(numbers, default=0) == len(BLAZEPOSE33) and 0 not in numbers else 0
    known = {joint: index for index, joint in enumerate(BLAZEPOSE33.joints)}
    known |= {str(index + first): index for index in range(len(BLAZEPOSE33))}
    indices = []
    for name in landmarks:
        short = name.strip().rsplit(".", 1)[-1]
        index = known.get(short, known.get(canonical_name(short)))
        if index is None:
            raise InputError(f"has a landmark {name[:40]!r}, which is not one of BlazePose's 33 (names, or 0 to 32)")
        indices.append(index)
    return indices


def _number(text: str, column: str) -> float:
    """The number in a cell; NaN if the cell is empty, so that the point is missing."""
    if not text.strip():
        return math.nan
    try:
        return float(text)
    except ValueError:
        raise InputError(f"column {column}: {text[:40]!r} is not a number") from None


def _are_normalized(people: tuple[PersonInFrame, ...]) -> bool:
    """Whether coordinates are fractions of the picture's width and height.

    Raises:
        InputError: they are metres.
    """
    if not are_fractions(people):
        return False
    hips = [BLAZEPOSE33.joints.index(f"{side}_hip") for side in ("left", "right")]
    centers = np.array([one.points[hips, :2].mean(0) for one in people if (one.points[hips, 2] > 0).all()])
    if len(centers) and (np.abs(centers) < ORIGIN_TOLERANCE).all():
        raise InputError(
            "holds world landmarks, in metres from the hips; write pose_landmarks instead, which are in 2D"
        )
    return True
