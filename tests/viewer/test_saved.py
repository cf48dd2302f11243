"""What a page is made of, without a browser."""

import base64
import json
import re
import zlib
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vidmotion as vm
from tests.rendering.films import footage, person, scene
from vidmotion.cli.main import main
from vidmotion.errors import InputError
from vidmotion.viewer import Footage, PageOptions, save_page
from vidmotion.viewer.block import Block

SIZE = (160, 120)


def decode(buffer: bytes, found: dict[str, Any]) -> np.ndarray:
    """An array of a block, as the page reads it."""
    count = int(np.prod(found["shape"]))
    if found["type"] == "d2":
        planes = np.frombuffer(buffer, np.uint8, 2 * count, found["at"]).reshape(2, -1, found["shape"][0]).astype(int)
        stored = planes[0] + 256 * planes[1]
        steps = np.cumsum(np.where(stored % 2, -(stored + 1) // 2, stored // 2), axis=1) % 65536
        return steps.T.reshape(found["shape"]) * np.array(found["step"]) + np.array(found["low"])
    return np.frombuffer(buffer, "<" + found["type"], count, found["at"]).reshape(found["shape"])


def read(page: Path) -> tuple[dict[str, Any], bytes]:
    """The header and the block of a page."""
    text = page.read_text(encoding="utf-8")
    header = re.search(r'<script type="application/json" id="data-header">(.*?)</script>', text, re.DOTALL)
    block = re.search(r'<script type="text/plain" id="data-block">(.*?)</script>', text, re.DOTALL)
    assert header
    assert block
    return json.loads(header[1]), zlib.decompress(base64.b64decode(block[1]))


def test_arrays_come_back_within_half_a_step() -> None:
    block, values = Block(), np.random.default_rng(0).uniform(-5, 5, (7, 3, 3))
    whole, steps = block.add(np.arange(3), "u4"), block.add_steps(values, 1e-6)
    buffer = zlib.decompress(block.compressed())
    assert decode(buffer, whole).tolist() == [0, 1, 2]
    np.testing.assert_allclose(decode(buffer, steps), values, atol=10 / 65535 / 2)


def test_a_page_has_the_times_of_all_frames(tmp_path: Path) -> None:
    """Also of those without people: interpolated, or at the usual rate."""
    made = replace(scene(SIZE, (person(3, [2, 4], SIZE),), frames=7), fps=Fraction(10))
    track = replace(made.people[0].track, times=np.array([0.3, 0.7]))
    save_page(replace(made, people=(replace(made.people[0], track=track),)), tmp_path / "a.html", PageOptions())
    header, block = read(tmp_path / "a.html")
    np.testing.assert_allclose(decode(block, header["times"]), [0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9])


def test_joints_of_a_page_are_those_of_the_scene(tmp_path: Path) -> None:
    made = scene(SIZE, (person(3, [0, 1], SIZE),))
    save_page(made, tmp_path / "a.html", PageOptions())
    header, block = read(tmp_path / "a.html")
    motion = made.people[0].motion
    assert motion is not None
    np.testing.assert_allclose(decode(block, header["people"][0]["motion"]["joints"]), motion.joints, atol=1e-4)


def test_nothing_in_a_page_points_to_a_network(tmp_path: Path) -> None:
    save_page(scene(SIZE, (person(3, [0, 1], SIZE),)), tmp_path / "a.html", PageOptions())
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert not re.search(r'(src|href)="(https?:)?//', text)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy
    assert policy[1].startswith("default-src &#x27;none&#x27;; script-src &#x27;sha256-")
    assert "unsafe" not in policy[1]
    assert "connect-src &#x27;none&#x27;" in policy[1]


def test_a_stated_frame_rate_relates_the_clocks(tmp_path: Path) -> None:
    """Slow motion: 30 frames a second in the file, 120 in the scene."""
    video = footage(tmp_path / "film.mp4", SIZE)
    made = replace(scene(SIZE, ()), fps=Fraction(120), provenance={"settings": {"fps": 120.0, "rotate": 0}})
    assert Footage.of(made, video).rate == pytest.approx(120 / (30000 / 1001))
    assert Footage.of(replace(made, provenance={}), video).rate == 1


def test_a_scene_of_too_many_frames_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a page shows 1 to 2,000,000 frames, and this motion has 900,000,000"):
        save_page(replace(scene(SIZE, ()), frame_count=900_000_000), tmp_path / "a.html", PageOptions())


def test_huge_numbers_do_not_stop_the_page(tmp_path: Path) -> None:
    made = scene(SIZE, (person(3, [0, 1], SIZE),))
    motion = made.people[0].motion
    assert motion is not None
    huge = replace(made.people[0], motion=replace(motion, joints=motion.joints * 1e300))
    save_page(replace(made, people=(huge,)), tmp_path / "a.html", PageOptions())
    header, block = read(tmp_path / "a.html")
    assert np.abs(decode(block, header["people"][0]["motion"]["joints"])).max() <= 1.001e6


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, str]:
    monkeypatch.setattr("sys.argv", ["vidmotion", "view", *map(str, args)])
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0), capsys.readouterr().err
    return 0, capsys.readouterr().err


def test_the_command_writes_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    video, page = footage(tmp_path / "film.mp4", SIZE), tmp_path / "page.html"
    motion = vm.export(scene(SIZE, (person(3, [0, 1], SIZE),)), tmp_path / "a.json")[0]
    assert run(monkeypatch, capsys, motion, "--video", video, "--save", page, "--embed", "csv")[0] == 0
    header, _ = read(page)
    assert (header["video"]["name"], header["downloads"][0]["name"]) == ("film.mp4", "film.csv")
    code, told = run(monkeypatch, capsys, motion, "--save", page)
    assert (code, "exists already; pass -y" in told) == (1, True)
    code, told = run(monkeypatch, capsys, motion, "--video", video, "--save", page, "-y", "--link-video", "-q")
    assert (code, told, read(page)[0]["video"]["href"]) == (0, "", "./film.mp4")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--link-video"], "--link-video and --embed are for --save"),
        (["--save", "a.html", "--link-video"], "name the video with --video"),
        (["--save", "a.mp4"], "choose a name that ends in .html"),
        (["--save", "a.html", "--embed", "fbx"], "'fbx' is no format of a page; wanted bvh, glb, csv"),
    ],
)
def test_wrong_usage(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "300")
    motion = vm.export(scene(SIZE, (person(3, [0, 1], SIZE),)), tmp_path / "a.json")[0]
    code, told = run(monkeypatch, capsys, motion, *arguments)
    assert (code, message in told) == (2, True), told
    assert not (tmp_path / "a.html").exists()


def test_from_python(tmp_path: Path) -> None:
    made = scene(SIZE, (person(3, [0, 1], SIZE),))
    assert vm.view(made, save=str(tmp_path / "a.html")) is None
    assert read(tmp_path / "a.html")[0]["source"] == "film.mp4"
    with pytest.raises(InputError, match="written as HTML"):
        vm.view(made, save=tmp_path / "a.txt")
