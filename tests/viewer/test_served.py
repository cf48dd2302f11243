"""The served page: parts of the video, downloads, and who is refused."""

import base64
import html
import http.client
import re
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest

import vidmotion as vm
from tests.rendering.films import footage, person, scene
from vidmotion.viewer import Footage, PageOptions, ServedPage, save_page

SIZE = (160, 120)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return footage(tmp_path / "film.mp4", SIZE)


@pytest.fixture
def served(video: Path) -> Iterator[ServedPage]:
    made = scene(SIZE, (person(3, [0, 1], SIZE),))
    with ServedPage(made, PageOptions(Footage.of(made, video))) as page:
        yield page


def ask(page: ServedPage, name: str, **headers: str) -> http.client.HTTPResponse:
    address = urllib.parse.urlsplit(page.address)
    connection = http.client.HTTPConnection("127.0.0.1", address.port or 0, timeout=10)
    connection.request("GET", name if name.startswith("/") else address.path + name, headers=headers)
    return connection.getresponse()


@pytest.mark.parametrize(
    ("wanted", "status", "first", "last"),
    [("bytes=0-9", 206, 0, 9), ("bytes=100-", 206, 100, None), ("bytes=5-99999999", 206, 5, None), ("", 200, 0, None),
     ("bytes=a-b", 200, 0, None)],
)  # fmt: skip
def test_parts_of_the_video(
    served: ServedPage, video: Path, wanted: str, status: int, first: int, last: int | None
) -> None:
    answer, content = ask(served, "video", Range=wanted), video.read_bytes()
    last = len(content) - 1 if last is None else last
    assert (answer.status, answer.read()) == (status, content[first : last + 1])
    if status == 206:
        assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(content)}"


def test_arrays_are_served_as_they_are_and_no_base64(served: ServedPage, tmp_path: Path) -> None:
    made = scene(SIZE, (person(3, [0, 1], SIZE),))
    save_page(made, tmp_path / "page.html", PageOptions())
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    for name in ("block", "bodies", "angles"):
        found = re.search(f'id="data-{name}">([^<]*)<', text)
        assert found
        assert ask(served, f"block-{name}").read() == base64.b64decode(found[1])
        assert f'id="data-{name}"' not in ask(served, "").read().decode()
    assert ask(served, "block-other").status == 404


def test_a_part_after_the_end_is_refused(served: ServedPage) -> None:
    assert ask(served, "video", Range="bytes=99999999-").status == 416


def test_downloads_are_written_on_demand(served: ServedPage, tmp_path: Path) -> None:
    made = scene(SIZE, (person(3, [0, 1], SIZE),))
    assert ask(served, "file-csv-0").read() == vm.export(made, tmp_path / "a.csv")[0].read_bytes()
    assert ask(served, "file-bvh-0").status == 404  # nobody has a body


@pytest.mark.parametrize("name", ["/", "/video", "/wrong/video", "../film.mp4", "video/", "film.mp4"])
def test_nothing_else_is_served(served: ServedPage, name: str) -> None:
    assert ask(served, name).status == 404


@pytest.mark.parametrize("name", ["", "video", "file-csv-0"])
@pytest.mark.parametrize(("header", "value"), [("Host", "evil.example"), ("Sec-Fetch-Site", "cross-site"),
                                               ("Origin", "http://127.0.0.1:1")])  # fmt: skip
def test_pages_of_other_origins_are_refused(served: ServedPage, name: str, header: str, value: str) -> None:
    assert ask(served, name, **{header: value}).status == 403


def test_the_page_may_not_be_embedded(served: ServedPage) -> None:
    policy = ask(served, "").headers["Content-Security-Policy"] or ""
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_a_notebook_shows_the_whole_page_in_a_frame_of_its_own(
    served: ServedPage, video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = scene(SIZE, (person(3, [0, 1], SIZE),))
    save_page(made, tmp_path / "page.html", PageOptions(Footage.of(made, video)))
    frame = re.fullmatch(r'<iframe ([^>]*) srcdoc="([^"<>]*)"></iframe>', served._repr_html_())
    assert frame
    assert 'sandbox="allow-scripts allow-downloads"' in frame[1]
    assert html.unescape(frame[2]) == (tmp_path / "page.html").read_text(encoding="utf-8")
    monkeypatch.setattr("vidmotion.viewer.inline.LARGEST_VIDEO", 10)
    assert "is left out" in served._repr_html_()
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    monkeypatch.setattr("webbrowser.open", pytest.fail)
    page = vm.view(made)
    assert page is not None
    page.close()


def test_from_python(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    page = vm.view(scene(SIZE, (person(3, [0, 1], SIZE),)), video=video)
    assert page is not None
    assert ask(page, "").status == 200
    page.close()
    assert opened == [page.address]
    with pytest.raises(OSError):  # noqa: PT011  # nobody answers
        ask(page, "")
