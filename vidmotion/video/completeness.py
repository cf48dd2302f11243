"""Whether a video file ends before the end that its own header states, which FFmpeg does not report.

Known for MP4 and QuickTime, Matroska and WebM, and AVI. Standard library only.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

_EBML, _SEGMENT = b"\x1aE\xdf\xa3", b"\x18S\x80g"


def is_cut_short(path: Path) -> bool:
    """Whether the file ends too early; False for formats that do not tell."""
    if not path.is_file():
        return False
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(12)
        if start[4:8] == b"ftyp":
            return _end_of_boxes(file, size) > size
        if start[:4] == _EBML:
            return _end_of_segment(file) > size
        return start[:4] == b"RIFF" and 8 + int.from_bytes(start[4:8], "little") > size


def _end_of_boxes(file: BinaryIO, size: int) -> int:
    """Where the last top-level box of an MP4 or QuickTime file ends.

    A few stray bytes after it, too few for another box, do not matter.
    """
    position = 0
    while position + 8 <= size:
        file.seek(position)
        length = int.from_bytes(file.read(8)[:4], "big")
        if length == 1:
            length = int.from_bytes(file.read(8), "big")
        if length == 0:  # to the end of the file
            return size
        position += length
    return position


def _end_of_segment(file: BinaryIO) -> int:
    """Where the segment of a Matroska file ends; 0 if its length is unknown, as in recordings of streams."""
    file.seek(4)
    header = _ebml_length(file)
    if header is None:
        return 0
    file.seek(header, 1)
    if file.read(4) != _SEGMENT:
        return 0
    length = _ebml_length(file)
    return 0 if length is None else file.tell() + length


def _ebml_length(file: BinaryIO) -> int | None:
    """The variable-length integer that begins here; None if all its bits are set, which means unknown."""
    first = int.from_bytes(file.read(1), "big")
    extra = 8 - first.bit_length()
    if extra > 7:
        return None
    bits = 7 * (extra + 1)
    value = ((first << 8 * extra) | int.from_bytes(file.read(extra), "big")) & ((1 << bits) - 1)
    return None if value == (1 << bits) - 1 else value
