"""`vidmotion render`: a picture of a saved motion."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vidmotion.cli.checks import FILM_SUFFIX, check_file
from vidmotion.cli.console import TerminalProgress, note


def render(
    motion: Annotated[Path, typer.Argument(metavar="MOTION", help="A .json or .npz that lift wrote.")],
    video: Annotated[Path | None, typer.Option("--video", help="The video that it was made of, to draw over.")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="[default: MOTION.skeleton.mp4]")] = None,
    overwrite: Annotated[bool, typer.Option("-y", "--overwrite", help="Replace an existing file.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Errors only.")] = False,
) -> None:
    """Draw the skeletons over the video, beside the turning 3D view."""
    from vidmotion.exporters import load
    from vidmotion.rendering import render as draw

    path = output or motion.with_suffix(FILM_SUFFIX)
    check_file(path, overwrite)
    scene, progress = load(motion), TerminalProgress(quiet)
    with progress.stage("render", scene.frame_count) as stage:
        draw(scene, path, video, lambda done, total: stage.advance(done))
    if not quiet:
        note(f"wrote {path}")
