"""`vidmotion lift`: videos in; motion files, and pictures if wanted, out."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vidmotion.choices import Device, Format, Head, Style, View
from vidmotion.cli.checks import DETECTOR_HELP, check_detector, film_suffix, make_folder, refuse_existing
from vidmotion.cli.console import TerminalProgress, fail, note
from vidmotion.cli.film_rendering import FilmChoice, advise_on_speed, draw_film
from vidmotion.cli.lift_inputs import Job, KeypointOptions, plan
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

    def paths(self, named_after: Path) -> list[Path]:
        """The files that a video makes, as far as they are known before it is read."""
        suffixes = [f".{name.value}" for name in self.formats]
        if self.film is not None:
            suffixes.append(film_suffix(self.film.style))
        return [self.folder / (named_after.stem + suffix) for suffix in suffixes]


def lift(
    videos: Annotated[
        list[Path] | None, typer.Argument(metavar="VIDEO...", help="Video files, or what detect wrote.")
    ] = None,
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
    detector: Annotated[str, typer.Option(help=DETECTOR_HELP)] = "auto",
    keypoints: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE|FOLDER",
            help="2D of AlphaPose, OpenPose, mmpose, Sports2D, ... instead of a detector; VIDEO is optional then.",
        ),
    ] = None,
    skeleton: Annotated[str | None, typer.Option(help="Of --keypoints that do not tell: halpe26, coco17, ...")] = None,
    fps: Annotated[float | None, typer.Option(min=0.1, help="Of --keypoints without VIDEO.")] = None,
    size: Annotated[str | None, typer.Option(metavar="WxH", help="Picture of --keypoints without VIDEO.")] = None,
    first_frame: Annotated[
        int | None, typer.Option(min=0, help="The number that --keypoints give the first frame.", show_default="0")
    ] = None,
    weights: Annotated[
        list[str] | None,
        typer.Option(help="Network: name or file. Of several, each head is asked of the first that has it."),
    ] = None,
    refine: Annotated[
        bool, typer.Option("--refine/--no-refine", help="--head mesh: pull bodies to the lifted joints.")
    ] = True,
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
    device: Annotated[Device, typer.Option(help="Where the lifting network and mmpose run.")] = Device.auto,
    overwrite: Annotated[bool, typer.Option("-y", "--overwrite", help="Replace existing results.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Errors only.")] = False,
) -> None:
    """Turn videos into 3D motion of the people in them."""
    from vidmotion.lifting.lift import LiftSettings
    from vidmotion.pipeline import Pipeline, Settings

    check_detector(detector)
    lifting = LiftSettings(flip, height, fov)
    section = parse_section(start, end)
    told = KeypointOptions(keypoints, skeleton, fps, size, first_frame)
    if keypoints is not None and detector != "auto":
        raise typer.BadParameter("--detector: with --keypoints no detector runs")
    asked, networks = tuple(heads or [Head.pose3d]), tuple(weights) if weights else None
    settings = Settings(
        detector, networks, device, *section, _parse_person(person), asked, refine, lifting, body_model, max_people
    )
    film = FilmChoice(style or Style.skeleton, view or View.turn, body_model) if render or style or view else None
    outputs = Outputs(output, tuple(dict.fromkeys(formats or [Format.json])), film, overwrite)
    jobs = plan(videos or [], told, section)
    if film is not None and not quiet:
        advise_on_speed(film)
    pipeline = Pipeline(settings)
    failed = 0
    for job in jobs:
        try:
            _lift_one(pipeline, job, outputs, quiet)
        except VidmotionError as error:
            fail(str(error))
            failed += 1
    if failed:
        if failed < len(jobs):
            fail(f"{failed} of {len(jobs)} videos failed; the results of the others are in {output}")
        raise typer.Exit(1)


def _lift_one(pipeline: Pipeline, job: Job, outputs: Outputs, quiet: bool) -> None:
    from vidmotion.io.scene.formats import export

    progress = pipeline.progress = TerminalProgress(quiet)
    paths = outputs.paths(job.named_after)
    _check_outputs(paths, job.inputs, outputs)
    scene = pipeline.lift(job.read())
    written: list[Path] = []
    for path in paths:
        if outputs.film is not None and path.suffix == ".mp4":
            draw_film(scene, path, job.video, outputs.film, progress)
            written.append(path)
        else:
            written += export(scene, path, body_model=pipeline.body_model)
    if not quiet:
        _summarise(scene, progress, written)


def _check_outputs(paths: list[Path], inputs: tuple[Path, ...], outputs: Outputs) -> None:
    """Refuse before the work what could not be written after it."""
    for path, given in product(paths, inputs):
        if path.exists() and given.exists() and path.samefile(given):
            raise OutputError(f"{path} is the input itself; name another folder with -o")
    refuse_existing(paths, outputs.overwrite)
    make_folder(outputs.folder)


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
    if isinstance(said := scene.provenance.get("keypoints"), dict):
        skeletons = ", ".join(sorted({person.track.keypoints.skeleton for person in scene.people}))
        note(f"  2D: {said.get('format')}, {skeletons}, identities by the {said.get('identities')}")
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
