"""Sizes of pictures on the command line."""

from __future__ import annotations

import re

import typer

_SIZE = re.compile(r"([1-9][0-9]{0,4})x([1-9][0-9]{0,4})")


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
