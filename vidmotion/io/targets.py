"""Checks of the files that results go to, made before the work: what could not be written after it is refused.

And the folders of the work itself.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from vidmotion.errors import OutputError
from vidmotion.io.atomic import is_full, output_error


def make_folder(folder: Path) -> None:
    """Make the folder for results.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if is_full(error):
            raise output_error(folder, error) from None
        raise OutputError(f"cannot make the folder {folder}: {error.strerror}; name another with `output`") from None


def remove_folder(folder: Path) -> None:
    """Remove a folder of intermediate files, and the one above it if nothing else is in it; as far as possible."""
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        folder.parent.rmdir()


def refuse_existing(paths: Iterable[Path], overwrite: bool, one_file: bool = False) -> None:
    """Make sure that no result would replace a file unasked, or a folder.

    Args:
        one_file: whether each result is one file of that name, also in formats of one person.

    Raises:
        OutputError: one of them exists.
        InputError: a suffix belongs to no format.
    """
    for path in paths:
        if path.is_dir():
            raise OutputError(f"{path} is a folder; choose another name")
        for found in _existing(path, one_file):
            if not overwrite:
                raise OutputError(f"{found} exists already; pass `overwrite` to replace it, or choose another name")


def _existing(path: Path, one_file: bool) -> list[Path]:
    from vidmotion.io.scene.formats import existing_targets

    if path.suffix.lower() in (".mp4", ".html", ".safetensors"):
        return [path] if path.exists() else []
    return [found for found in existing_targets(path) if found == path or not one_file]
