"""`vidmotion live`: people in 2D and 3D while a camera films them."""

from __future__ import annotations

import os
import statistics
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vidmotion.choices import Device, View
from vidmotion.cli import options
from vidmotion.cli.checks import before_work, check_detector, check_file
from vidmotion.cli.console import TerminalProgress, counted, note
from vidmotion.errors import InputError, OutputError, VidmotionError

if TYPE_CHECKING:
    from vidmotion.live import FrameSource, LiveFrame, LiveView, Session
    from vidmotion.rendering.drawing import Canvas


INPUT = "Camera or video"

Delays = tuple[float, float | None]
"""Seconds by which a frame was shown late in 2D and, if there were people, in 3D."""


def live(
    video: Annotated[
        Path | None, typer.Argument(metavar="[VIDEO]", help="Play this file as if it were filmed.")
    ] = None,
    camera: Annotated[
        int | None,
        typer.Option(min=0, help="Number of a camera.", show_default="0", rich_help_panel=INPUT),
    ] = None,
    every_frame: Annotated[
        bool,
        typer.Option("--every-frame", help="VIDEO: leave no frame out, however late.", rich_help_panel=INPUT),
    ] = False,
    seconds: Annotated[float | None, typer.Option(min=0.1, help="Stop after this long.", rich_help_panel=INPUT)] = None,
    page: Annotated[
        bool, typer.Option("--page/--no-page", help="Show a page in the browser.", rich_help_panel=options.OUTPUT)
    ] = True,
    port: Annotated[
        int,
        typer.Option(
            min=0, max=65535, help="Port of the page.", show_default="a free one", rich_help_panel=options.OUTPUT
        ),
    ] = 0,
    save: Annotated[
        Path | None,
        typer.Option(metavar="FILE.mp4", help="Save what is shown as a film.", rich_help_panel=options.OUTPUT),
    ] = None,
    view: Annotated[View, typer.Option(help="The 3D view: turn or side.", rich_help_panel=options.OUTPUT)] = View.turn,
    overwrite: options.Overwrite = False,
    detector: options.Detector = "auto",
    weights: options.Network = None,
    height: options.Height = 1.70,
    fov: options.FieldOfView = 55.0,
    device: options.DeviceOption = Device.auto,
    quiet: options.Quiet = False,
) -> None:
    """Follow people while they are filmed, in 2D and 3D, on a page of this machine."""
    # OpenCV reads the variable once. Problems with a camera are reported by us, in one line.
    os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")
    from vidmotion.live import LiveView, Page, Session
    from vidmotion.model.head_set import HeadSet
    from vidmotion.pipeline import Pipeline
    from vidmotion.settings import LiftSettings, Settings
    from vidmotion.video import Recording

    check_detector(detector)
    if view is View.camera:
        raise typer.BadParameter("--view camera: the picture is shown anyway; wanted turn or side")
    if save is not None:
        if save.suffix.lower() != ".mp4":
            raise typer.BadParameter(f"--save {save}: films are written as MP4; choose a name that ends in .mp4")
        check_file(save, overwrite)
        if video is not None and save.exists() and video.exists() and save.samefile(video):
            raise InputError(f"{save} is the input itself; choose another name")
    with before_work():
        networks = None if weights is None else (weights,)
        pipeline = Pipeline(Settings(detector=detector, weights=networks, device=device), TerminalProgress(quiet))
        pipeline.prepare()
    delays: list[Delays] = []
    failed: VidmotionError | None = None
    with ExitStack() as opened:
        source = opened.enter_context(_open_source(video, camera, every_frame))
        display = LiveView(source, view)
        lift_settings = LiftSettings(flip=False, height=height, fov=fov)
        window = opened.enter_context(Page(port)) if page else None
        film = opened.enter_context(Recording(save, source.fps, display.layout.size)) if save else None
        heads = HeadSet([pipeline.lifter])
        session = opened.enter_context(Session(pipeline.detector, heads, source, lift_settings, every_frame))
        if window is not None:
            _announce(window.address, quiet)
        try:
            for picture, elapsed, frame in _play(session, display, source, seconds):
                if window is not None:
                    window.show(picture)
                if film is not None:
                    film.write(picture, elapsed)
                delays.append((frame.delay, frame.delay_3d))
        except KeyboardInterrupt:
            pass  # the usual end
        except OutputError:
            raise
        except VidmotionError as error:
            failed = error  # what was filmed until then is kept
    if not quiet:
        _summarise(source, delays, save)
    if failed is not None:
        raise failed


def _play(
    session: Session, display: LiveView, source: FrameSource, seconds: float | None
) -> Iterator[tuple[Canvas, float, LiveFrame]]:
    """The pictures to show, the seconds since the first one, and what is known of each frame."""
    first: float | None = None
    for timed in source.frames:
        first = timed.frame.time if first is None else first
        elapsed = timed.frame.time - first
        if seconds is not None and elapsed >= seconds:
            return
        frame = session.process(timed)
        yield display.draw(frame), elapsed, frame


def _open_source(video: Path | None, camera: int | None, every_frame: bool) -> AbstractContextManager[FrameSource]:
    from vidmotion.live import camera_frames, file_frames

    if video is not None:
        if camera is not None:
            raise typer.BadParameter("--camera: VIDEO is played instead of a camera")
        return file_frames(video, real_time=not every_frame)
    if every_frame:
        raise typer.BadParameter("--every-frame: a camera does not wait")
    return camera_frames(camera or 0)


def _announce(address: str, quiet: bool) -> None:
    if not quiet:
        note(f"watch it at {address}; Ctrl-C ends it")
    if sys.stderr.isatty():
        webbrowser.open(address)


def _summarise(source: FrameSource, delays: list[Delays], save: Path | None) -> None:
    if not delays:
        note(f"{source.name}: no frame was seen")
        return
    late = statistics.median(one for one, _ in delays)
    lifted = [one for _, one in delays if one is not None]
    text = f", 3D {1000 * statistics.median(lifted):.0f} ms" if lifted else "; nobody was lifted"
    frames = counted(len(delays), "frame")
    note(f"{source.name}: {frames}; shown {1000 * late:.0f} ms after they were taken{text} (medians)")
    if save is not None:
        note(f"  wrote {save}")
