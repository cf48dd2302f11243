"""`vidmotion data`: labelled footage, made, packed, unpacked and looked at."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from vidmotion.cli.console import TerminalProgress

app = typer.Typer(no_args_is_help=True, help="Make and carry training data.")

NEWS_SECONDS = 60.0
"""Between two lines of news where no bar is shown."""


class Split(StrEnum):
    """Parts of the motion capture, by subject."""

    train = "train"
    val = "val"
    test = "test"


@app.callback()
def _verbs() -> None:
    pass


@app.command()
def render(
    mocap: Annotated[Path, typer.Option(help="Folder of packed motion capture with rotations.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder of the store; an old one is continued.")],
    clips: Annotated[int, typer.Option(min=1, help="How many clips the store shall hold.")] = 100,
    split: Annotated[Split, typer.Option(help="Which subjects move.")] = Split.train,
    seed: Annotated[int, typer.Option(min=0, help="Of all random choices.")] = 0,
    jobs: Annotated[
        int, typer.Option("-j", "--jobs", min=1, help="Processes; as many as there are cores is best.")
    ] = 1,
    frames: Annotated[int, typer.Option(min=2, help="Length of a clip.")] = 81,
    backgrounds: Annotated[Path | None, typer.Option(help="Folder of pictures to stand behind people.")] = None,
    detector: Annotated[str, typer.Option(help="blazepose, blazepose-heavy.")] = "blazepose",
    keep_video: Annotated[bool, typer.Option("--keep-video", help="Keep the clips as MP4 in OUT/videos.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Errors only.")] = False,
) -> None:
    """Draw people whose motion is known exactly, and keep what the detector says of them.

    Clips depend on seed and number alone. An interrupted run keeps its finished clips; the same command goes on.
    """
    from vidmotion.cli.checks import check_detector
    from vidmotion.footage.studio import Order, render

    check_detector(detector)
    order = Order(mocap, out, clips, split, seed, frames, jobs, backgrounds, detector, keep_video)
    progress, started = TerminalProgress(quiet), time.monotonic()
    news = started
    with progress.stage("render", clips * frames) as stage:

        def advance(done: int) -> None:
            nonlocal news
            stage.advance(done)
            if time.monotonic() - news > NEWS_SECONDS:
                news = time.monotonic()
                progress.say(f"{done // frames} clips, {done / (news - started):.1f} frames/s")

        made = render(order, advance)
    seconds = time.monotonic() - started
    progress.say(f"{out}: {made} clips made, {clips - made} were there; {made * frames / seconds:.1f} frames/s")
