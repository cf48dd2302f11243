"""`vidmotion render`: a picture of a saved motion."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vidmotion.choices import Style, View
from vidmotion.cli.checks import check_file, film_suffix
from vidmotion.cli.console import TerminalProgress, note
from vidmotion.cli.film_rendering import FilmChoice, advise_on_speed, draw_film


def render(
    motion: Annotated[Path, typer.Argument(metavar="MOTION", help="A .json or .npz that lift wrote.")],
    video: Annotated[Path | None, typer.Option("--video", help="The video that it was made of, to draw over.")] = None,
    style: Annotated[Style, typer.Option(help="How people are drawn; both is a mesh with the skeleton over it.")] = (
        Style.skeleton
    ),
    view: Annotated[
        View,
        typer.Option(help="The 3D view circles the people or stands at their side; camera is the picture alone."),
    ] = View.turn,
    body_model: Annotated[
        Path | None, typer.Option(help="The file that the bodies were made with.", show_default="free body")
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", show_default="MOTION.STYLE.mp4")] = None,
    overwrite: Annotated[bool, typer.Option("-y", "--overwrite", help="Replace an existing file.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Errors only.")] = False,
) -> None:
    """Draw the people over the video, beside a 3D view of them."""
    from vidmotion.io.scene.formats import load

    path = output or motion.with_suffix(film_suffix(style))
    check_file(path, overwrite)
    film = FilmChoice(style, view, body_model)
    if not quiet:
        advise_on_speed(film)
    draw_film(load(motion), path, video, film, TerminalProgress(quiet))
    if not quiet:
        note(f"wrote {path}")
