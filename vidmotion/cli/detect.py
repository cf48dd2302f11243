"""`vidmotion detect`: the people of a video in 2D, without lifting."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vidmotion.choices import CameraMode, Device
from vidmotion.cli import options
from vidmotion.cli.checks import before_work, check_detector, check_file
from vidmotion.cli.console import TerminalProgress, counted, note
from vidmotion.cli.parsing import parse_section


def detect(
    video: Annotated[Path, typer.Argument(help="Video file, or folder of numbered pictures.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="JSON or NPZ file.",
            show_default="VIDEO.json here",
            rich_help_panel=options.OUTPUT,
        ),
    ] = None,
    overwrite: options.Overwrite = False,
    detector: options.Detector = "auto",
    max_people: options.MaxPeople = None,
    keep_uncertain: options.KeepUncertain = False,
    every_frame: options.EveryFrame = False,
    hands: options.Hands = True,
    camera: options.Camera = CameraMode.auto,
    start: options.Start = None,
    end: options.End = None,
    fps: options.TrueRate = None,
    rotate: options.Rotate = 0,
    device: Annotated[
        Device, typer.Option("--device", help="Where mmpose and rtmlib run.", rich_help_panel=options.RUN)
    ] = Device.auto,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Find and follow the people of a video in 2D, without lifting."""
    check_detector(detector)
    first, last = parse_section(start, end)

    from vidmotion.io.scene.formats import READERS, export, is_scene
    from vidmotion.pipeline import Pipeline
    from vidmotion.settings import Settings
    from vidmotion.video.numbered_pictures import video_stem

    path = output or Path(f"{video_stem(video)}.json")
    if not is_scene(path):
        raise typer.BadParameter(f"-o {path}: 2D people are written to {', '.join(READERS)} files")
    progress = TerminalProgress(quiet, verbose)
    with before_work():
        check_file(path, overwrite)
        settings = Settings(
            detector=detector,
            device=device,
            start=first,
            end=last,
            fps=fps,
            rotate=rotate,
            max_people=max_people,
            keep_uncertain=keep_uncertain,
            camera=camera,
            every_frame=every_frame,
            hands=hands,
        )
        pipeline = Pipeline(settings, progress)
    scene = pipeline.detect(video)
    progress.timings()
    for written in export(scene, path):
        if not quiet:
            people, frames = counted(len(scene.people), "person", "people"), counted(scene.frame_count, "frame")
            note(f"wrote {written}: {people} in {frames}")
