"""`vidmotion detect`: the people of a video in 2D, without lifting."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vidmotion.cli.console import TerminalProgress, note
from vidmotion.cli.outputs import refuse_existing


def detect(
    video: Annotated[Path, typer.Argument(help="Video file.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="JSON or NPZ file. [default: VIDEO.json here]")
    ] = None,
    detector: Annotated[str, typer.Option(help="auto, blazepose, blazepose-heavy.")] = "auto",
    overwrite: Annotated[bool, typer.Option("-y", "--overwrite", help="Replace existing results.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Errors only.")] = False,
) -> None:
    """Find and follow the people of a video in 2D."""
    from vidmotion.exporters import export
    from vidmotion.pipeline import Pipeline, Settings

    path = output or Path(f"{video.stem}.json")
    refuse_existing([path], overwrite)
    progress = TerminalProgress(quiet)
    scene = Pipeline(Settings(detector=detector), progress).detect(video)
    for written in export(scene, path):
        if not quiet:
            note(f"wrote {written}: {len(scene.people)} people in {scene.frame_count} frames")
