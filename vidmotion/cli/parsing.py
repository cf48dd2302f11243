"""Times, sizes and ids as they are written on the command line."""

from __future__ import annotations

import re
from collections.abc import Sequence

import typer

_TIME = re.compile(r"^(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?|\.\d+)$")
_HEIGHT = re.compile(r"(?:([0-9]{1,9})=)?([0-9]{1,3}(?:\.[0-9]*)?|\.[0-9]+)")
_SIZE = re.compile(r"([1-9][0-9]{0,4})x([1-9][0-9]{0,4})")


def parse_section(start: str | None, end: str | None) -> tuple[float | None, float | None]:
    """Seconds of --start and --end.

    Raises:
        typer.BadParameter: a text is no time, or the end is not after the start.
    """
    first, last = _parse_time(start, "--start"), _parse_time(end, "--end")
    if last is not None and last <= (first or 0.0):
        raise typer.BadParameter(f"--end {end} is not after --start {start or 0}")
    return first, last


def parse_size(text: str | None) -> tuple[int, int] | None:
    """Width and height of "1280x720"; None stays None.

    Raises:
        typer.BadParameter: the text is no size.
    """
    if text is None:
        return None
    found = _SIZE.fullmatch(text)
    if not found:
        raise typer.BadParameter(f"--size {text}: wanted WIDTHxHEIGHT, such as 1280x720")
    return int(found[1]), int(found[2])


def parse_person(text: str) -> int | None:
    """The id of --person; None for everybody.

    Raises:
        typer.BadParameter: the text is neither a number nor "all".
    """
    if text == "all":
        return None
    if not text.isdecimal():
        raise typer.BadParameter(f"--person {text}: wanted an id such as 0, or all")
    return int(text)


def parse_heights(texts: Sequence[str]) -> tuple[float | None, dict[int, float]]:
    """Everybody's height and those of single people, in metres, from texts such as "1.75" and "2=1.20".

    Raises:
        typer.BadParameter: a text is neither, or one height is given twice.
    """
    found: dict[int | None, float] = {}
    for text in texts:
        match = _HEIGHT.fullmatch(text)
        if match is None:
            raise typer.BadParameter(
                f"--height {text}: wanted metres such as 1.75, or a person's id and metres: 2=1.20"
            )
        person = None if match[1] is None else int(match[1])
        if person in found:
            raise typer.BadParameter(f"--height {text}: is given twice")
        found[person] = float(match[2])
    return found.pop(None, None), {one: height for one, height in found.items() if one is not None}


def _parse_time(text: str | None, option: str) -> float | None:
    """Seconds from "12.5", "1:02.5" or "HH:MM:SS.s"; None stays None.

    Raises:
        typer.BadParameter: the text is no time.
    """
    if text is None:
        return None
    match = _TIME.match(text)
    if match is None:
        raise typer.BadParameter(f"{option} {text}: wanted seconds or HH:MM:SS.s")
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return 3600 * hours + 60 * minutes + seconds
