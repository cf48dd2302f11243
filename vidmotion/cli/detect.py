"""`vidmotion detect`: the people of a video in 2D, without lifting."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vidmotion.choices import Device
from vidmotion.cli.checks import DETECTOR_HELP, check_detector, check_file
from vidmotion.cli.console import TerminalProgress, note
from vidmotion.cli.times import parse_section
from vidmotion.errors import InputError


def detect(
    video: Annotated[Path, typer.Argument(help="Video file.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="JSON or NPZ file.", show_default="VIDEO.json here")
    ] = None,
    detector: Annotated[str, typer.Option(help=DETECTOR_HELP)] = "auto",
    max_people: Annotated[
        int | None,
        typer.Option(min=1, help="Keep so many people: who is seen longest and largest.", show_default="all"),
    ] = None,
    start: Annotated[str | None, typer.Option(help="Begin here: seconds or HH:MM:SS.s.")] = None,
    end: Annotated[str | None, typer.Option(help="Stop here: seconds or HH:MM:SS.s.")] = None,
    device: Annotated[Device, typer.Option(help="Where mmpose runs.")] = Device.auto,
    overwrite: Annotated[bool, typer.Option("-y", "--overwrite", help="Replace existing results.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Errors only.")] = False,
) -> None:
    """Find and follow the people of a video in 2D."""
    from vidmotion.io.scene.formats import READERS, export
    from vidmotion.pipeline import Pipeline, Settings

    check_detector(detector)
    first, last = parse_section(start, end)
    path = output or Path(f"{video.stem}.json")
    if path.suffix.lower() not in READERS:
        raise InputError(f"{path}: 2D people go into {' or '.join(READERS)} files")
    check_file(path, overwrite)
    settings = Settings(detector, device=device, start=first, end=last, max_people=max_people)
    progress = TerminalProgress(quiet)
    scene = Pipeline(settings, progress).detect(video)
    for written in export(scene, path):
        if not quiet:
            note(f"wrote {written}: {len(scene.people)} people in {scene.frame_count} frames")
