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
from vidmotion.cli.checks import DETECTOR_HELP, check_detector, check_file
from vidmotion.cli.console import TerminalProgress, note
from vidmotion.errors import InputError, OutputError, VidmotionError

if TYPE_CHECKING:
    from vidmotion.live import Shots


def live(
    video: Annotated[
        Path | None, typer.Argument(metavar="[VIDEO]", help="Play this file as if it were filmed.")
    ] = None,
    camera: Annotated[int | None, typer.Option(min=0, help="Number of a camera.", show_default="0")] = None,
    save: Annotated[Path | None, typer.Option(metavar="FILE.mp4", help="Keep what is shown.")] = None,
    page: Annotated[bool, typer.Option("--page/--no-page", help="Show it in the browser.")] = True,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the page.", show_default="a free one")] = 0,
    seconds: Annotated[float | None, typer.Option(min=0.1, help="Stop after so long.")] = None,
    every_frame: Annotated[bool, typer.Option("--every-frame", help="VIDEO: leave none out, however late.")] = False,
    view: Annotated[View, typer.Option(help="Of the people in 3D: turn or side.")] = View.turn,
    detector: Annotated[str, typer.Option(help=DETECTOR_HELP)] = "auto",
    weights: Annotated[str | None, typer.Option(help="Lifting network: name or file.", show_default="lift's")] = None,
    height: Annotated[float, typer.Option(min=0.3, max=3.0, help="Stature in metres; sets the scale.")] = 1.70,
    fov: Annotated[
        float, typer.Option(min=5, max=150, help="Degrees that the camera sees along the longer side.")
    ] = 55.0,
    device: Annotated[Device, typer.Option(help="Where the lifting network and mmpose run.")] = Device.auto,
    overwrite: Annotated[bool, typer.Option("-y", "--overwrite", help="Replace an existing film.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Errors only.")] = False,
) -> None:
    """Follow people while they are filmed: a page on this machine shows them in the picture and in 3D."""
    # OpenCV reads it once: what goes wrong with a camera is told by us, in one line.
    os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")
    from vidmotion.lifting.lift import LiftSettings
    from vidmotion.live import LiveView, Page, Session
    from vidmotion.pipeline import Pipeline, Settings
    from vidmotion.video import VideoWriter

    check_detector(detector)
    if view is View.camera:
        raise typer.BadParameter("--view camera: the picture is shown anyway; wanted turn or side")
    if save is not None:
        if save.suffix.lower() != ".mp4":
            raise InputError(f"{save}: films are written as MP4; choose a name that ends in .mp4")
        check_file(save, overwrite)
        if video is not None and save.exists() and video.exists() and save.samefile(video):
            raise InputError(f"{save} is the input itself; choose another name")
    pipeline = Pipeline(Settings(detector, weights, device), TerminalProgress(quiet))
    moments: list[tuple[float, float | None]] = []
    failed: VidmotionError | None = None
    with ExitStack() as opened:
        shots = opened.enter_context(_shots(video, camera, every_frame))
        detecting, network = pipeline.detector, pipeline.lifter
        looking = LiveView(shots, view)
        window = opened.enter_context(Page(port)) if page else None
        film = opened.enter_context(VideoWriter(save, shots.fps, looking.layout.size)) if save else None
        session = opened.enter_context(
            Session(detecting, [network], shots, LiftSettings(flip=False, height=height, fov=fov), every_frame)
        )
        if window is not None:
            _announce(window.address, quiet)
        try:
            first: float | None = None
            for shot in shots.frames:
                first = shot.frame.time if first is None else first
                if seconds is not None and shot.frame.time - first >= seconds:
                    break
                moment = session.look(shot)
                shown = looking.draw(moment)
                if window is not None:
                    window.show(shown)
                if film is not None:
                    film.write(shown, shot.frame.time - first)
                moments.append((moment.late, moment.late_3d))
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


def _shots(video: Path | None, camera: int | None, every_frame: bool) -> AbstractContextManager[Shots]:
    from vidmotion.live import camera_shots, file_shots

    if video is not None:
        if camera is not None:
            raise typer.BadParameter("--camera: VIDEO is played instead of a camera")
        return file_shots(video, in_time=not every_frame)
    if every_frame:
        raise typer.BadParameter("--every-frame: a camera does not wait")
    return camera_shots(camera or 0)


def _announce(address: str, quiet: bool) -> None:
    if not quiet:
        note(f"watch it at {address}; Ctrl-C ends it")
    if sys.stderr.isatty():
        webbrowser.open(address)


def _summarise(shots: Shots, moments: list[tuple[float, float | None]], save: Path | None) -> None:
    if not moments:
        note(f"{shots.name}: no frame was seen")
        return
    late = statistics.median(one for one, _ in moments)
    lifted = [one for _, one in moments if one is not None]
    told = f", 3D {1000 * statistics.median(lifted):.0f} ms" if lifted else "; nobody was lifted"
    note(f"{shots.name}: {len(moments)} frames; shown {1000 * late:.0f} ms after they were taken{told} (medians)")
    if save is not None:
        note(f"  wrote {save}")
