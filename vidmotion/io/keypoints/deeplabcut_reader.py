"""DeepLabCut's CSV: a row for each frame, with x, y and likelihood of each body part.

Source: `analyze_videos(save_as_csv=True)` and `CollectedData_*.csv` of DeepLabCut/DeepLabCut. Rows of headers come
first; the first cell names each: scorer, individuals (projects with several animals only), bodyparts, coords. The first
column holds the frame's number, or, in one or three columns, the path of a labelled picture. Labels have no likelihood.
The names of body parts are the user's own.
"""

from __future__ import annotations

import csv
import io
import math
from collections import defaultdict
from itertools import takewhile

import numpy as np

from vidmotion.errors import InputError
from vidmotion.io.keypoints.raw_keypoints import KeypointFile, PersonInFrame, clean_points, frame_number

FORMAT = "DeepLabCut's CSV"
_PARTS = {"x": 0, "y": 1, "likelihood": 2}


def is_table(text: str) -> bool:
    """Whether a CSV file begins as DeepLabCut's do."""
    return text.lstrip().startswith("scorer,")


def read_csv(text: str) -> KeypointFile:
    """Reads a table.

    Raises:
        InputError: it is no CSV, a header is missing, or a cell is not a number.
    """
    try:
        rows = [row for row in csv.reader(io.StringIO(text)) if row]
    except csv.Error as error:
        raise InputError(f"is not CSV ({error})") from None
    headers = list(takewhile(lambda row: row[0] != "coords", rows))
    header = {row[0]: row for row in headers} | {"coords": rows[len(headers)] if len(headers) < len(rows) else []}
    if "bodyparts" not in header or not header["coords"]:
        raise InputError("lacks a row `bodyparts` or `coords` at its beginning; wanted a CSV of DeepLabCut")
    columns = [at for at, part in enumerate(header["coords"]) if part in _PARTS]
    names = list(dict.fromkeys(header["bodyparts"][at] for at in columns))
    individuals = header.get("individuals", [""] * len(header["coords"]))
    ids = {name: number for number, name in enumerate(dict.fromkeys(individuals[at] for at in columns))}
    entries = [
        (at, ids[individuals[at]], names.index(header["bodyparts"][at]), _PARTS[header["coords"][at]]) for at in columns
    ]
    people = [
        one for row in rows[len(headers) + 1 :] for one in _people(row, columns[0], entries, len(names), len(ids) > 1)
    ]
    return KeypointFile(FORMAT, tuple(people), tuple(names))


def _people(
    row: list[str], first: int, entries: list[tuple[int, int, int, int]], points: int, several: bool
) -> list[PersonInFrame]:
    """The people of a row; `entries` has the column, person, point, and 0, 1 or 2 for x, y or likelihood."""
    frame = frame_number(row[first - 1] or row[0])
    people: dict[int, np.ndarray] = defaultdict(lambda: np.tile([math.nan, math.nan, 1.0], (points, 1)))
    for column, person, point, part in entries:
        people[person][point, part] = _number(row[column] if column < len(row) else "")
    return [
        PersonInFrame(frame, clean_points(values, frame), person if several else 0)
        for person, values in people.items()
        if np.isfinite(values[:, :2]).any()
    ]


def _number(cell: str) -> float:
    """The number in a cell; NaN if it is blank."""
    try:
        return float(cell) if cell.strip() else math.nan
    except ValueError:
        raise InputError(f"{cell[:40]!r} is not a number") from None
