"""Markers in pixels as Sports2D writes them: `NAME_px_personNN.trc`, one person a file.

Source: Sports2D/process.py of davidpagnon/Sports2D (BSD-3): TRC as OpenSim has it, but x to the right and y down in
pixels, z 0. Its header says metres all the same; the name alone tells the files apart from those in metres. Frames
without somebody, and points, are blank or 0. The frame's number is its time, from the video's beginning: the first
column begins with 0 though a part of the video was analysed. There are no scores; what is there counts as sure.
"""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import numpy as np

from vidmotion.errors import InputError
from vidmotion.io.keypoints.json_input import read_bytes, told_plainly
from vidmotion.io.keypoints.raw_keypoints import Found, Seen, cleaned, exact_rate, frame_of
from vidmotion.types import Floats

FORM = "Sports2D's TRC"
_NAME = re.compile(r".*_px(?:_person([0-9]{1,6}))?\.trc", re.IGNORECASE)


def pixel_files(folder: Path) -> list[Path]:
    """The files of a folder that hold pixels."""
    return sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))


def read_files(paths: list[Path]) -> Found:
    """The people of several files of one video.

    Raises:
        InputError: a file is damaged, or they name other points or another rate; says which.
    """
    people = []
    for path in paths:
        with told_plainly(path):
            people.append(_read(path))
    first = people[0]
    for path, one in zip(paths, people, strict=True):
        if (one.names, one.fps) != (first.names, first.fps):
            raise InputError(f"{path}: has other markers or another rate than {paths[0].name}; is it of another video?")
    return Found(FORM, tuple(seen for one in people for seen in one.seen), first.names, fps=first.fps)


def _read(path: Path) -> Found:
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise InputError("the name does not say that it is in pixels; wanted Sports2D's NAME_px_personNN.trc")
    lines = read_bytes(path).decode("utf-8", "replace").splitlines()
    rows = [line.split("\t") for line in lines]
    if len(rows) < 5 or not rows[0][0].startswith("PathFileType") or rows[3][0] != "Frame#":
        raise InputError("is no TRC file, or its header is damaged")
    header = dict(zip(rows[1], rows[2], strict=False))
    names = tuple(name.strip() for name in rows[3][2::3] if name.strip())
    rate = _rate(header.get("DataRate", ""))
    person = int(match[1] or 0)
    seen = [_frame(row, len(names), rate, person) for row in rows[5:] if any(map(str.strip, row))]
    return Found(FORM, tuple(seen), names, fps=rate)


def _rate(text: str) -> Fraction:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    return exact_rate(rate)


def _frame(row: list[str], markers: int, rate: Fraction, person: int) -> Seen:
    time = _values(row[1:2])
    if len(time) != 1 or not np.isfinite(time[0]) or abs(time[0]) > 2**31:
        raise InputError(f"row {row[0][:20]!r} has no time")
    frame = frame_of(round(float(time[0]) * float(rate)))
    cells = row[2 : 2 + 3 * markers]
    places = _values(cells + [""] * (3 * markers - len(cells))).reshape(markers, 3)[:, :2]
    there = np.isfinite(places).all(1) & (places != 0).any(1)
    return Seen(frame, cleaned(np.column_stack([places, there]), frame), person)


def _values(cells: list[str]) -> Floats:
    """Numbers of cells; blank ones are NaN."""
    try:
        return np.array([float(cell) if cell.strip() else np.nan for cell in cells])
    except ValueError as error:
        raise InputError(f"holds something else than numbers ({error})") from None
