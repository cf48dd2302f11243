"""A page on this machine that shows the newest picture, as a stream of JPEGs. Does not depend on people."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from vidmotion.errors import InputError

HOST = "127.0.0.1"
"""This machine only: no other machine can see the camera."""
QUALITY = 85
"""Of the JPEGs."""
_BOUNDARY = "picture"
_PAGE = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>vidmotion live</title>
<style>html, body {margin: 0; height: 100%; background: #0d0d0d}
img {display: block; width: 100%; height: 100%; object-fit: contain}</style>
<img src="/stream" alt="the newest frame with its people, and the people in 3D">
</html>
"""


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
        try:
            self._server = ThreadingHTTPServer((HOST, port), _handler(self))
        except OSError as error:
            raise InputError(f"port {port} cannot be used ({error.strerror}); choose another `port`") from None
        self._server.daemon_threads = True
        self.address = f"http://{HOST}:{self._server.server_port}/"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._server.shutdown()
        self._server.server_close()

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


def _handler(page: Page) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            # Another site whose host name points to this machine must not see the camera.
            if self.headers.get("Host", "").rsplit(":", 1)[0] not in (HOST, "localhost"):
                self.send_error(403)
            elif self.path == "/":
                self._send(_PAGE, "text/html; charset=utf-8")
            elif self.path == "/stream":
                self._stream()
            else:
                self.send_error(404)

        def _send(self, content: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _stream(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={_BOUNDARY}")
            self.end_headers()
            seen = 0
            # An OSError says that the window was closed.
            with suppress(OSError), page.watching():
                while (found := page.wait_for(seen)) is not None:
                    seen, jpeg = found
                    head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                    self.wfile.write(head.encode() + jpeg + b"\r\n")

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
