"""The writer: exact times, a file that plays in a browser, and nothing left behind on failure."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from vidmotion.errors import OutputError
from vidmotion.video import VideoWriter, open_video

NOISE = np.random.default_rng(0).integers(0, 255, (8, 240, 320, 3), dtype=np.uint8)


def grey(width: int, height: int, level: int = 100) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


def stamps(path: Path) -> list[Fraction]:
    with av.open(str(path)) as container:
        return [_stamp(frame) for frame in container.decode(video=0)]


def _stamp(frame: av.VideoFrame) -> Fraction:
    assert frame.pts is not None
    assert frame.time_base is not None
    return frame.pts * frame.time_base


@pytest.mark.parametrize("fps", [Fraction(30000, 1001), Fraction(24000, 1001), Fraction(25), Fraction(25, 2)])
def test_constant_rate_is_exact(tmp_path: Path, fps: Fraction) -> None:
    with VideoWriter(tmp_path / "a.mp4", fps, (64, 48)) as writer:
        for level in range(12):
            writer.write(grey(64, 48, level * 20))
    assert stamps(tmp_path / "a.mp4") == [index / fps for index in range(12)]
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert container.streams.video[0].average_rate == fps


def test_times_are_kept(tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.14, 0.15, 0.4]
    with VideoWriter(tmp_path / "a.mp4", Fraction(30), (64, 48)) as writer:
        for time in times:
            writer.write(grey(64, 48), time)
        writer.write(grey(64, 48))
        writer.write(grey(64, 48), 0.1)
    written = [float(stamp) for stamp in stamps(tmp_path / "a.mp4")]
    assert written[:5] == pytest.approx(times, abs=1e-4)
    assert written[5] == pytest.approx(0.4 + 1 / 30, abs=1e-4)
    assert 0 < written[6] - written[5] < 2e-4  # a time that falls comes right after


def test_plays_in_a_browser(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with VideoWriter(path, Fraction(30), (64, 48)) as writer:
        writer.write(grey(64, 48))
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec.name, stream.pix_fmt) == ("h264", "yuv420p")
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    assert [item.name for item in tmp_path.iterdir()] == ["a.mp4"]


def test_odd_size_is_padded_to_even(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "a.mp4", Fraction(30), (37, 21)) as writer:
        writer.write(grey(37, 21))
    with open_video(tmp_path / "a.mp4") as video:
        (frame,) = video
    assert frame.rgb.shape == (22, 38, 3)
    assert abs(int(frame.rgb[21, 37, 0]) - 100) <= 2


@pytest.mark.parametrize("colour", [(255, 0, 0), (0, 158, 115), (86, 180, 233), (255, 255, 255)])
def test_colours_survive(tmp_path: Path, colour: tuple[int, int, int]) -> None:
    rgb = np.empty((48, 64, 3), np.uint8)
    rgb[:] = colour
    with VideoWriter(tmp_path / "a.mp4", Fraction(30), (64, 48)) as writer:
        writer.write(rgb)
    with open_video(tmp_path / "a.mp4") as video:
        (frame,) = video
    assert np.abs(frame.rgb.astype(int) - rgb).max() <= 3


def test_wrong_shape(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match=r"wanted shape \(48, 64, 3\), received \(64, 48, 3\)"),
        VideoWriter(tmp_path / "a.mp4", Fraction(30), (64, 48)) as writer,
    ):
        writer.write(grey(48, 64))


def test_error_in_the_block_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "a.mp4"
    target.write_bytes(b"old")

    def fail() -> None:
        with VideoWriter(target, Fraction(30), (64, 48)) as writer:
            writer.write(grey(64, 48))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@contextmanager
def file_size_limit(count: int) -> Iterator[None]:
    """The system refuses to write more than `count` bytes, as on a full disk."""
    resource = pytest.importorskip("resource")  # not on Windows
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (count, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)


@pytest.mark.parametrize("room", [0.01, 0.5, 0.99])
def test_full_disk(tmp_path: Path, room: float) -> None:
    """The disk fills up in the header, in the pictures, or when the index moves to the front."""
    target = tmp_path / "a.mp4"

    def write() -> None:
        with VideoWriter(target, Fraction(30), (320, 240)) as writer:
            for rgb in NOISE:
                writer.write(rgb)

    write()
    size = target.stat().st_size
    target.write_bytes(b"old")
    with file_size_limit(int(size * room)), pytest.raises(OutputError, match=r"a\.mp4: cannot be written \("):
        write()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_folders_and_names(tmp_path: Path) -> None:
    (tmp_path / "folder.mp4").mkdir()
    for name, words in {
        "no/where.mp4": r"cannot be written \(No such file or directory\)",
        "a.gif": "ends in .mp4",
        "folder.mp4": "is a folder",
    }.items():
        with pytest.raises(OutputError, match=words):
            VideoWriter(tmp_path / name, Fraction(30), (64, 48))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no colons in file names")
@pytest.mark.parametrize("name", ["take:1.mp4", "a%03d.mp4", "file:a.mp4"])
def test_names_that_look_like_ffmpegs_syntax(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    with VideoWriter(name, Fraction(30), (64, 48)) as writer:
        writer.write(grey(64, 48))
    assert [item.name for item in tmp_path.iterdir()] == [name]


def test_file_that_cannot_be_opened_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise av.error.ProtocolNotFoundError(0, "Protocol not found")

    monkeypatch.setattr(av, "open", refuse)
    with pytest.raises(OutputError, match=r"\(Protocol not found\); write to another folder"):
        VideoWriter(tmp_path / "a.mp4", Fraction(30), (64, 48))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (errno.ENOSPC, "the disk is full; free some space or write to another folder"),
        (errno.EACCES, r"cannot be written \(no\); write to another folder"),
    ],
)
def test_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, message: str) -> None:
    def refuse(path: str, flags: int, mode: int) -> int:
        raise OSError(code, "no")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(OutputError, match=rf"a\.mp4: {message}$"):
        VideoWriter(tmp_path / "a.mp4", Fraction(30), (64, 48))


@pytest.mark.parametrize("fps", [Fraction(1620000001, 54000123), Fraction(10**17 + 1, 3 * 10**15 + 1)])
def test_rates_that_ffmpeg_cannot_hold(tmp_path: Path, fps: Fraction) -> None:
    with VideoWriter(tmp_path / "a.mp4", fps, (64, 48)) as writer:
        writer.write(grey(64, 48))
    with open_video(tmp_path / "a.mp4") as video:
        assert len(list(video)) == 1


def test_time_beyond_all_bounds(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match=r"a frame at 1e\+300 s is later than a video can hold"),
        VideoWriter(tmp_path / "a.mp4", Fraction(30), (64, 48)) as writer,
    ):
        writer.write(grey(64, 48), 1e300)


def test_no_frames(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no frame to write"), VideoWriter(tmp_path / "a.mp4", Fraction(30), (64, 48)):
        pass
    assert list(tmp_path.iterdir()) == []


def test_no_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vidmotion.video.writer.ENCODER", "libx999")
    with pytest.raises(OutputError, match="this PyAV has no libx999"):
        VideoWriter(tmp_path / "a.mp4", Fraction(30), (64, 48))
