"""The page of a batch: a row for each clip, and no name or message that is anything but text."""

import re
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from tests.cli.conftest import write_video
from vidmotion.batch.journal import Journal
from vidmotion.batch.layout import thumbnail_path
from vidmotion.batch.sources import Clip
from vidmotion.batch.summary_page import FILE, write_page
from vidmotion.batch.thumbnail import write_thumbnail
from vidmotion.settings import Settings
from vidmotion.types import Keypoints2D, Person, Scene, Track

EVIL = "<img src=x onerror=alert(1)>\u202e"


def page(folder: Path, clips: int = 0) -> str:
    """Of a batch with a clip in each state, and as many more that are done."""
    names = ["done", "bad", EVIL, "waits", *(f"more{number}" for number in range(clips))]
    with Journal(folder, {}) as journal:
        journal.add([Clip(Path("/videos", f"{number}.mp4"), name) for number, name in enumerate(names)])
        done, bad, begun, _, *more = journal.book.records.values()
        for record in (done, bad, begun, *more):
            journal.begin(record)
        for record in (done, *more):
            journal.finish(record, {"seconds": 3.2, "frames": 45, "people": 2, "files": ["x/javascript:a b.json"]})
        journal.fail(bad, EVIL)
        write_page(folder, journal.book)
    return (folder / FILE).read_text()


def test_failures_come_first_and_names_are_text(tmp_path: Path) -> None:
    text = page(tmp_path)
    assert re.findall(r'<tr class="(\w+)">', text) == ["failed", "begun", "waiting", "done"]
    assert "4 clips: 1 done, 1 waiting, 1 begun, 1 failed" in text
    assert EVIL not in text
    assert text.count(r"&lt;img src=x onerror=alert(1)&gt;\u202e") == 2
    assert '<a href="./x/javascript%3Aa%20b.json">javascript:a b.json</a>' in text
    assert re.search(r"default-src &#x27;none&#x27;; img-src data:; style-src &#x27;sha256-[^ ;]+&#x27;;", text)
    assert "<script" not in text


def test_a_thousand_clips_are_a_small_file(tmp_path: Path) -> None:
    for number in range(1000):
        path = thumbnail_path(tmp_path, f"more{number}")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes(5000))
    text = page(tmp_path, clips=1000)
    assert text.count('<img alt="" src="data:image/jpeg;base64,AAAA') == 1000
    assert len(text) < 8_000_000


def test_the_picture_shows_the_people(tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mp4", [np.full((480, 640, 3), 60, np.uint8)] * 8)
    every, xy = np.arange(2, 8), np.random.default_rng(0).uniform((200, 80), (400, 400), (17, 2))
    points = Keypoints2D(np.tile(xy, (6, 1, 1)), np.full((6, 17), 0.9), "h36m17")
    boxes = np.tile([200.0, 80.0, 400.0, 400.0], (6, 1))
    track = Track(0, every, every / 30, boxes, points, np.ones(6, bool))
    scene = Scene("a.mp4", Fraction(30), (640, 480), 8, (Person(track),), {})
    write_thumbnail(scene, video, Settings(), tmp_path / "x" / "a.jpg")
    picture = cv2.imread(str(tmp_path / "x" / "a.jpg"))
    assert picture is not None
    assert picture.shape == (120, 160, 3)
    assert (np.abs(picture.astype(int) - 60).max(-1) > 60).any()  # somebody is drawn
    assert (tmp_path / "x" / "a.jpg").stat().st_size < 6000
