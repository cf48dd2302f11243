"""Times on the command line."""

from __future__ import annotations

import re

import typer

_TIME = re.compile(r"^(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?)$")


def parse_section(start: str | None, end: str | None) -> tuple[float | None, float | None]:
    """Seconds of --start and --end.

    Raises:
        typer.BadParameter: a text is no time, or the end does not lie after the start.
    """
    first, last = _parse_time(start, "--start"), _parse_time(end, "--end")
    if last is not None and last <= (first or 0.0):
        raise typer.BadParameter(f"--end {end} does not lie after --start {start or 0}")
    return first, last


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
