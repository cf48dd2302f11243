"""Checks of result files that every command makes before it starts to work."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from vidmotion.errors import OutputError


def refuse_existing(paths: Iterable[Path], overwrite: bool) -> None:
    """Make sure that no result would replace a file unasked.

    Raises:
        OutputError: one of them exists.
    """
    for path in paths:
        for found in [] if overwrite else _in_the_way(path):
            raise OutputError(f"{found} exists already; pass -y to replace it, or choose another name with -o")


def _in_the_way(path: Path) -> list[Path]:
    from vidmotion.exporters import WRITERS, in_the_way

    if path.suffix.lower() in WRITERS:
        return in_the_way(path)
    return [path] if path.exists() else []
