"""`vidmotion actions`: motions of your own, taught by a few clips and found in videos."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from vidmotion.cli import options
from vidmotion.cli.checks import check_detector, check_file
from vidmotion.cli.console import TerminalProgress, fail, note, results
from vidmotion.cli.json_report import write_report
from vidmotion.errors import InputError, VidmotionError
from vidmotion.io.atomic import check_writable

if TYPE_CHECKING:
    from vidmotion.actions.search import Hit, WindowEmbeddings
    from vidmotion.pipeline import Pipeline

app = typer.Typer(no_args_is_help=True, help="Teach motions by example, and find them in videos.")

LIBRARY = Path("actions.npz")


@app.command()
def teach(
    name: Annotated[str, typer.Argument(help="Name of the motion.")],
    clips: Annotated[list[Path], typer.Argument(metavar="CLIP...", help="Videos of it, ideally a few seconds long.")],
    library: Annotated[Path, typer.Option("-l", "--library", help="File to add it to.")] = LIBRARY,
    person: Annotated[
        int | None, typer.Option(min=0, help="Id of the person to learn from, where a clip shows several people.")
    ] = None,
    weights: options.Network = None,
    detector: options.Detector = "auto",
    quiet: options.Quiet = False,
) -> None:
    """Add examples of a motion to a library."""
    from vidmotion.actions.library import Library, read_library, write_library

    if not name.strip():
        raise typer.BadParameter("the motion needs a name")
    check_detector(detector)
    check_writable(library)
    pipeline, network = _pipeline(weights, detector, person, quiet)
    known = read_library(library, network) if library.exists() else None
    for clip in clips:
        embedding = _only(pipeline.embed(clip), clip).mean
        known = (known or Library(network, (), (), embedding[None][:0])).with_example(name, clip.name, embedding)
    assert known is not None  # typer wants one clip at least
    write_library(known, library)
    if not quiet:
        counts = ", ".join(f"{one} ({known.names.count(one)})" for one in dict.fromkeys(known.names))
        note(f"wrote {library}: {counts}")


@app.command()
def search(
    library: Annotated[Path, typer.Argument(help="A file that `teach` wrote.")],
    videos: Annotated[list[Path], typer.Argument(metavar="VIDEO...", help="Videos to search.")],
    most: Annotated[int, typer.Option("-n", "--most", min=1, help="Number of hits to list.")] = 10,
    names: Annotated[list[str] | None, typer.Option("--name", help="Only this motion; may be repeated.")] = None,
    report: Annotated[Path | None, typer.Option("--json", help="Write all hits to this file.")] = None,
    weights: options.Network = None,
    detector: options.Detector = "auto",
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
) -> None:
    """Find where the motions of a library happen, best first.

    The 2D people of each video are kept in the user's cache, so that the next search of it needs no detector.
    """
    from vidmotion.actions.library import read_library
    from vidmotion.actions.search import Hit, hits

    check_detector(detector)
    if report is not None:
        check_file(report, overwrite)
    pipeline, network = _pipeline(weights, detector, None, quiet)
    known = read_library(library, network)
    unknown = sorted(set(names or ()) - set(known.names))
    if unknown:
        raise InputError(f"{library} has no motion {unknown[0]!r}; it has {', '.join(dict.fromkeys(known.names))}")
    found, failed = list[Hit](), 0
    for video in videos:
        try:
            found += hits(known, str(video), pipeline.embed(video))
        except VidmotionError as error:
            fail(str(error))
            failed += 1
    found = sorted((hit for hit in found if not names or hit.name in names), key=lambda hit: -hit.score)
    _show(found[:most])
    if report is not None:
        write_report(report, [asdict(hit) for hit in found])
    if failed:
        raise typer.Exit(1)


def _pipeline(weights: str | None, detector: str, person: int | None, quiet: bool) -> tuple[Pipeline, str]:
    """The pipeline, and the sha256 of its network's file: libraries belong to one network."""
    from vidmotion.model.checkpoint import heads_in
    from vidmotion.pipeline import Pipeline
    from vidmotion.settings import Settings
    from vidmotion.weights import DEFAULT_NETWORK, find_weights, verify

    (checked,) = verify(str(find_weights(weights)))
    path, has = str(checked.path), heads_in(checked.path)
    # A network whose encoder was trained along with its heads has no usable pose head.
    networks = (path, DEFAULT_NETWORK) if "embedding" in has and "pose3d" not in has else (path,)
    settings = Settings(detector=detector, weights=networks, person=person)
    return Pipeline(settings, TerminalProgress(quiet)), checked.sha256


def _only(people: list[WindowEmbeddings], clip: Path) -> WindowEmbeddings:
    if len(people) != 1:
        ids = ", ".join(str(one.person) for one in people)
        raise InputError(f"{clip} shows {len(people)} people ({ids}); choose one with --person")
    return people[0]


def _show(found: list[Hit]) -> None:
    table = Table("score", "motion", "video", "person", "from", "to")
    for hit in found:
        row = f"{hit.score:.2f}", hit.name, hit.video, str(hit.person), f"{hit.start:.1f} s", f"{hit.end:.1f} s"
        table.add_row(*row)
    results.print(table)
