"""The page shows the newest picture, to this machine only."""

import http.client
import threading
import urllib.request

import cv2
import numpy as np
import pytest

from vidmotion.errors import InputError
from vidmotion.live.page import Page


def show_until(page: Page, done: threading.Event, picture: np.ndarray) -> None:
    while not done.wait(0.02):
        page.show(picture)


def test_the_stream_gives_the_picture_that_is_shown() -> None:
    picture = np.zeros((40, 60, 3), np.uint8)
    picture[:, :30] = (220, 30, 30)
    with Page() as page:
        with urllib.request.urlopen(page.address) as found:
            assert b'src="/stream"' in found.read()
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


@pytest.mark.parametrize(("host", "path", "status"), [("evil.example", "/stream", 403), (None, "/etc/passwd", 404)])
def test_strangers_and_other_paths_are_refused(host: str | None, path: str, status: int) -> None:
    with Page() as page:
        port = int(page.address.rstrip("/").rsplit(":", 1)[1])
        asking = http.client.HTTPConnection("127.0.0.1", port)
        asking.request("GET", path, headers={"Host": host} if host else {})
        assert asking.getresponse().status == status
        asking.close()


def test_a_port_that_is_taken_is_named() -> None:
    with Page() as page:
        port = int(page.address.rstrip("/").rsplit(":", 1)[1])
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
