"""What lies in folders that users give."""

from __future__ import annotations

from pathlib import Path

VIDEO_SUFFIXES = frozenset({".mp4", ".mov", ".mkv", ".avi", ".webm", ".m4v", ".mpg", ".mpeg"})
"""Of the files that are taken for videos where a folder holds others too."""


def visible_files(folder: Path) -> list[Path]:
    """The files of a folder by name, without hidden ones: macOS writes a `._a.json` beside a.json.

    Raises:
        OSError: the folder cannot be read.
    """
    return sorted(path for path in folder.iterdir() if not path.name.startswith(".") and path.is_file())
