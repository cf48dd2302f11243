"""A server for pages of this machine only. Does not depend on what the pages show.

An address contains a secret, as every user and every web page of this machine can ask its ports. Pages of other sites
and other ports can neither embed what is served nor read it.
"""

from __future__ import annotations

import hmac
import secrets
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from vidmotion.errors import InputError

HOST = "127.0.0.1"
"""This machine only."""
MOST_CONNECTIONS = 16
"""At the same time; further ones are closed."""
TIMEOUT = 10.0
"""Seconds for a whole request, and for each write of an answer."""
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Request(BaseHTTPRequestHandler):
    """One request, and the means to answer it."""

    def setup(self) -> None:
        """Limit the time of the request."""
        self.request.settimeout(TIMEOUT)
        super().setup()
        # The time of the socket begins anew with each byte.
        self._deadline = threading.Timer(TIMEOUT, self._give_up)
        self._deadline.daemon = True
        self._deadline.start()

    def finish(self) -> None:
        """Close the connection."""
        self._deadline.cancel()
        super().finish()

    def _give_up(self) -> None:
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def do_GET(self) -> None:
        """Answer who knows the secret; what it is, the owner of the server decides by the name after the secret."""
        self._deadline.cancel()
        server = self.server
        assert isinstance(server, _Server)
        _, secret, name = f"{self.path}//".split("/", 2)
        if not self._asked_by_the_page():
            self.send(403)
        elif not hmac.compare_digest(secret.encode(), server.secret.encode()) or self.path == f"/{secret}":
            self.send(404)
        else:
            server.answer(self, name.removesuffix("//"))

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

    def send(
        self,
        status: int,
        content: bytes = b"",
        kind: str = "text/plain",
        policy: str = "default-src 'none'",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Send a whole answer.

        Args:
            policy: the Content-Security-Policy; that nobody may embed the answer is added.
        """
        self.begin(status, kind, policy)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def begin(self, status: int, kind: str, policy: str = "default-src 'none'") -> None:
        """Send the first headers of an answer; `end_headers` ends them."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", f"{policy}; frame-ancestors 'none'")
        for name, value in _HEADERS.items():
            self.send_header(name, value)

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not logged."""


Answer = Callable[[Request, str], None]
"""Answers a request for a name; the name of the page itself is empty."""


class LocalServer:
    """Answers requests for http://127.0.0.1:PORT/SECRET/NAME until the context ends."""

    def __init__(self, answer: Answer, port: int = 0) -> None:
        """Open the port.

        Args:
            answer: called in a thread for each request that has the secret and does not come from another site.
            port: 0 chooses a free one.

        Raises:
            InputError: the port cannot be used.
        """
        self.secret = secrets.token_urlsafe(24)
        try:
            self._server = _Server((HOST, port), self.secret, answer)
        except OSError as error:
            raise InputError(f"port {port} cannot be used ({error.strerror}); choose another `port`") from None
        self.address = f"http://{HOST}:{self._server.server_port}/{self.secret}/"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    """Serves a limited number of connections; that one ends early is no error."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], secret: str, answer: Answer) -> None:
        self.secret, self.answer = secret, answer
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)
        super().__init__(address, Request)

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
