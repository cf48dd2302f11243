"""`vidmotion render`: a film of a saved motion."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vidmotion.choices import Style, View
from vidmotion.cli import options
from vidmotion.cli.checks import check_file, film_suffix
from vidmotion.cli.console import TerminalProgress, note
from vidmotion.cli.film_rendering import FilmChoice, advise_on_speed, draw_film


def render(
    motion: options.Motion,
    video: Annotated[
        Path | None,
        typer.Option("--video", help="The video that it was made from, to draw over.", rich_help_panel=options.FILM),
    ] = None,
    style: options.StyleOption = Style.skeleton,
    view: options.ViewOption = View.turn,
    person: Annotated[
        int | None, typer.Option(min=0, help="Only the person with this id.", rich_help_panel=options.FILM)
    ] = None,
    body_model: Annotated[
        Path | None,
        typer.Option(
            "--body-model",
            help="The SMPL file that it was lifted with.",
            show_default="the free body",
            rich_help_panel=options.FILM,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", show_default="MOTION.STYLE.mp4", rich_help_panel=options.OUTPUT),
    ] = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Draw the people of a saved motion over the video, beside a 3D view of them."""
    from vidmotion.io.scene.formats import load, split_name

    path = output or motion.with_name(split_name(motion)[0] + film_suffix(style))
    if path.suffix.lower() != ".mp4":
        raise typer.BadParameter(f"-o {path}: films are written as MP4; choose a name that ends in .mp4")
    check_file(path, overwrite)
    film = FilmChoice(style, view, body_model, person)
    if not quiet:
        advise_on_speed(film)
    progress = TerminalProgress(quiet, verbose)
    draw_film(load(motion), path, video, film, progress)
    progress.timings()
    if not quiet:
        note(f"wrote {path}")
