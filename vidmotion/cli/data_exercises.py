"""`vidmotion data exercises`: motion capture of exercises, made and not recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vidmotion.cli import options
from vidmotion.cli.console import TerminalProgress, counted


def exercises(
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to write.")],
    clips: Annotated[int, typer.Option(min=1, help="Number of clips, of 6 to 14 seconds.")] = 160,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all random choices.")] = 0,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
) -> None:
    """Make motion capture of exercises: squats, lunges, push-ups, sit-ups, balance, yoga and others.

    Nobody was recorded: key postures, drawn at random within what people do, are solved for random bodies. The folder
    has rotations and the class `exercise`. A clip depends on the seed and its number alone.
    """
    from vidmotion.data.exercises.generate import generate_exercises

    progress = TerminalProgress(quiet)
    with progress.task("exercises", clips) as task:
        frames = generate_exercises(out, clips, seed, overwrite, task.advance)
    progress.message(f"{out}: {counted(clips, 'clip')}, {counted(frames, 'frame')}")
