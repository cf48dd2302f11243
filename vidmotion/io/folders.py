"""What lies in folders that users give."""

from __future__ import annotations

from pathlib import Path


def visible_files(folder: Path) -> list[Path]:
    """The files of a folder by name, without hidden ones: macOS writes a `._a.json` beside a.json.

    Raises:
        OSError: the folder cannot be read.
    """
    return sorted(path for path in folder.iterdir() if not path.name.startswith(".") and path.is_file())
