"""Checks that commands make before they start to work."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import typer

from vidmotion.choices import Style
from vidmotion.errors import InputError, OutputError

DETECTOR_HELP = "auto, blazepose, blazepose-heavy, mmpose, or mmpose: and models (README)."


def film_suffix(style: Style) -> str:
    """The end of a film's name: never the name of the video that it shows."""
    return f".{style.value}.mp4"


def check_detector(name: str) -> None:
    """Make sure that there is such a detector.

    Raises:
        typer.BadParameter: there is none.
    """
    from vidmotion.detectors import check

    try:
        check(name)
    except InputError as error:
        raise typer.BadParameter(f"--detector: {error}") from None


def make_folder(folder: Path) -> None:
    """Make the folder for results.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder {folder}: {error.strerror}; name another with -o") from None


def refuse_existing(paths: Iterable[Path], overwrite: bool) -> None:
    """Make sure that no result would replace a file unasked, or has a name that no format has.

    Raises:
        OutputError: one of them exists.
        InputError: unknown suffix.
    """
    for path in paths:
        for found in _in_the_way(path):
            if not overwrite:
                raise OutputError(f"{found} exists already; pass -y to replace it, or choose another name")


def check_file(path: Path, overwrite: bool) -> None:
    """`refuse_existing` for one file that the user named: its folder has to be there.

    Raises:
        OutputError: it exists, or its folder does not.
        InputError: unknown suffix.
    """
    if not path.absolute().parent.is_dir():
        raise OutputError(f"{path}: there is no folder {path.parent}; make it first or choose another name")
    refuse_existing([path], overwrite)


def _in_the_way(path: Path) -> list[Path]:
    from vidmotion.io.scene.formats import in_the_way

    if path.suffix.lower() in (".mp4", ".safetensors"):
        return [path] if path.exists() else []
    return in_the_way(path)
