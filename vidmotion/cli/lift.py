"""`vidmotion lift`: videos in; motion files, and films if wanted, out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vidmotion.batch.lift_file import Job, Lifted, Outputs, lift_file
from vidmotion.choices import BoneNames, CameraMode, Device, Format, Head, Markers, Smoothing, Style, View
from vidmotion.cli import options
from vidmotion.cli.camera_summary import camera_summary, scale_summary
from vidmotion.cli.checks import before_work, check_detector, film_suffix
from vidmotion.cli.console import TerminalProgress, counted, describe, fail, note
from vidmotion.cli.film_rendering import FilmChoice, advise_on_speed, draw_film
from vidmotion.cli.lift_inputs import KeypointOptions, VideoOptions, check_exist, plan
from vidmotion.cli.parsing import parse_heights, parse_person, parse_section
from vidmotion.cli.time_summary import time_summary
from vidmotion.types import FLOOR

if TYPE_CHECKING:
    from vidmotion.pipeline import Pipeline
    from vidmotion.types import Actions, Person, Scene

ANNOTATION_FORMATS = (Format.vtt, Format.eaf)
"""Formats that hold action tags and nothing else."""
SEGMENTS_SHOWN = 5
"""Of each person, on the terminal."""
CUTS_SHOWN = 8
"""Of each video, on the terminal; all of them with -v."""


def lift(
    videos: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="VIDEO...", help="Video files, folders of numbered pictures, or files that `detect` wrote."
        ),
    ] = None,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder for the results.", rich_help_panel=options.OUTPUT)
    ] = Path(),
    formats: options.Formats = None,
    overwrite: options.Overwrite = False,
    markers: options.MarkersOption = Markers.h36m17,
    bones: options.Bones = BoneNames.humanik,
    heads: Annotated[
        list[Head] | None,
        typer.Option(
            "--head",
            help="What the network predicts: joints (pose3d), tags over time (action), bodies (mesh). May be repeated.",
            show_default="pose3d",
            rich_help_panel=options.LIFTING,
        ),
    ] = None,
    height: options.Heights = None,
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
    camera_file: options.CameraFile = None,
    start: options.Start = None,
    end: options.End = None,
    fps: options.TrueRate = None,
    rotate: options.Rotate = 0,
    render: Annotated[
        bool, typer.Option("--render", help="Draw an mp4 of the people too.", rich_help_panel=options.FILM)
    ] = False,
    page: Annotated[
        bool,
        typer.Option(
            "--page",
            help="Write an HTML page of the people and their video too, as `view --save` does.",
            rich_help_panel=options.FILM,
        ),
    ] = False,
    style: Annotated[
        Style | None,
        typer.Option(
            help=f"{options.STYLE_HELP}; implies --render.", show_default="skeleton", rich_help_panel=options.FILM
        ),
    ] = None,
    view: Annotated[
        View | None,
        typer.Option(help=f"{options.VIEW_HELP}; implies --render.", show_default="turn", rich_help_panel=options.FILM),
    ] = None,
    keypoints: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE|FOLDER",
            help="Results of AlphaPose, OpenPose, mmpose, Sports2D, ...; VIDEO is optional then.",
            rich_help_panel=options.KEYPOINTS,
        ),
    ] = None,
    skeleton: Annotated[
        str | None,
        typer.Option(help="Skeleton of points without names: halpe26, coco17, ...", rich_help_panel=options.KEYPOINTS),
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(metavar="WxH", help="Picture size, without VIDEO.", rich_help_panel=options.KEYPOINTS),
    ] = None,
    first_frame: Annotated[
        int | None,
        typer.Option(
            min=0, help="Number of the first frame in the file.", show_default="0", rich_help_panel=options.KEYPOINTS
        ),
    ] = None,
    processes: Annotated[
        int,
        typer.Option(
            "-j",
            "--jobs",
            min=1,
            help="Processes that find the people of one video, a minute of it each; for many videos there is batch.",
            rich_help_panel=options.RUN,
        ),
    ] = 1,
    device: options.DeviceOption = Device.auto,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Turn videos into the 3D motion of the people in them."""
    check_detector(detector)
    section = parse_section(start, end)
    if keypoints is not None and detector != "auto":
        raise typer.BadParameter("--detector: with --keypoints no detector runs")
    film = FilmChoice(style or Style.skeleton, view or View.turn, body_model) if render or style or view else None
    outputs = Outputs(output, tuple(dict.fromkeys(formats or [Format.json])), markers, bones, overwrite)
    asked = tuple(heads or [Head.pose3d])
    check_formats(outputs.formats, asked)
    given = KeypointOptions(keypoints, skeleton, size, first_frame)
    jobs = plan(videos or [], given, VideoOptions(section, fps, rotate, keep_uncertain))
    one = parse_person(person)
    general, heights = parse_heights(height or ())

    from vidmotion.batch.long_video import detect_in_processes
    from vidmotion.pipeline import Pipeline
    from vidmotion.settings import LiftSettings, Settings

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
            camera_file=camera_file,
            every_frame=every_frame,
            hands=hands,
            heads=asked,
            refine=refine,
            height=LiftSettings.height if general is None else general,
            heights=heights,
            fov=fov,
            flip=flip,
            smooth=smooth,
            body_model=body_model,
        )
        pipeline = Pipeline(
            settings, TerminalProgress(quiet, verbose), run=partial(detect_in_processes, jobs=processes)
        )
        pipeline.prepare()
    check_exist(jobs)
    if film is not None and not quiet:
        advise_on_speed(film)
    failed = sum(not _lift_one(pipeline, job, outputs, film, page, quiet, verbose) for job in jobs)
    if failed:
        if failed < len(jobs):
            fail(f"{failed} of {len(jobs)} videos failed; the results of the others are in {output}")
        raise typer.Exit(1)


def check_formats(formats: tuple[Format, ...], heads: tuple[Head, ...]) -> None:
    """Refuse formats that would hold nothing, or whose writer is not installed."""
    empty = [name for name in formats if name in ANNOTATION_FORMATS and Head.action not in heads]
    if empty:
        raise typer.BadParameter(f"-f {empty[0]} holds action tags: pass --head action too")
    if Format.c3d in formats:
        from vidmotion.io.scene.c3d_writer import require_extra

        with before_work():
            require_extra()


def _lift_one(
    pipeline: Pipeline, job: Job, outputs: Outputs, film: FilmChoice | None, page: bool, quiet: bool, verbose: bool
) -> bool:
    """Lift one video and write its files; whether all went well. What is finished stays, whatever fails after it."""
    progress = pipeline.progress = TerminalProgress(quiet, verbose)
    try:
        others = _films(film, job, outputs, progress) | (_pages(job, outputs) if page else {})
        lifted = lift_file(pipeline, job, outputs, others)
    except Exception as error:  # noqa: BLE001  # not even a bug takes the other videos along
        fail(describe(error))
        return False
    errors = list(map(describe, lifted.errors))
    if not quiet:
        _summarise(lifted, progress)
    for message in errors:
        fail(message)
    return not errors


def _films(
    film: FilmChoice | None, job: Job, outputs: Outputs, progress: TerminalProgress
) -> dict[Path, Callable[[Scene], list[Path]]]:
    """The film of a video, if one is wanted, and what draws it."""
    if film is None:
        return {}
    path = outputs.folder / (job.stem + film_suffix(film.style))

    def draw(scene: Scene) -> list[Path]:
        draw_film(scene, path, job.video, film, progress)
        return [path]

    return {path: draw}


def _pages(job: Job, outputs: Outputs) -> dict[Path, Callable[[Scene], list[Path]]]:
    """The page of a video, and what writes it."""
    path = outputs.folder / f"{job.stem}.html"

    def write(scene: Scene) -> list[Path]:
        from vidmotion.viewer import Footage, PageOptions, save_page

        # Browsers play files only, and not folders of pictures.
        footage = Footage.of(scene, job.video) if job.video is not None and job.video.is_file() else None
        save_page(scene, path, PageOptions(footage, link_video=footage is not None and not footage.embeddable))
        return [path]

    return {path: write}


def _summarise(lifted: Lifted, progress: TerminalProgress) -> None:
    from vidmotion.lifting.doubts import doubts

    scene = lifted.scene
    note(f"{scene.source}: {counted(len(scene.people), 'person', 'people')} in {counted(scene.frame_count, 'frame')}")
    if scene.cuts:
        note(f"  {cut_summary(scene.cuts, len(scene.cuts) if progress.verbose else CUTS_SHOWN)}")
    note(f"  {time_summary(scene)}")
    note(f"  {camera_summary(scene)}")
    note(f"  {scale_summary(scene)}")
    if isinstance(source := scene.provenance.get("keypoints"), dict):
        skeletons = ", ".join(sorted({person.track.keypoints.skeleton for person in scene.people}))
        note(f"  2D: {source.get('format')}, {skeletons}, identities from the {source.get('identities')}")
    for person in scene.people:
        track = person.track
        span = int(track.frames[-1] - track.frames[0]) + 1
        filled, missing = int((~track.observed).sum()), span - len(track)
        note(
            f"  person {person.id}: frames {track.frames[0]} to {track.frames[-1]}, "
            f"{filled} filled in, {missing} missing; {_body_error(person)}"
        )
        if person.motion is not None and person.motion.height_source == FLOOR:
            note(f"    height {person.motion.height:.2f} m, from the floor")
        for doubt in doubts(person.motion, track) if person.motion is not None else ():
            note(f"    careful: {doubt}")
        if person.actions is not None:
            note(f"    {_action_summary(person.actions)}")
    progress.timings()
    for path in lifted.written:
        note(f"  wrote {path}")


def cut_summary(cuts: tuple[int, ...], shown: int) -> str:
    """The number of cuts and their frames: "2 cuts, at frames 50 and 98". Of many, the first ones."""
    frames = [str(frame) for frame in cuts]
    if len(cuts) == 1:
        return f"1 cut, at frame {frames[0]}"
    listed = ", ".join(frames[:shown]) + ", ..." if len(cuts) > shown else f"{', '.join(frames[:-1])} and {frames[-1]}"
    return f"{len(cuts)} cuts, at frames {listed}"


def _action_summary(actions: Actions) -> str:
    """The first segments, so that a long video takes one line."""
    shown = [f"{one.label} {one.start:.1f} to {one.end:.1f} s ({100 * one.score:.0f} %)" for one in actions.segments]
    return ", ".join(shown[:SEGMENTS_SHOWN]) + (", ..." if len(shown) > SEGMENTS_SHOWN else "")


def _body_error(person: Person) -> str:
    if person.body is None:
        return "no body"
    return f"body within {1000 * float(person.body.error.mean()):.0f} mm of the joints"
