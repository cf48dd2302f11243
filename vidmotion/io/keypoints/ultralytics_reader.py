"""Ultralytics' results: JSON of `Results.to_json()`, or the folder of labels that `save_txt=True` writes.

Source: ultralytics/engine/results.py of ultralytics/ultralytics. The JSON is a list of the people of one picture; a
list of such lists holds the frames of a video. Coordinates are pixels, or fractions if `normalize=True`. A file of
labels has a line for each person: class, box (4), x y score (or x y) of each point, then the confidence if
`save_conf=True` and the identity if people were tracked; all coordinates are fractions. The files of a video are
NAME_1.txt, NAME_2.txt and so on; frames without people have none. The points are those of the model that was used; 17
are COCO's in all pose models that Ultralytics publishes. A point at (0, 0) was not found.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from vidmotion.errors import InputError
from vidmotion.io.folders import visible_files
from vidmotion.io.keypoints.coco_reader import COCO
from vidmotion.io.keypoints.json_input import read_bytes, refuse_bad_content
from vidmotion.io.keypoints.raw_keypoints import (
    KeypointFile,
    PersonInFrame,
    are_fractions,
    frame_number,
    parse_person_id,
    points_from_arrays,
)
from vidmotion.types import Floats

JSON = "Ultralytics' results"
LABELS = "Ultralytics' labels"
_NAME = re.compile(r"(?:.*[^0-9])?([0-9]+)\.txt", re.IGNORECASE)
_BOX = 5
"""Numbers of a line before the points: class and box."""


def is_results(tree: Any) -> bool:
    """Whether this is a list of people, or of such lists, with the coordinates of each point by axis."""
    if not isinstance(tree, list):
        return False
    people = [person for item in tree for person in (item if isinstance(item, list) else [item])]
    points = people[0].get("keypoints") if people and isinstance(people[0], dict) else None
    return isinstance(points, dict) and {"x", "y"} <= points.keys()


def read_results(tree: Any) -> KeypointFile:
    """Reads the frames of a video, or the people of one picture."""
    frames = tree if isinstance(tree[0], list) else [tree]
    people = tuple(_from_json(person, frame) for frame, found in enumerate(frames) for person in found)
    return KeypointFile(JSON, people, documented_skeletons=COCO, is_normalized=are_fractions(people))


def label_files(folder: Path) -> list[Path]:
    """The files of a folder that are named after frames.

    Raises:
        OSError: the folder cannot be read.
    """
    return [path for path in visible_files(folder) if _NAME.fullmatch(path.name)]


def read_labels(files: list[Path]) -> KeypointFile:
    """Reads the people of all frames.

    Raises:
        InputError: a file is damaged; the message names it.
    """
    # Frames of a video are counted from 1, without zeros before the number. Pictures have names of their own.
    digits = [match[1] for path in files if (match := _NAME.fullmatch(path.name))]
    first = 0 if any(number.startswith("0") for number in digits) else 1
    lines: list[tuple[int, list[float]]] = []
    for path, number in zip(files, digits, strict=True):
        with refuse_bad_content(path):
            frame = frame_number(frame_number(number) - first)
            lines += [(frame, values) for values in _lines(path)]
    ends_with_id = all(values[-1].is_integer() for _, values in lines if _parts(len(values))[2] == 1)
    people = tuple(_from_line(values, frame, ends_with_id) for frame, values in lines)
    return KeypointFile(LABELS, people, documented_skeletons=COCO, is_normalized=True)


def _from_json(person: Any, frame: int) -> PersonInFrame:
    points = person["keypoints"]
    xy = np.column_stack([points["x"], points["y"]]).astype(float)
    scores = points.get("visible") or [1.0] * len(xy)
    return PersonInFrame(frame, _found(xy, scores, frame), parse_person_id(person.get("track_id")))


def _lines(path: Path) -> list[list[float]]:
    """The numbers of each person."""
    text = read_bytes(path).decode() if path.stat().st_size else ""
    lines = [[float(word) for word in line.split()] for line in text.splitlines() if line.strip()]
    for values in lines:
        _parts(len(values))
    return lines


def _parts(count: int) -> tuple[int, int, int]:
    """Number of points, numbers for each point, and numbers after them, of a line with `count` numbers.

    Raises:
        InputError: there are too few.
    """
    rest = count - _BOX
    if rest - 34 in (0, 1, 2):
        return 17, 2, rest - 34
    if rest < 3:
        raise InputError(f"a line has {count} numbers; wanted class, box, and x, y and score of each point")
    return rest // 3, 3, rest % 3


def _from_line(values: list[float], frame: int, ends_with_id: bool) -> PersonInFrame:
    count, width, extra = _parts(len(values))
    points = np.array(values[_BOX : _BOX + count * width]).reshape(count, width)
    scores = points[:, 2] if width == 3 else np.ones(count)
    has_id = extra == 2 or (extra == 1 and ends_with_id)
    return PersonInFrame(frame, _found(points[:, :2], scores, frame), parse_person_id(values[-1]) if has_id else None)


def _found(xy: Floats, scores: Any, frame: int) -> Floats:
    """(P, 3) points, all zeros where a point is at (0, 0)."""
    points = points_from_arrays(xy, scores, frame)
    found: Floats = points * (points[:, :2] != 0).any(1, keepdims=True)
    return found
