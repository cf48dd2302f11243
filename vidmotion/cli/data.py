"""`vidmotion data`: training data, made, imported, packed, unpacked and looked at."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from vidmotion.choices import Split
from vidmotion.cli import options
from vidmotion.cli.checks import check_file
from vidmotion.cli.console import TerminalProgress, counted, fail, note, results
from vidmotion.cli.data_exercises import exercises
from vidmotion.cli.data_import import import_

if TYPE_CHECKING:
    from vidmotion.data.store import Store

app = typer.Typer(no_args_is_help=True, help="Make, import and inspect training data.")
app.command("import")(import_)
app.command()(exercises)

NEWS_SECONDS = 60.0
"""Between two lines of news where no bar is shown."""


@app.callback()
def _verbs() -> None:
    pass


@app.command()
def render(
    mocap: Annotated[Path, typer.Option(help="Folder of packed motion capture with rotations.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder of the store; an existing one is continued.")],
    clips: Annotated[int, typer.Option(min=1, help="Number of clips in the finished store.")] = 100,
    split: Annotated[Split, typer.Option(help="Split of the motion capture to use.")] = Split.train,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all random choices.")] = 0,
    jobs: Annotated[int, typer.Option("-j", "--jobs", min=1, help="Processes; one for each core is best.")] = 1,
    frames: Annotated[int, typer.Option(min=2, help="Frames of a clip.")] = 81,
    backgrounds: Annotated[Path | None, typer.Option(help="Folder of pictures to use as backgrounds.")] = None,
    detector: options.Detector = "auto",
    keep_video: Annotated[bool, typer.Option("--keep-video", help="Keep the clips as MP4 in OUT/videos.")] = False,
    quiet: options.Quiet = False,
) -> None:
    """Render labelled footage: people whose motion is known exactly, and the detector's output for them.

    A clip depends on the seed and its number alone. An interrupted run keeps its finished clips; run the same command
    again to go on.
    """
    from vidmotion.cli.checks import check_detector
    from vidmotion.data.synthetic.generate import GenerationSettings, generate_clips

    check_detector(detector)
    settings = GenerationSettings(mocap, out, clips, split.value, seed, frames, jobs, backgrounds, detector, keep_video)
    progress, started = TerminalProgress(quiet), time.monotonic()
    news = started
    with progress.task("render", clips * frames) as task:

        def advance(done: int) -> None:
            nonlocal news
            task.advance(done)
            if time.monotonic() - news > NEWS_SECONDS:
                news = time.monotonic()
                progress.message(f"{done // frames} clips, {done / (news - started):.1f} frames/s")

        made = generate_clips(settings, advance)
    seconds = time.monotonic() - started
    progress.message(f"{out}: {made} clips made, {clips - made} were there; {made * frames / seconds:.1f} frames/s")


@app.command()
def detect(
    folder: Annotated[Path, typer.Argument(help="Folder of videos; each of its sub-folders is a class.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to write.")],
    held_out: Annotated[
        float, typer.Option(min=0, max=0.9, help="Share of each class' videos for the split `test`.")
    ] = 0.0,
    detector: options.Detector = "auto",
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
) -> None:
    """Detect the people of labelled videos, for `train action` and `eval action`."""
    from vidmotion.cli.checks import check_detector
    from vidmotion.data.labelled_videos import pack_labelled
    from vidmotion.pipeline import Pipeline
    from vidmotion.settings import Settings

    check_detector(detector)
    progress = TerminalProgress(quiet)
    failed: list[str] = []

    def refuse(message: str) -> None:
        fail(message)
        failed.append(message)

    pipeline = Pipeline(Settings(detector=detector), progress)
    clips = pack_labelled(folder, out, pipeline.detect_cached, held_out, overwrite, refuse)
    progress.message(f"{out}: {counted(clips, 'person', 'people')}")
    if failed:
        raise typer.Exit(1)


@app.command()
def pack(
    store: Annotated[Path, typer.Argument(help="Folder of a store.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="NPZ file.")],
    overwrite: options.Overwrite = False,
) -> None:
    """Put a store's recipes and detections into one small file, without any motion capture."""
    from vidmotion.data.light_pack import write_pack
    from vidmotion.data.store import read_store

    check_file(output, overwrite)
    source = read_store(store)
    size = write_pack(source, output)
    note(f"wrote {output}: {size / 2**20:.2f} MiB, {size / max(len(source), 1):.1f} bytes for a person in a frame")


@app.command()
def unpack(
    file: Annotated[Path, typer.Argument(help="A file that `pack` wrote.")],
    mocap: Annotated[Path, typer.Option(help="The motion capture that the footage was made from.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder of the store.")],
    quiet: options.Quiet = False,
) -> None:
    """Rebuild a store from a packed one: its labels follow from the recipes and the motion capture."""
    from vidmotion.data.synthetic.unpack import unpack_store

    progress = TerminalProgress(quiet)
    with progress.task("unpack", None) as task:
        clips = unpack_store(file, mocap, out, task.advance)
    progress.message(f"{out}: {clips} clips")


@app.command()
def info(folder: Annotated[Path, typer.Argument(help="Folder of a store, or of packed motion.")]) -> None:
    """Show what a folder holds: clips and minutes, and how often the detector found people."""
    from vidmotion.data.store import is_store, read_store

    if not is_store(folder) and (folder / "index.csv").is_file():
        _packed_info(folder)
        return
    _store_info(read_store(folder))


def _store_info(store: Store) -> None:
    from vidmotion.data.summary import summarise

    frames = sum(clip.frames for clip in store.clips)
    minutes = frames / store.settings.rate / 60
    results.print(f"{len(store.clips)} clips, {frames} frames, {minutes:.1f} minutes, {len(store)} people in frames")
    table = Table("what", "clips", "minutes", "seen", "filled in", box=None)
    for line in summarise(store):
        table.add_row(line.name, str(line.clips), f"{line.minutes:.1f}", f"{line.seen:.1%}", f"{line.filled:.1%}")
    results.print(table)


def _packed_info(folder: Path) -> None:
    from vidmotion.data.summary import summarise_packed

    summary = summarise_packed(folder)
    results.print(f"{summary.name}: {', '.join(summary.holds)}")
    table = Table("what", "clips", "minutes", box=None)
    for name, clips, minutes in summary.lines:
        table.add_row(name, str(clips), f"{minutes:.1f}")
    results.print(table)
