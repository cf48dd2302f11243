"""Checks that commands make before they start to work. What cannot succeed is refused as wrong usage (exit code 2)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from vidmotion.choices import Style
from vidmotion.cli.console import fail
from vidmotion.cli.option_names import with_options
from vidmotion.errors import InputError, OutputError, VidmotionError
from vidmotion.io.atomic import check_writable
from vidmotion.io.targets import refuse_existing


def film_suffix(style: Style) -> str:
    """The end of a film's name: never the name of the video that it shows."""
    return f".{style.value}.mp4"


@contextmanager
def before_work() -> Iterator[None]:
    """Turn what the library refuses before any work into one line and the exit code of wrong usage.

    Raises:
        typer.Exit: with 2, after a `VidmotionError` within the context.
    """
    try:
        yield
    except VidmotionError as error:
        fail(str(error))
        raise typer.Exit(2) from None


def check_detector(name: str) -> None:
    """Make sure that there is such a detector.

    Raises:
        typer.BadParameter: there is none.
    """
    from vidmotion.detectors import check_detector_name

    try:
        check_detector_name(name)
    except InputError as error:
        raise typer.BadParameter(f"--detector: {with_options(str(error))}") from None


def check_file(path: Path, overwrite: bool, one_file: bool = False) -> None:
    """`refuse_existing` for one file that the user named: its folder has to be there and writable.

    Raises:
        OutputError: it exists, its folder does not, or the folder is read-only or the disk full.
        InputError: the suffix belongs to no format.
    """
    if not path.absolute().parent.is_dir():
        raise OutputError(f"{path}: there is no folder {path.parent}; make it first or choose another name")
    refuse_existing([path], overwrite, one_file)
    check_writable(path)
