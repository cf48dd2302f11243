"""The two ways to show a page: one file that holds everything, or parts that a server of this machine gives."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from vidmotion.body.model import BodyModel
from vidmotion.errors import InputError
from vidmotion.io.atomic import write_bytes
from vidmotion.rendering.frames import start_of
from vidmotion.types import Scene
from vidmotion.viewer.comparison import check_one_video
from vidmotion.viewer.downloads import KINDS, Download, downloads
from vidmotion.viewer.footage import Footage
from vidmotion.viewer.html import page_html
from vidmotion.viewer.page_data import page_data

NO_VIDEO: dict[str, Any] = {"media": {"offset": 0.0, "rate": 1.0}, "rotate": 0}


@dataclass(frozen=True, eq=False)
class PageOptions:
    """What a page shows beside the motion."""

    footage: Footage | None = None
    link_video: bool = False
    """The page plays the file where it lies, and does not contain it."""
    embed: tuple[str, ...] = ()
    """Formats to download, of `KINDS`."""
    model: BodyModel | None = None
    """The model of the bodies, for the downloads; None is the free body."""
    compared: tuple[Scene, ...] = ()
    """Other motions of the same video, which are shown with the first one. Downloads are of the first one."""
    names: tuple[str, ...] = ()
    """Of all motions, the first one's first; empty if they have none."""

    def __post_init__(self) -> None:
        unknown = sorted(set(self.embed) - set(KINDS))
        if unknown:
            raise InputError(f"`embed`: {unknown[0]!r} is no format of a page; wanted {', '.join(KINDS)}")


def save_page(scene: Scene, path: Path, options: PageOptions) -> None:
    """Write one file that shows a scene in any browser, without a network.

    Raises:
        InputError: the scene is too long, lacks what a download needs, or the video is too large to be in the page.
        OutputError: the file cannot be written.
    """
    linked = _link(options.footage.path, path) if options.footage is not None and options.link_video else None
    write_bytes(path, page_bytes(scene, options, linked=linked))


def page_bytes(scene: Scene, options: PageOptions, notes: Sequence[str] = (), linked: str | None = None) -> bytes:
    """A whole page, UTF-8.

    Args:
        notes: lines to show above it.
        linked: the address of the video; None puts the video into the page.

    Raises:
        InputError: as `save_page`.
    """
    header, blocks = page_header(scene, options)
    header["notes"] = [*header["notes"], *notes]
    if options.footage is not None:
        video = {"name": options.footage.path.name, "type": options.footage.kind}
        if linked is not None:
            video["href"] = linked
        else:
            options.footage.check_embeddable()
            video["block"] = "film"
            blocks["film"] = options.footage.path.read_bytes()
        header["video"] = video
    for number, file in enumerate(downloads(scene, options.embed, options.model)):
        blocks[f"download-{number}"] = file.content
        header["downloads"].append(download_entry(file, block=f"download-{number}"))
    return page_html(header, blocks, "blob:" if linked is None else "'self' file:")


def page_header(scene: Scene, options: PageOptions) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The header of a page, without its video and downloads, and the blocks of its arrays.

    Raises:
        InputError: as `page_data`, or the motions are not of one video.
    """
    names = options.names or tuple(f"motion {number + 1}" for number in range(1 + len(options.compared)))
    check_one_video((scene, *options.compared), names)
    header, blocks = page_data(scene, options.compared)
    clocks = options.footage.header() if options.footage else NO_VIDEO
    first = _first_frame(scene) if start_of(scene) else 0
    return {
        **header, "motions": list(names), "first": first, **clocks, "served": False, "video": None,
        "downloads": [],
    }, blocks  # fmt: skip


def download_entry(file: Download, **where: str) -> dict[str, str]:
    """What the page has to know of a file: `where` is the `block` or `href` that gives its bytes."""
    return {"name": file.name, "label": f"{file.name} ({_size(len(file.content))})", **where}


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{max(round(count / 1e3), 1)} kB"


def _first_frame(scene: Scene) -> int:
    return min((int(person.track.frames[0]) for person in scene.people), default=0)


def _link(video: Path, page: Path) -> str:
    """The address of the video for a page in its folder."""
    try:
        relative = os.path.relpath(video.absolute(), page.absolute().parent)
    except ValueError:  # on another drive of Windows
        return video.absolute().as_uri()
    return "./" + quote(Path(relative).as_posix())
