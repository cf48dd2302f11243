"""The page shows the newest picture, to this machine only."""

import http.client
import socket
import struct
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from contextlib import suppress

import cv2
import numpy as np
import pytest

from vidmotion.errors import InputError
from vidmotion.live.page import Page
from vidmotion.viewer import local_server


def show_until(page: Page, done: threading.Event, picture: np.ndarray) -> None:
    while not done.wait(0.02):
        page.show(picture)


def test_the_stream_gives_the_picture_that_is_shown() -> None:
    picture = np.zeros((40, 60, 3), np.uint8)
    picture[:, :30] = (220, 30, 30)
    with Page() as page:
        with urllib.request.urlopen(page.address) as found:
            assert b'src="stream"' in found.read()
        done = threading.Event()
        feeder = threading.Thread(target=show_until, args=(page, done, picture))
        feeder.start()
        with urllib.request.urlopen(page.address + "stream") as stream:
            assert stream.headers["Content-Type"] == "multipart/x-mixed-replace; boundary=picture"
            assert stream.readline() == b"--picture\r\n"
            head = [stream.readline() for _ in range(3)]
            jpeg = stream.read(int(head[1].split()[1]))
        done.set()
        feeder.join()
    decoded = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    seen = cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB)
    assert np.abs(seen[20, [10, 50]].astype(int) - picture[20, [10, 50]]).max() < 12


def ask(page: Page, path: str, **headers: str) -> http.client.HTTPResponse:
    """The answer to a request; `{secret}` in the path is the page's own."""
    connection = http.client.HTTPConnection("127.0.0.1", port_of(page), timeout=10)
    names = {name.replace("_", "-"): value.format(port=port_of(page)) for name, value in headers.items()}
    connection.request("GET", path.format(secret=page.secret), headers=names)
    return connection.getresponse()


def port_of(page: Page) -> int:
    port = urllib.parse.urlsplit(page.address).port
    assert port
    return port


@pytest.mark.parametrize(
    "path", ["/", "/stream", "//", "/wrong/", "/wrong/stream", "/{secret}", "/{secret}/x", "/etc/passwd"]
)
def test_only_the_address_with_the_secret_shows_anything(path: str) -> None:
    with Page() as page:
        answer = ask(page, path)
        assert (answer.status, answer.read()) == (404, b"")


def test_every_page_has_a_secret_of_its_own() -> None:
    with Page() as one, Page() as other:
        assert len(one.secret) >= 32
        assert one.secret != other.secret
        assert one.address == f"http://127.0.0.1:{port_of(one)}/{one.secret}/"


@pytest.mark.parametrize("path", ["/{secret}/", "/{secret}/stream"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"}, {"Host": ""}, {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"},
        {"Origin": "http://evil.example"}, {"Origin": "http://127.0.0.1:1"}, {"Origin": "null"},
    ],
)  # fmt: skip
def test_pages_of_other_origins_are_refused(headers: dict[str, str], path: str) -> None:
    with Page() as page:
        assert ask(page, path, **headers).status == 403


@pytest.mark.parametrize(
    "headers", [{"Host": "localhost:{port}"}, {"Sec_Fetch_Site": "none"}, {"Sec_Fetch_Site": "same-origin"},
                {"Origin": "http://127.0.0.1:{port}"}],
)  # fmt: skip
def test_the_user_and_the_page_itself_are_answered(headers: dict[str, str]) -> None:
    with Page() as page:
        assert ask(page, "/{secret}/", **headers).status == 200


def test_the_page_cannot_be_embedded() -> None:
    with Page() as page:
        answer = ask(page, "/{secret}/")
        assert "frame-ancestors 'none'" in (answer.headers["Content-Security-Policy"] or "")
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"


def test_connections_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_server, "MOST_CONNECTIONS", 2)
    with Page() as page:
        idle = [socket.create_connection(("127.0.0.1", port_of(page))) for _ in range(2)]
        with pytest.raises(OSError):  # noqa: PT011  # closed at once
            ask(page, "/{secret}/")
        for one in idle:
            one.close()
        wait_until(lambda: can_ask(page))


def test_a_request_that_never_ends_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_server, "TIMEOUT", 0.3)
    with Page() as page, socket.create_connection(("127.0.0.1", port_of(page)), 10) as slow:
        started = time.monotonic()
        with suppress(OSError):
            while time.monotonic() < started + 5:
                slow.sendall(b"G")
                time.sleep(0.05)
        assert time.monotonic() < started + 4


def test_a_client_that_leaves_is_no_error(capfd: pytest.CaptureFixture[str]) -> None:
    with Page() as page:
        for request in (b"", b"GET /", f"GET /{page.secret}/ HTTP/1.0\r\nHost: localhost\r\n\r\n".encode()):
            client = socket.create_connection(("127.0.0.1", port_of(page)))
            client.sendall(request)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # ends with a reset
            client.close()
        wait_until(lambda: can_ask(page))
        time.sleep(0.2)
    assert capfd.readouterr() == ("", "")


def can_ask(page: Page) -> bool:
    try:
        return ask(page, "/{secret}/").status == 200
    except OSError:
        return False


def wait_until(happens: Callable[[], bool]) -> None:
    for _ in range(100):
        if happens():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen within 5 s")


def test_a_port_that_is_taken_is_named() -> None:
    with Page() as page:
        port = port_of(page)
        with pytest.raises(InputError, match=f"port {port} cannot be used .* choose another `port`"):
            Page(port)


def test_watchers_of_many_threads_are_all_counted() -> None:
    with Page() as page:
        inside, counted = threading.Barrier(9), threading.Barrier(9)

        def watch() -> None:
            for _ in range(200):
                with page.watching():
                    pass
            with page.watching():
                inside.wait(10)
                counted.wait(10)

        threads = [threading.Thread(target=watch) for _ in range(8)]
        for thread in threads:
            thread.start()
        inside.wait(10)
        assert page.watchers == 8
        counted.wait(10)
        for thread in threads:
            thread.join()
        assert page.watchers == 0


def test_the_count_of_watchers_changes_under_the_lock_only() -> None:
    with Page() as page:
        entered, left = threading.Event(), threading.Event()

        def watch() -> None:
            with page.watching():
                entered.set()
                left.wait(10)

        thread = threading.Thread(target=watch)
        with page._changed:
            thread.start()
            assert not entered.wait(0.1)
            assert page._watchers == 0
        assert entered.wait(10)
        assert page.watchers == 1
        with page._changed:
            left.set()
            thread.join(0.1)
            assert page._watchers == 1
        thread.join()
        assert page.watchers == 0
