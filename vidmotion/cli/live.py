"""`vidmotion live`: people in 2D and 3D while a camera films them."""

from __future__ import annotations

import os
import statistics
import sys
import webbrowser
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vidmotion.choices import Device, View
from vidmotion.cli import options
from vidmotion.cli.checks import before_work, check_detector, check_file
from vidmotion.cli.console import TerminalProgress, note
from vidmotion.errors import InputError, OutputError, VidmotionError

if TYPE_CHECKING:
    from vidmotion.live import FrameSource


INPUT = "Camera or video"


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
    from vidmotion.video import VideoWriter

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
    moments: list[tuple[float, float | None]] = []
    failed: VidmotionError | None = None
    with ExitStack() as opened:
        shots = opened.enter_context(_shots(video, camera, every_frame))
        detecting, network = pipeline.detector, pipeline.lifter
        looking = LiveView(shots, view)
        window = opened.enter_context(Page(port)) if page else None
        film = opened.enter_context(VideoWriter(save, shots.fps, looking.layout.size)) if save else None
        session = opened.enter_context(
            Session(detecting, HeadSet([network]), shots, LiftSettings(flip=False, height=height, fov=fov), every_frame)
        )
        if window is not None:
            _announce(window.address, quiet)
        try:
            first: float | None = None
            for shot in shots.frames:
                first = shot.frame.time if first is None else first
                if seconds is not None and shot.frame.time - first >= seconds:
                    break
                moment = session.process(shot)
                shown = looking.draw(moment)
                if window is not None:
                    window.show(shown)
                if film is not None:
                    film.write(shown, shot.frame.time - first)
                moments.append((moment.delay, moment.delay_3d))
        except KeyboardInterrupt:
            pass  # the usual end
        except OutputError:
            raise
        except VidmotionError as error:
            failed = error  # what was filmed until then is kept
    if not quiet:
        _summarise(shots, moments, save)
    if failed is not None:
        raise failed


def _shots(video: Path | None, camera: int | None, every_frame: bool) -> AbstractContextManager[FrameSource]:
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


def _summarise(shots: FrameSource, moments: list[tuple[float, float | None]], save: Path | None) -> None:
    if not moments:
        note(f"{shots.name}: no frame was seen")
        return
    late = statistics.median(one for one, _ in moments)
    lifted = [one for _, one in moments if one is not None]
    told = f", 3D {1000 * statistics.median(lifted):.0f} ms" if lifted else "; nobody was lifted"
    note(f"{shots.name}: {len(moments)} frames; shown {1000 * late:.0f} ms after they were taken{told} (medians)")
    if save is not None:
        note(f"  wrote {save}")
