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
        if path.exists() and not overwrite:
            raise OutputError(f"{path} exists already; pass -y to replace it, or choose another name with -o")
