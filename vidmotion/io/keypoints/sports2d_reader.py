"""Markers in pixels as Sports2D writes them: `NAME_px_personNN.trc`, a file for each person.

Source: Sports2D/process.py of davidpagnon/Sports2D (BSD-3): TRC as in OpenSim, but with x to the right and y down in
pixels, and z 0. The header says metres all the same, so that only the name distinguishes these files from those in
metres. Missing people and points are blank or 0. The frame number follows from the time, which counts from the video's
beginning; the first column starts at 0 even if only a part of the video was analysed. There are no scores: points that
are present have score 1.
"""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import numpy as np

from vidmotion.errors import InputError
from vidmotion.io.folders import visible_files
from vidmotion.io.keypoints.json_input import read_bytes, refuse_bad_content
from vidmotion.io.keypoints.raw_keypoints import (
    KeypointFile,
    PersonInFrame,
    clean_points,
    exact_frame_rate,
    frame_number,
)
from vidmotion.types import Floats

FORMAT = "Sports2D's TRC"
_NAME = re.compile(r".*_px(?:_person([0-9]{1,6}))?\.trc", re.IGNORECASE)


def pixel_files(folder: Path) -> list[Path]:
    """The files of a folder that hold pixels."""
    return [path for path in visible_files(folder) if _NAME.fullmatch(path.name)]


def read_files(paths: list[Path]) -> KeypointFile:
    """Reads the people of one video from one or more files.

    Raises:
        InputError: a file is damaged, or has other points or another frame rate than the first; the message names it.
    """
    files = []
    for path in paths:
        with refuse_bad_content(path):
            files.append(_read(path))
    first = files[0]
    for path, one in zip(paths, files, strict=True):
        if (one.point_names, one.fps) != (first.point_names, first.fps):
            raise InputError(
                f"{path}: has other markers or another frame rate than {paths[0].name}; is it of another video?"
            )
    return KeypointFile(
        FORMAT, tuple(person for one in files for person in one.people), first.point_names, fps=first.fps
    )


def _read(path: Path) -> KeypointFile:
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise InputError("the name does not say that it is in pixels; wanted Sports2D's NAME_px_personNN.trc")
    rows = [_cells(line) for line in read_bytes(path).decode("utf-8-sig", "replace").splitlines()]
    if len(rows) < 5 or not rows[0][0].startswith("PathFileType") or rows[3][0] != "Frame#":
        raise InputError("is not a TRC file, or its header is damaged")
    header = dict(zip(rows[1], rows[2], strict=False))
    names = tuple(name for name in rows[3][2:] if name)
    rate = _frame_rate(header.get("DataRate", ""))
    person_id = int(match[1] or 0)
    people = [_person(row, len(names), rate, person_id) for row in rows[5:] if any(map(str.strip, row))]
    return KeypointFile(FORMAT, tuple(people), names, fps=rate)


def _cells(line: str) -> list[str]:
    """The cells of a line between tabs, or between spaces if it has no tabs."""
    return [cell.strip() for cell in line.split("\t")] if "\t" in line else line.split() or [""]


def _frame_rate(text: str) -> Fraction:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    return exact_frame_rate(rate)


def _person(row: list[str], markers: int, rate: Fraction, person_id: int) -> PersonInFrame:
    time = _values(row[1:2])
    if len(time) != 1 or not np.isfinite(time[0]) or abs(time[0]) > 2**31:
        raise InputError(f"row {row[0][:20]!r} has no time")
    frame = frame_number(round(float(time[0]) * float(rate)))
    cells = row[2 : 2 + 3 * markers]
    xy = _values(cells + [""] * (3 * markers - len(cells))).reshape(markers, 3)[:, :2]
    present = np.isfinite(xy).all(1) & (xy != 0).any(1)
    return PersonInFrame(frame, clean_points(np.column_stack([xy, present]), frame), person_id)


def _values(cells: list[str]) -> Floats:
    """The numbers in cells; a blank cell gives NaN."""
    try:
        return np.array([float(cell) if cell.strip() else np.nan for cell in cells])
    except ValueError as error:
        raise InputError(f"holds a cell that is not a number ({error})") from None
