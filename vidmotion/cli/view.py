"""`vidmotion view`: a page that shows a saved motion beside its video."""

from __future__ import annotations

import sys
import time
import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vidmotion.cli import options
from vidmotion.cli.checks import before_work
from vidmotion.cli.console import note
from vidmotion.errors import OutputError
from vidmotion.io.atomic import check_writable

if TYPE_CHECKING:
    from vidmotion.types import Scene
    from vidmotion.viewer import PageOptions

PAGE = "Page"


def view(
    motions: Annotated[
        list[Path],
        typer.Argument(
            metavar="MOTION...",
            help="A .json, .json.gz or .npz file that `lift` wrote; several of one video are compared.",
        ),
    ],
    video: Annotated[
        Path | None, typer.Option("--video", help="The video that it was made from.", rich_help_panel=PAGE)
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.html", help="Write one file that shows it anywhere, and serve nothing.", rich_help_panel=PAGE
        ),
    ] = None,
    link_video: Annotated[
        bool,
        typer.Option(
            "--link-video", help="--save: play the video where it lies; the file does not contain it.",
            rich_help_panel=PAGE,
        ),
    ] = False,
    embed: Annotated[
        list[str] | None,
        typer.Option(
            metavar="bvh|glb|csv", help="--save: a format to download from the page. May be repeated.",
            rich_help_panel=PAGE,
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the page.", show_default="a free one", rich_help_panel=PAGE)
    ] = 0,
    body_model: Annotated[
        Path | None,
        typer.Option(
            "--body-model", help="The SMPL file that it was lifted with, for downloads.", show_default="the free body",
            rich_help_panel=PAGE,
        ),
    ] = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
) -> None:  # fmt: skip
    """Show a saved motion, or several, beside their video, on a page of this machine or in one file."""
    from vidmotion.body.load import load_body
    from vidmotion.io.scene.formats import load
    from vidmotion.viewer import Footage, PageOptions, check_one_video, save_page

    if save is None and (link_video or embed):
        raise typer.BadParameter("--link-video and --embed are for --save; a served page has the video and the files")
    if link_video and video is None:
        raise typer.BadParameter("--link-video: name the video with --video")
    if save is not None:
        _check_target(save, overwrite)
    scene, *compared = map(load, motions)
    with before_work():
        check_one_video((scene, *compared), list(map(str, motions)))  # before the video is looked at
        page = PageOptions(
            None if video is None else Footage.of(scene, video),
            link_video,
            tuple(embed or ()),
            None if body_model is None else load_body(body_model),
            tuple(compared),
            _names(motions),
        )
    if save is None:
        _serve(scene, page, port, quiet)
        return
    save_page(scene, save, page)
    if not quiet:
        note(f"wrote {save}")


def _names(motions: list[Path]) -> tuple[str, ...]:
    """File names; with their folders where two are the same."""
    names = tuple(path.name for path in motions)
    return names if len(set(names)) == len(names) else tuple(f"{path.parent.name}/{path.name}" for path in motions)


def _check_target(path: Path, overwrite: bool) -> None:
    """Make sure that the page can be written and replaces nothing unasked."""
    if path.suffix.lower() not in (".html", ".htm"):
        raise typer.BadParameter(f"--save {path}: a page is written as HTML; choose a name that ends in .html")
    if not path.absolute().parent.is_dir():
        raise OutputError(f"{path}: there is no folder {path.parent}; make it first or choose another name")
    if path.exists() and not overwrite:
        raise OutputError(f"{path} exists already; pass `overwrite` to replace it, or choose another name")
    check_writable(path)


def _serve(scene: Scene, page: PageOptions, port: int, quiet: bool) -> None:
    from vidmotion.viewer import ServedPage

    with ServedPage(scene, page, port) as served:
        if not quiet:
            note(f"see it at {served.address}; Ctrl-C ends it")
        if sys.stderr.isatty():
            webbrowser.open(served.address)
        with suppress(KeyboardInterrupt):  # the usual end
            while True:
                time.sleep(60)
