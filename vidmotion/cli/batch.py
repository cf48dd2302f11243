"""`vidmotion batch`: many videos in several processes; its states, which survive whatever ends it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vidmotion.batch.journal import State
from vidmotion.batch.lift_file import Outputs
from vidmotion.batch.remote import is_url
from vidmotion.batch.summary import FILE as SUMMARY
from vidmotion.choices import BoneNames, CameraMode, Device, Format, Head, Markers, Smoothing
from vidmotion.cli import options
from vidmotion.cli.checks import before_work, check_detector
from vidmotion.cli.console import counted, fail, note, results
from vidmotion.cli.lift import check_formats
from vidmotion.cli.option_names import with_options
from vidmotion.cli.parsing import parse_person, parse_section
from vidmotion.errors import InputError, MissingExtraError, WeightsError
from vidmotion.io.plain_text import visible

if TYPE_CHECKING:
    from vidmotion.batch.journal import Book, PartsRead, Record
    from vidmotion.batch.results import Results

BATCH = "Batch"
_STAGES = {"people": "people", "second": "hands and camera"}
"""What is read of the parts of long videos, by the values of `vidmotion.batch.divided.Stage`."""


def batch(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SOURCE...",
            help="Videos, folders (with those in them), URLs of both (s3://, gs://, ...), CSV or JSONL manifests with "
            "the columns video, height, fov, person, start, end.",
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="DIR|URL",
            help="Folder for the results and their states, or its URL (s3://, gs://, ...).",
            rich_help_panel=options.OUTPUT,
        ),
    ] = None,
    work: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder for files on their way to a URL.",
            show_default="the user's cache",
            rich_help_panel=options.OUTPUT,
        ),
    ] = None,
    formats: options.Formats = None,
    overwrite: options.Overwrite = False,
    markers: options.MarkersOption = Markers.h36m17,
    bones: options.Bones = BoneNames.humanik,
    patterns: Annotated[
        list[str] | None,
        typer.Option(
            "--pattern",
            help="Names of the files to take from folders, such as '*_left.mp4'. May be repeated.",
            show_default="videos",
            rich_help_panel=BATCH,
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            "-j", "--jobs", min=1, help="Number of processes.", show_default="one a core", rich_help_panel=BATCH
        ),
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="local|auto|HOST:PORT",
            help="Let Ray run the processes: on this machine, or on the cluster that it belongs to.",
            rich_help_panel=BATCH,
        ),
    ] = None,
    gpus: Annotated[
        int,
        typer.Option(
            min=0, help="Share so many GPUs among the processes.", show_default="no choice", rich_help_panel=BATCH
        ),
    ] = 0,
    timeout: Annotated[
        float,
        typer.Option(min=1, help="Give up a clip without progress for so many seconds.", rich_help_panel=BATCH),
    ] = 600.0,
    retries: Annotated[
        int,
        typer.Option(
            min=0, help="Try a clip again so often after a crash or an unexpected error.", rich_help_panel=BATCH
        ),
    ] = 1,
    status: Annotated[
        str | None,
        typer.Option(metavar="DIR|URL", help="Only say how far the batch in DIR is.", rich_help_panel=BATCH),
    ] = None,
    heads: Annotated[
        list[Head] | None,
        typer.Option("--head", help="As for lift.", show_default="pose3d", rich_help_panel=options.LIFTING),
    ] = None,
    height: options.Height = 1.70,
    fov: options.FieldOfView = 55.0,
    flip: options.Flip = True,
    smooth: options.Smooth = Smoothing.light,
    weights: options.Networks = None,
    body_model: options.BodyModel = None,
    refine: options.Refine = True,
    detector: options.Detector = "auto",
    person: Annotated[
        str, typer.Option(metavar="ID|all", help="Lift only this person.", rich_help_panel=options.PEOPLE)
    ] = "all",
    max_people: options.MaxPeople = None,
    keep_uncertain: options.KeepUncertain = False,
    every_frame: options.EveryFrame = False,
    hands: options.Hands = True,
    camera: options.Camera = CameraMode.auto,
    start: options.Start = None,
    end: options.End = None,
    fps: options.TrueRate = None,
    rotate: options.Rotate = 0,
    device: options.DeviceOption = Device.auto,
    quiet: options.Quiet = False,
) -> None:
    """Lift many videos in several processes, and go on after whatever stopped it.

    The same command again does what is not done yet, and tries what failed once more.
    """
    if status is not None:
        if sources or output is not None:
            raise typer.BadParameter("--status DIR stands alone")
        _tell_status(status)
        return
    if not sources:
        raise typer.BadParameter("name a SOURCE: videos, folders or manifests; or --status DIR")
    if output is None:
        raise typer.BadParameter("name the folder for the results: -o DIR")
    if work is not None and not is_url(output):
        raise typer.BadParameter(f"--work {work}: only for results at a URL")
    if gpus and device not in (Device.auto, Device.cuda):
        raise typer.BadParameter(f"--gpus {gpus}: not with --device {device}")
    check_detector(detector)
    section, one = parse_section(start, end), parse_person(person)
    asked = tuple(heads or [Head.pose3d])
    written = tuple(dict.fromkeys(formats or [Format.json]))
    check_formats(written, asked)

    from vidmotion.batch.run import RunOptions, run_batch
    from vidmotion.batch.sources import find_clips
    from vidmotion.settings import Settings

    with before_work():
        settings = Settings(
            detector=detector,
            weights=tuple(weights) if weights else None,
            device=device,
            start=section[0],
            end=section[1],
            fps=fps,
            rotate=rotate,
            person=one,
            max_people=max_people,
            keep_uncertain=keep_uncertain,
            camera=camera,
            every_frame=every_frame,
            hands=hands,
            heads=asked,
            refine=refine,
            height=height,
            fov=fov,
            flip=flip,
            smooth=smooth,
            body_model=body_model,
        )
        clips = find_clips(sources, patterns or [], settings)
        if ray is not None:
            from vidmotion.batch.ray_workers import check_address

            check_address(ray)
        place = _results(output, work, overwrite)
    outputs = Outputs(place.folder, written, markers, bones, overwrite)
    run = RunOptions(jobs, timeout, retries, ray, gpus)
    try:
        book = run_batch(clips, settings, outputs, place, run, _TerminalReporter(quiet))
    except (InputError, MissingExtraError, WeightsError) as error:  # they concern all clips; those of one are listed
        fail(str(error))
        raise typer.Exit(2) from None
    failed = book.of(State.failed)
    if failed:
        table = f"{output.rstrip('/')}/{SUMMARY}" if is_url(output) else Path(output) / SUMMARY
        fail(f"{len(failed)} of {counted(len(book.records), 'clip')} failed; all are listed in {table}")
        raise typer.Exit(1)


def _results(output: str, work: Path | None, overwrite: bool) -> Results:
    """The place of the results: a folder or a URL.

    Raises:
        MissingExtraError: the package for the URL is not installed.
        InputError: it is no URL that fsspec knows.
        OutputError: the folder for files on their way cannot be made.
    """
    if is_url(output):
        from vidmotion.batch.remote_results import RemoteResults

        return RemoteResults(output, work, overwrite)
    from vidmotion.batch.results import FolderResults

    return FolderResults(Path(output).resolve())


class _TerminalReporter:
    """Tells each finished clip in a line on stderr."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._total = 0

    def begin(self, left: int, total: int) -> None:
        """Tell what there is to do."""
        self._total = total
        self._note(f"{counted(total, 'clip')}, {total - left} done before")

    def finished(self, record: Record, rate: float, left: int) -> None:
        """Tell how a clip ended, how fast the batch is, and when it will be finished."""
        if record.state is State.failed:
            fail(f"{record.name}: {record.reason}")
        else:
            people = counted(record.result["people"], "person", "people")
            self._note(f"{record.name}: {people} in {counted(record.result['frames'], 'frame')}")
        self._note(f"  {self._total - left} of {self._total}, {_speed(rate, left)}")

    def retried(self, record: Record, reason: str) -> None:
        """Tell that a clip is tried again."""
        self._note(f"{record.name}: {reason}; it will be tried again")

    def part_finished(self, record: Record, parts: PartsRead) -> None:
        """Tell how far a long clip is."""
        self._note(f"{record.name}: {_parts(parts)}")

    def _note(self, text: str) -> None:
        if not self._quiet:
            note(text)


def _tell_status(place: str) -> None:
    """Print how far a batch is, and what failed."""
    book = _read_states(place)
    counts = {state: len(book.of(state)) for state in State}
    shown = [f"{counts[State.done]} of {counted(len(book.records), 'clip')} done"]
    shown += [f"{counts[state]} {state}" for state in (State.failed, State.begun, State.waiting) if counts[state]]
    results.print(", ".join(shown))
    if book.finished:
        results.print(f"last run: {_speed(book.clips_per_hour, counts[State.waiting] + counts[State.begun])}")
    for record in book.of(State.begun):
        if record.parts is not None:
            results.print(visible(f"{record.name}: {_parts(record.parts)}"))
    for record in book.of(State.failed):
        results.print(visible(f"{record.name}: {with_options(record.reason)}"))


def _parts(parts: PartsRead) -> str:
    """How far a long clip is: "people, 3 of 60 parts read"."""
    return f"{_STAGES[parts.stage]}, {parts.done} of {parts.total} parts read"


def _read_states(place: str) -> Book:
    """The states of the batch in a folder or at a URL.

    Raises:
        MissingExtraError: the package for the URL is not installed.
        InputError: there is no batch.
    """
    if is_url(place):
        from vidmotion.batch.remote_results import read_remote_journal

        return read_remote_journal(place)
    from vidmotion.batch.journal import read_journal

    return read_journal(Path(place))


def _speed(rate: float, left: int) -> str:
    """Clips per hour and the time that is left: "340 clips/h, 0:15:30 left"."""
    spoken = f"{rate:.0f} clips/h"
    return f"{spoken}, {timedelta(seconds=round(3600 * left / rate))} left" if left else spoken
