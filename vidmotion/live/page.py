"""A page on this machine that shows the newest picture, as a stream of JPEGs. Does not depend on people.

Its address contains a secret, as every user and every web page of this machine can ask its ports. Pages of other sites
and other ports can neither embed it nor read it.
"""

from __future__ import annotations

import hmac
import secrets
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from vidmotion.errors import InputError

HOST = "127.0.0.1"
"""This machine only: no other machine can see the camera."""
QUALITY = 85
"""Of the JPEGs."""
MOST_CONNECTIONS = 16
"""At the same time; further ones are closed."""
TIMEOUT = 10.0
"""Seconds for a whole request, and for each picture to be taken."""
_BOUNDARY = "picture"
_PAGE = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>vidmotion live</title>
<style>html, body {margin: 0; height: 100%; background: #0d0d0d}
img {display: block; width: 100%; height: 100%; object-fit: contain}</style>
<img src="stream" alt="the newest frame with its people, and the people in 3D">
</html>
"""


_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


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
        self.secret = secrets.token_urlsafe(24)
        try:
            self._server = _Server((HOST, port), self)
        except OSError as error:
            raise InputError(f"port {port} cannot be used ({error.strerror}); choose another `port`") from None
        self.address = f"http://{HOST}:{self._server.server_port}/{self.secret}/"

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


class _Server(ThreadingHTTPServer):
    """Serves a limited number of connections; that one ends early is no error."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], page: Page) -> None:
        self.page = page
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    @property
    def _page(self) -> Page:
        assert isinstance(self.server, _Server)
        return self.server.page

    def setup(self) -> None:
        self.request.settimeout(TIMEOUT)
        super().setup()
        # The time of the socket begins anew with each byte.
        self._deadline = threading.Timer(TIMEOUT, self._give_up)
        self._deadline.daemon = True
        self._deadline.start()

    def finish(self) -> None:
        self._deadline.cancel()
        super().finish()

    def _give_up(self) -> None:
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def do_GET(self) -> None:
        self._deadline.cancel()
        _, secret, name = f"{self.path}//".split("/", 3)[:3]
        if not self._asked_by_the_page():
            self._send(403)
        elif not hmac.compare_digest(secret.encode(), self._page.secret.encode()):
            self._send(404)
        elif self.path == f"/{self._page.secret}/":
            self._send(200, _PAGE, "text/html; charset=utf-8")
        elif name == "stream":
            self._stream()
        else:
            self._send(404)

    def _asked_by_the_page(self) -> bool:
        """Whether the request came from the page itself or from the user, not from a page of another site."""
        host = self.headers.get("Host", "")
        return (
            # Another site's name may point to this machine.
            host.rsplit(":", 1)[0] in (HOST, "localhost")
            # Other ports are the same site, but another origin.
            and self.headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin")
            and self.headers.get("Origin", f"http://{host}") == f"http://{host}"
        )

    def _send(self, status: int, content: bytes = b"", kind: str = "text/plain") -> None:
        self._begin(status, kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _begin(self, status: int, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in _HEADERS.items():
            self.send_header(name, value)

    def _stream(self) -> None:
        self._begin(200, f"multipart/x-mixed-replace; boundary={_BOUNDARY}")
        self.end_headers()
        seen = 0
        # An OSError says that the window was closed, or takes no pictures.
        with suppress(OSError), self._page.watching():
            while (found := self._page.wait_for(seen)) is not None:
                seen, jpeg = found
                head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                self.wfile.write(head.encode() + jpeg + b"\r\n")

    def log_message(self, format: str, *args: object) -> None:
        pass
