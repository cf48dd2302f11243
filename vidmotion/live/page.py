"""A page on this machine that shows the newest picture, as a stream of JPEGs. Does not depend on people.

No other machine can see the camera; `vidmotion.viewer.local_server` says what protects the page on this one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from vidmotion.viewer.local_server import LocalServer, Request

QUALITY = 85
"""Of the JPEGs."""
_BOUNDARY = "picture"
_PAGE = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>vidmotion live</title>
<style>html, body {margin: 0; height: 100%; background: #0d0d0d}
img {display: block; width: 100%; height: 100%; object-fit: contain}</style>
<img src="stream" alt="the newest frame with its people, and the people in 3D">
</html>
"""
_POLICY = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"


class Page:
    """Serves the picture that `show` received last, until the context ends."""

    def __init__(self, port: int = 0) -> None:
        """Open the port.

        Args:
            port: 0 chooses a free one.

        Raises:
            InputError: the port cannot be used.
        """
        self._changed, self._number, self._jpeg, self._ended = threading.Condition(), 0, b"", False
        self._watchers = 0
        self._server = LocalServer(self._answer, port)
        self.secret, self.address = self._server.secret, self._server.address

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._server.__exit__(kind, error, trace)

    def show(self, rgb: NDArray[np.uint8]) -> None:
        """Make a picture (H, W, 3) the newest one. Nothing is encoded while no browser window shows the page."""
        if not self.watchers:
            return
        good, jpeg = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        if good:
            with self._changed:
                self._jpeg, self._number = jpeg.tobytes(), self._number + 1
                self._changed.notify_all()

    @property
    def watchers(self) -> int:
        """How many browser windows show the page."""
        with self._changed:
            return self._watchers

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Count as a watcher for as long as the context lasts. Every window has a thread of its own."""
        with self._changed:
            self._watchers += 1
        try:
            yield
        finally:
            with self._changed:
                self._watchers -= 1

    def wait_for(self, seen: int) -> tuple[int, bytes] | None:
        """Wait for a picture with another number than `seen`: its number and JPEG; None when the context has ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._number != seen or self._ended)
            return None if self._ended else (self._number, self._jpeg)

    def _answer(self, request: Request, name: str) -> None:
        if not name:
            request.send(200, _PAGE, "text/html; charset=utf-8", _POLICY)
        elif name == "stream":
            self._stream(request)
        else:
            request.send(404)

    def _stream(self, request: Request) -> None:
        request.begin(200, f"multipart/x-mixed-replace; boundary={_BOUNDARY}")
        request.end_headers()
        seen = 0
        # An OSError says that the window was closed, or takes no pictures.
        with suppress(OSError), self.watching():
            while (found := self.wait_for(seen)) is not None:
                seen, jpeg = found
                head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                request.wfile.write(head.encode() + jpeg + b"\r\n")
