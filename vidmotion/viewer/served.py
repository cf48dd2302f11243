"""A page on this machine: the video and the downloads stay with the server, which gives what the page asks for."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Self

from vidmotion.io.scene.formats import paths_for
from vidmotion.types import Scene
from vidmotion.viewer.downloads import downloads, file_stem, offered
from vidmotion.viewer.footage import Footage
from vidmotion.viewer.html import page_html, policy
from vidmotion.viewer.inline import inline_html
from vidmotion.viewer.local_server import LocalServer, Request
from vidmotion.viewer.pages import PageOptions, page_header

CHUNK = 1 << 20
"""Bytes that are read at once."""
SOURCES = ("'self'", "'self'")
"""Of the video and of the blocks."""
_VIDEO = "video"
_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})")


class ServedPage:
    """Serves the page of a scene at `address`, from `open` or the beginning of its context until it is closed."""

    def __init__(self, scene: Scene, options: PageOptions, port: int = 0) -> None:
        """Build the page and open the port.

        Args:
            port: 0 chooses a free one.

        Raises:
            InputError: the scene is too long, or the port cannot be used.
        """
        self._scene, self._options = scene, options
        self._files = {
            f"file-{kind}-{number}": (kind, path.name)
            for kind in offered(scene)
            for number, path in enumerate(paths_for(scene, f"{file_stem(scene)}.{kind}"))
        }
        self._written = lru_cache(maxsize=None)(self._write)
        self._page = self._build()
        self._server = LocalServer(self._answer, port)
        self.address = self._server.address
        """It contains a secret: only who knows it can see the page, and only on this machine."""

    def _build(self) -> bytes:
        footage = self._options.footage
        header, blocks = page_header(self._scene, self._options)
        self._blocks = {f"block-{name}": content for name, content in blocks.items()}
        if footage is not None:
            header["video"] = {"name": footage.path.name, "type": footage.kind, "href": _VIDEO}
        header["downloads"] = [{"name": name, "label": name, "href": href} for href, (_, name) in self._files.items()]
        header["served"] = True
        return page_html(header, {}, *SOURCES)

    def _write(self, kind: str) -> dict[str, bytes]:
        return {file.name: file.content for file in downloads(self._scene, (kind,), self._options.model)}

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> Self:
        """Begin to serve."""
        self._server.__enter__()
        return self

    def close(self) -> None:
        """End it, and free the port."""
        self._server.__exit__(None, None, None)

    def _repr_html_(self) -> str:
        """What a notebook shows: the page itself, so that it also stays in a notebook that is saved."""
        return inline_html(self._scene, self._options)

    def _answer(self, request: Request, name: str) -> None:
        footage = self._options.footage
        if not name:
            request.send(200, self._page, "text/html; charset=utf-8", policy(*SOURCES))
        elif name in self._blocks:
            request.send(200, self._blocks[name], "application/octet-stream")
        elif name == _VIDEO and footage is not None:
            _send_part(request, footage)
        elif name in self._files:
            kind, file = self._files[name]
            request.send(200, self._written(kind)[file], "application/octet-stream")
        else:
            request.send(404)


def _send_part(request: Request, footage: Footage) -> None:
    """Send the part of the video that is asked for: browsers seek by asking for parts."""
    size = footage.path.stat().st_size
    wanted = _RANGE.fullmatch(request.headers.get("Range", ""))
    first, last = (int(wanted[1]), int(wanted[2] or size - 1)) if wanted else (0, size - 1)
    last = min(last, size - 1)
    if first > last:
        request.send(416, headers={"Content-Range": f"bytes */{size}"})
        return
    request.begin(206 if wanted else 200, footage.kind)
    request.send_header("Accept-Ranges", "bytes")
    request.send_header("Content-Length", str(last - first + 1))
    if wanted:
        request.send_header("Content-Range", f"bytes {first}-{last}/{size}")
    request.end_headers()
    # An OSError says that the browser has enough.
    with suppress(OSError):
        _copy(request, footage.path, first, last + 1)


def _copy(request: Request, path: Path, first: int, end: int) -> None:
    with path.open("rb") as file:
        file.seek(first)
        while first < end and (content := file.read(min(CHUNK, end - first))):
            request.wfile.write(content)
            first += len(content)
