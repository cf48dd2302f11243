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
import math
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from vidmotion.errors import InputError
from vidmotion.keypoints.base import Found, Seen, cleaned, frame_of, identity
from vidmotion.keypoints.layout import canonical
from vidmotion.skeletons import BLAZEPOSE33

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

Row = dict[str, str]
Key = tuple[int, int | None]


def read_csv(text: str) -> Found:
    """All rows of a table.

    Raises:
        InputError: the columns are others, or numbers are none.
    """
    try:
        rows = list(csv.DictReader(text.splitlines(), skipinitialspace=True))
    except csv.Error as error:
        raise InputError(f"is no CSV ({error})") from None
    if not rows:
        raise InputError(f"has no rows; {WANTED}")
    rows = [{str(name).strip().lower(): value for name, value in row.items() if name is not None} for row in rows]
    columns = list(rows[0])
    frame, person, landmark = (_column(columns, names) for names in (_FRAME, _PERSON, _LANDMARK))
    if frame is None:
        raise InputError(f"has no column of frame numbers, without which time is not known; {WANTED}")
    if landmark is not None and {"x", "y"} <= set(columns):
        places = _places([row[landmark] for row in rows])
        entries = _from_tall(rows, places)
    else:
        entries = _from_wide(rows, _wide(columns))
    people: dict[Key, np.ndarray] = defaultdict(lambda: np.zeros((len(BLAZEPOSE33), 3)))
    for row, values in zip(rows, entries, strict=True):
        key = frame_of(_number(row[frame], "frame")), None if person is None else identity(_number(row[person], person))
        for place, part, value in values:
            people[key][place, part] = value
    seen = tuple(
        Seen(number, cleaned(points, number), who) for (number, who), points in sorted(people.items(), key=_key)
    )
    return Found(FORM, seen, BLAZEPOSE33.joints, is_share=_are_shares(seen))


def _key(item: tuple[Key, np.ndarray]) -> tuple[int, int]:
    (frame, person), _ = item
    return frame, -1 if person is None else person


def _column(columns: Sequence[str], names: Sequence[str]) -> str | None:
    return next((name for name in names if name in columns), None)


Entry = tuple[int, int, float]
"""Place of a landmark, which of x, y and score, value."""


def _from_tall(rows: list[Row], places: list[int]) -> Iterator[list[Entry]]:
    score = next((name for name in _PARTS if _PARTS[name] == 2 and name in rows[0]), None)
    for row, place in zip(rows, places, strict=True):
        x, y = _number(row["x"], "x"), _number(row["y"], "y")
        sure = 1.0 if score is None else _number(row[score], score)
        yield [(place, 0, x), (place, 1, y), (place, 2, sure)]


def _from_wide(rows: list[Row], columns: dict[str, tuple[int, int]]) -> Iterator[list[Entry]]:
    scored = {place for place, part in columns.values() if part == 2}
    for row in rows:
        entries = [(place, part, _number(row[name], name)) for name, (place, part) in columns.items()]
        yield entries + [(place, 2, 1.0) for place, part, _ in entries if part == 0 and place not in scored]


def _wide(columns: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Place of the landmark, and which of x, y and score, of each column that is of one."""
    found = {}
    for name in columns:
        before, after = _BEFORE.fullmatch(name), _AFTER.fullmatch(name)
        if after is not None:
            found[name] = after[1], _PARTS[after[2]]
        elif before is not None:
            found[name] = before[2].strip("_"), _PARTS[before[1]]
    known = {
        name: pair for name, pair in found.items() if pair[0].isdigit() or canonical(pair[0]) in BLAZEPOSE33.joints
    }
    if sum(part == 0 for _, part in known.values()) < 2:
        raise InputError(f"has columns {', '.join(columns)[:200]}; {WANTED}")
    places = _places([landmark for landmark, _ in known.values()])
    return {name: (place, part) for (name, (_, part)), place in zip(known.items(), places, strict=True)}


def _places(landmarks: list[str]) -> list[int]:
    """The places of landmarks by name or number.

    Raises:
        InputError: there is no such landmark.
    """
    numbers = {int(name) for name in landmarks if name and re.fullmatch(r"[0-9]{1,6}", name.strip())}
    first = 1 if max(numbers, default=0) == len(BLAZEPOSE33) and 0 not in numbers else 0
    known = {joint: place for place, joint in enumerate(BLAZEPOSE33.joints)}
    known |= {str(place + first): place for place in range(len(BLAZEPOSE33))}
    places = []
    for name in landmarks:
        short = (name or "").strip().rsplit(".", 1)[-1]
        place = known.get(short, known.get(canonical(short)))
        if place is None:
            raise InputError(f"has a landmark {str(name)[:40]!r}, which is none of BlazePose's 33 (names, or 0 to 32)")
        places.append(place)
    return places


def _number(text: str | None, column: str) -> float:
    """A cell; an empty one is no number (NaN), which makes its point a missing one."""
    if not text or not text.strip():
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
