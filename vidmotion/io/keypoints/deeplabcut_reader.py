"""DeepLabCut's CSV and H5: a row for each frame, with x, y and likelihood of each body part.

Source: `analyze_videos`, its `save_as_csv=True`, and `CollectedData_*` of DeepLabCut/DeepLabCut. The columns have names
on several levels: scorer, individuals (projects with several animals only), bodyparts, coords. Rows are numbered by
frames, or named by the paths of labelled pictures. Labels have no likelihood. The names of body parts are the user's.

In CSV, rows of headers come first; the first cell names each level. The first column holds the frame, or, in one or
three columns, the path of the picture. H5 is a table of pandas, which `pandas_h5` reads.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from itertools import takewhile
from pathlib import Path

import numpy as np

from vidmotion.errors import InputError
from vidmotion.io.keypoints.json_input import refuse_bad_content
from vidmotion.io.keypoints.pandas_h5 import read_table
from vidmotion.io.keypoints.raw_keypoints import KeypointFile, PersonInFrame, clean_points, frame_number
from vidmotion.types import Floats

CSV, H5 = "DeepLabCut's CSV", "DeepLabCut's H5"
_PARTS = {"x": 0, "y": 1, "likelihood": 2}
_COLUMNS = 10_000
"""More columns than any project has."""


def is_table(text: str) -> bool:
    """Whether a CSV file begins as DeepLabCut's do."""
    return text.lstrip().startswith("scorer,")


def read_csv(text: str) -> KeypointFile:
    """Reads a CSV file.

    Raises:
        InputError: it is no CSV, a header is missing, or a cell is not a number.
    """
    try:
        rows = [row for row in csv.reader(io.StringIO(text)) if row]
    except csv.Error as error:
        raise InputError(f"is not CSV ({error})") from None
    headers = list(takewhile(lambda row: row[0] != "coords", rows))
    coords = rows[len(headers)] if len(headers) < len(rows) else []
    columns = [at for at, part in enumerate(coords) if part in _PARTS]
    names = {row[0]: [row[at] for at in columns] for row in headers} | {"coords": [coords[at] for at in columns]}
    content = rows[len(headers) + 1 :]
    values = np.array([[_number(row[at] if at < len(row) else "") for at in columns] for row in content])
    return _content(CSV, names, [row[columns[0] - 1] or row[0] for row in content], values)


def read_h5(path: Path) -> KeypointFile:
    """Reads an H5 file.

    Raises:
        InputError: it is damaged, too large, no table of pandas, or a header is missing.
        MissingExtraError: h5py is not installed.
    """
    table = read_table(path, "DeepLabCut's H5 file")
    with refuse_bad_content(path):
        return _content(H5, table.names, table.index, table.values)


def _content(
    name: str, names: Mapping[str, Sequence[str]], frames: Sequence[int | str], values: Floats
) -> KeypointFile:
    """The content of a table.

    Args:
        name: of the format.
        names: of the C columns, on each level.
        frames: number of each of N rows, or the name of its picture.
        values: (N, C) numbers; NaN where there is none.
    """
    if not names.get("bodyparts") or not names.get("coords"):
        raise InputError("lacks `bodyparts` or `coords` among its headers; wanted a table of DeepLabCut")
    if len(names["coords"]) > _COLUMNS:
        raise InputError(f"has {len(names['coords'])} columns; wanted {_COLUMNS} at most")
    points = {point: at for at, point in enumerate(dict.fromkeys(names["bodyparts"]))}
    individuals = names.get("individuals") or [""] * len(names["coords"])
    ids = {individual: number for number, individual in enumerate(dict.fromkeys(individuals))}
    cells = np.tile([math.nan, math.nan, 1.0], (len(frames), len(ids), len(points), 1))
    for column, (individual, point, part) in enumerate(
        zip(individuals, names["bodyparts"], names["coords"], strict=True)
    ):
        if part in _PARTS:
            cells[:, ids[individual], points[point], _PARTS[part]] = values[:, column]
    people = [
        PersonInFrame(number, clean_points(person, number), at if len(ids) > 1 else 0)
        for number, row in zip(map(frame_number, frames), cells, strict=True)
        for at, person in enumerate(row)
        if np.isfinite(person[:, :2]).any()
    ]
    return KeypointFile(name, tuple(people), tuple(points))


def _number(cell: str) -> float:
    """The number in a cell; NaN if it is blank."""
    try:
        return float(cell) if cell.strip() else math.nan
    except ValueError:
        raise InputError(f"{cell[:40]!r} is not a number") from None
