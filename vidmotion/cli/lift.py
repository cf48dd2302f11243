"""`vidmotion lift`: videos in; motion files, and pictures if wanted, out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vidmotion.choices import Device, Format, Head, Style, View
from vidmotion.cli.checks import check_detector, film_suffix, make_folder, refuse_existing
from vidmotion.cli.console import TerminalProgress, fail, note
from vidmotion.cli.films import FilmChoice, advise_on_speed, draw_film
from vidmotion.cli.times import parse_section
from vidmotion.errors import OutputError, VidmotionError

if TYPE_CHECKING:
    from vidmotion.pipeline import Pipeline
    from vidmotion.types import Actions, Person, Scene

SEGMENTS_TOLD = 5
"""Of each person, on the terminal."""


@dataclass(frozen=True)
class Outputs:
    """What is written for each video, and where."""

    folder: Path
    formats: tuple[Format, ...]
    film: FilmChoice | None
    overwrite: bool

    def paths(self, video: Path) -> list[Path]:
        """The files that a video makes, as far as they are known before it is read."""
        suffixes = [f".{name.value}" for name in self.formats]
        if self.film is not None:
            suffixes.append(film_suffix(self.film.style))
        return [self.folder / (video.stem + suffix) for suffix in suffixes]


def lift(
    videos: Annotated[list[Path], typer.Argument(metavar="VIDEO...", help="Video files, or what detect wrote.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the results.")] = Path("."),
    formats: Annotated[
        list[Format] | None, typer.Option("-f", "--format", help="Give it several times.", show_default="json")
    ] = None,
    render: Annotated[bool, typer.Option("--render", help="Draw an mp4 of the people too.")] = False,
    style: Annotated[
        Style | None, typer.Option(help="How people are drawn; implies --render.", show_default="skeleton")
    ] = None,
    view: Annotated[
        View | None,
        typer.Option(
            help="The 3D view circles the people or stands at their side, camera is the picture alone; "
            "implies --render.",
            show_default="turn",
        ),
    ] = None,
    heads: Annotated[
        list[Head] | None,
        typer.Option(
            "--head",
            help="action: tags over time; mesh: bodies as the network sees them. Give it several times.",
            show_default="pose3d",
        ),
    ] = None,
    detector: Annotated[str, typer.Option(help="auto, blazepose, blazepose-heavy.")] = "auto",
    weights: Annotated[str | None, typer.Option(help="Lifting network: name or file.")] = None,
    person: Annotated[str, typer.Option(metavar="ID|all", help="Lift only this person.")] = "all",
    max_people: Annotated[
        int | None,
        typer.Option(min=1, help="Keep so many people: who is seen longest and largest.", show_default="all"),
    ] = None,
    start: Annotated[str | None, typer.Option(help="Begin here: seconds or HH:MM:SS.s.")] = None,
    end: Annotated[str | None, typer.Option(help="Stop here: seconds or HH:MM:SS.s.")] = None,
    height: Annotated[float, typer.Option(min=0.3, max=3.0, help="Stature in metres; sets the scale.")] = 1.70,
    fov: Annotated[
        float, typer.Option(min=5, max=150, help="Degrees that the camera sees along the longer side.")
    ] = 55.0,
    flip: Annotated[bool, typer.Option("--flip/--no-flip", help="Average with the mirrored input.")] = True,
    body_model: Annotated[
        Path | None, typer.Option(help="Your own SMPL, SMPL-H or SMPL-X file.", show_default="the free body")
    ] = None,
    device: Annotated[Device, typer.Option(help="Where the lifting network runs.")] = Device.auto,
    overwrite: Annotated[bool, typer.Option("-y", "--overwrite", help="Replace existing results.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Errors only.")] = False,
) -> None:
    """Turn videos into 3D motion of the people in them."""
    from vidmotion.lifting import LiftSettings
    from vidmotion.pipeline import Pipeline, Settings

    check_detector(detector)
    lifting = LiftSettings(flip, height, fov)
    section = parse_section(start, end)
    settings = Settings(
        detector, weights, device, *section, _parse_person(person), tuple(heads or [Head.pose3d]), lifting, body_model,
        max_people,
    )  # fmt: skip
    film = FilmChoice(style or Style.skeleton, view or View.turn, body_model) if render or style or view else None
    outputs = Outputs(output, tuple(dict.fromkeys(formats or [Format.json])), film, overwrite)
    _check_names(videos)
    if film is not None and not quiet:
        advise_on_speed(film)
    pipeline = Pipeline(settings)
    failed = 0
    for video in videos:
        try:
            _lift_one(pipeline, video, outputs, quiet)
        except VidmotionError as error:
            fail(str(error))
            failed += 1
    if failed:
        if failed < len(videos):
            fail(f"{failed} of {len(videos)} videos failed; the results of the others are in {output}")
        raise typer.Exit(1)


def _lift_one(pipeline: Pipeline, video: Path, outputs: Outputs, quiet: bool) -> None:
    from vidmotion.exporters import READERS, export, load

    progress = pipeline.progress = TerminalProgress(quiet)
    _check_outputs(video, outputs)
    saved = video.suffix.lower() in READERS
    scene = pipeline.lift(load(video) if saved else video)
    written: list[Path] = []
    for path in outputs.paths(video):
        if outputs.film is not None and path.suffix == ".mp4":
            draw_film(scene, path, None if saved else video, outputs.film, progress)
            written.append(path)
        else:
            written += export(scene, path, body_model=pipeline.body_model)
    if not quiet:
        _summarise(scene, progress, written)


def _check_outputs(video: Path, outputs: Outputs) -> None:
    """Refuse before the work what could not be written after it."""
    for path in outputs.paths(video):
        if path.exists() and video.exists() and path.samefile(video):
            raise OutputError(f"{path} is the input itself; name another folder with -o")
    refuse_existing(outputs.paths(video), outputs.overwrite)
    make_folder(outputs.folder)


def _check_names(videos: list[Path]) -> None:
    seen: dict[str, Path] = {}
    for video in videos:
        other = seen.setdefault(video.stem.casefold(), video)
        if other is not video:
            raise typer.BadParameter(f"{other} and {video} would write the same files; lift them into two folders")


def _parse_person(text: str) -> int | None:
    if text == "all":
        return None
    try:
        return int(text)
    except ValueError:
        raise typer.BadParameter(f"--person {text}: wanted an id such as 0, or all") from None


def _summarise(scene: Scene, progress: TerminalProgress, written: list[Path]) -> None:
    note(f"{scene.source}: {len(scene.people)} people in {scene.frame_count} frames")
    scale = scene.provenance["lift"]
    note(f"  scale: stature {scale['height']:g} m (--height), view {scale['fov']:g} degrees (--fov)")
    for person in scene.people:
        track = person.track
        span = int(track.frames[-1] - track.frames[0]) + 1
        filled, missing = int((~track.observed).sum()), span - len(track)
        note(
            f"  person {person.id}: frames {track.frames[0]} to {track.frames[-1]}, "
            f"{filled} filled in, {missing} missing; {_body_error(person)}"
        )
        if person.actions is not None:
            note(f"    {_told(person.actions)}")
    for name, seconds in progress.seconds.items():
        rate = progress.frames[name] / max(seconds, 1e-6)
        note(f"  {name}: {seconds:.1f} s, {rate:.0f} frames/s")
    for path in written:
        note(f"  wrote {path}")


def _told(actions: Actions) -> str:
    """The first segments, so that a long video takes one line."""
    said = [f"{one.label} {one.start:.1f} to {one.end:.1f} s ({100 * one.score:.0f} %)" for one in actions.segments]
    return ", ".join(said[:SEGMENTS_TOLD]) + (", ..." if len(said) > SEGMENTS_TOLD else "")


def _body_error(person: Person) -> str:
    if person.body is None:
        return "no body"
    return f"body within {1000 * float(person.body.error.mean()):.0f} mm of the joints"
