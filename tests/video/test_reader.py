"""The reader: exact times, upright pictures, one clear line for each bad input."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from vidmotion.errors import InputError, VideoError
from vidmotion.video import open_video

NTSC = Fraction(30000, 1001)
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def picture(width: int = 64, height: int = 48) -> np.ndarray:
    """Quarters: red green / blue white."""
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[: height // 2, : width // 2] = RED
    rgb[: height // 2, width // 2 :] = GREEN
    rgb[height // 2 :, : width // 2] = BLUE
    rgb[height // 2 :, width // 2 :] = WHITE
    return rgb


def corners(rgb: np.ndarray) -> list[tuple[int, ...]]:
    """The colours of the quarters in reading order."""
    height, width, _ = rgb.shape
    spots = [rgb[height * y // 4, width * x // 4] for y in (1, 3) for x in (1, 3)]
    return [tuple(int(round(c / 255) * 255) for c in spot.tolist()) for spot in spots]


def make(
    path: Path,
    frames: int = 5,
    rate: Fraction = NTSC,
    stamps: Sequence[int] | None = None,
    rgb: np.ndarray | None = None,
    faststart: bool = False,
    pixel_aspect: Fraction | None = None,
) -> Path:
    """A small H.264 video; `stamps` are times in milliseconds."""
    rgb = picture() if rgb is None else rgb
    options = {"movflags": "faststart"} if faststart else {}
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast"})
        stream.height, stream.width = rgb.shape[:2]
        stream.pix_fmt = "yuv444p"
        unit = 1 / rate if stamps is None else Fraction(1, 1000)
        stream.codec_context.time_base = unit
        stream.codec_context.sample_aspect_ratio = pixel_aspect or Fraction(1)
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(rgb)
            frame.time_base = unit
            frame.pts = index if stamps is None else stamps[index]
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def set_matrix(path: Path, a: int, b: int, c: int, d: int) -> None:
    """Write the display matrix into the track header: stored (x, y) is shown at (ax + cy, bx + dy)."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    one = 1 << 16
    data[at : at + 36] = struct.pack(">9i", a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30)
    path.write_bytes(data)


def test_numbers_times_and_pictures(tmp_path: Path) -> None:
    with open_video(make(tmp_path / "a.mp4")) as video:
        assert video.fps == NTSC
        assert video.size == (64, 48)
        assert video.frame_count == 5
        assert video.duration == pytest.approx(5 / NTSC)
        frames = list(video)
        assert video.damaged is None
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4]
    assert [frame.time for frame in frames] == [float(index / NTSC) for index in range(5)]
    assert frames[4].rgb.dtype == np.uint8
    assert frames[4].rgb.shape == (48, 64, 3)
    assert corners(frames[4].rgb) == [RED, GREEN, BLUE, WHITE]


def test_titles_need_not_be_utf_8(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4")
    content = path.read_bytes()
    assert b"VideoHandler" in content
    path.write_bytes(content.replace(b"VideoHandler", b"Vid\xe9oHandler"))
    with open_video(path) as video:
        assert len(list(video)) == 5


def test_variable_frame_rate_is_kept(tmp_path: Path) -> None:
    stamps = [500, 540, 640, 650, 900]
    with open_video(make(tmp_path / "a.mkv", stamps=stamps)) as video:
        assert [frame.time for frame in video] == [0.0, 0.04, 0.14, 0.15, 0.4]


def test_the_true_rate_rescales_all_times(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mkv", frames=9, stamps=[0, 100, 200, 300, 450, 500, 600, 700, 800], rate=Fraction(10))
    with open_video(path, 0.025, 0.075, fps=80) as video:
        assert (video.fps, video.duration) == (80, pytest.approx(0.9 / 8))
        assert [(frame.index, frame.time) for frame in video] == [
            (2, 0.025),
            (3, 0.0375),
            (4, 0.05625),
            (5, 0.0625),
        ]


def test_raw_streams_have_the_rate_that_is_given(tmp_path: Path) -> None:
    with open_video(make(tmp_path / "a.h264", rate=Fraction(50)), fps=100) as video:
        assert video.fps == 100
        assert video.times() == [index / 100 for index in range(5)]


def test_a_pause_does_not_change_the_rate(tmp_path: Path) -> None:
    stamps = [*range(0, 1000, 40), *range(9000, 10000, 40)]
    with open_video(make(tmp_path / "a.mp4", frames=50, stamps=stamps)) as video:
        assert video.fps == 25
        assert np.diff(video.times()).max() == pytest.approx(9 - 0.96)


@pytest.mark.parametrize("jump", [200 * 3600, 1_700_000_000])
def test_a_clock_that_jumps_is_left_out_and_told(tmp_path: Path, jump: int) -> None:
    stamps = [0, 40, *range(1000 * jump, 1000 * jump + 400, 40)]
    with open_video(make(tmp_path / "a.mkv", frames=12, stamps=stamps, rate=Fraction(25))) as video:
        assert video.times() == pytest.approx([index / 25 for index in range(12)], abs=1e-6)
        assert video.damaged == f"its clock jumps by {round(jump / 86400)} days, which are left out"


@pytest.mark.parametrize(
    ("start", "end", "indexes"),
    [
        (None, 0.2, [0, 1]),
        (0.1, None, [1, 2, 3, 4]),
        (0.15, 0.35, [2, 3]),
        (0.0, 9.0, [0, 1, 2, 3, 4]),
    ],
)
def test_section_keeps_frame_numbers(
    tmp_path: Path, start: float | None, end: float | None, indexes: list[int]
) -> None:
    path = make(tmp_path / "a.mp4", rate=Fraction(10))
    with open_video(path, start, end) as video:
        frames = list(video)
        assert video.frame_count == len(indexes)
    assert [frame.index for frame in frames] == indexes
    assert [frame.time for frame in frames] == [index / 10 for index in indexes]


@pytest.mark.parametrize(
    ("matrix", "shown"),
    [
        ((1, 0, 0, 1), [RED, GREEN, BLUE, WHITE]),
        ((0, 1, -1, 0), [BLUE, RED, WHITE, GREEN]),  # a quarter turn clockwise, as phones write it
        ((-1, 0, 0, -1), [WHITE, BLUE, GREEN, RED]),
        ((0, -1, 1, 0), [GREEN, WHITE, RED, BLUE]),
        ((-1, 0, 0, 1), [GREEN, RED, WHITE, BLUE]),  # a mirror
    ],
)
def test_rotation(tmp_path: Path, matrix: tuple[int, int, int, int], shown: list[object]) -> None:
    path = make(tmp_path / "a.mp4", frames=2)
    set_matrix(path, *matrix)
    with open_video(path) as video:
        assert video.size == ((64, 48) if matrix[0] else (48, 64))
        for frame in video:
            assert frame.rgb.shape[:2] == video.size[::-1]
            assert frame.rgb.flags.c_contiguous
            assert corners(frame.rgb) == shown


@pytest.mark.parametrize(
    ("degrees", "shown"),
    [
        (90, [BLUE, RED, WHITE, GREEN]),
        (180, [WHITE, BLUE, GREEN, RED]),
        (270, [GREEN, WHITE, RED, BLUE]),
    ],
)
def test_pictures_are_turned_clockwise_on_request(tmp_path: Path, degrees: int, shown: list[object]) -> None:
    with open_video(make(tmp_path / "a.mp4", frames=1), rotate=degrees) as video:
        (frame,) = video
        assert video.size == ((64, 48) if degrees == 180 else (48, 64))
        assert frame.rgb.shape[:2] == video.size[::-1]
    assert corners(frame.rgb) == shown


def test_a_turn_comes_after_that_of_the_file(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", frames=1)
    set_matrix(path, 0, 1, -1, 0)
    with open_video(path, rotate=270) as video:
        (frame,) = video
    assert corners(frame.rgb) == [RED, GREEN, BLUE, WHITE]


@pytest.mark.parametrize(
    ("aspect", "size", "stretch"),
    [
        (Fraction(4, 3), (85, 48), (85 / 64, 1.0)),
        (Fraction(8, 9), (64, 54), (1.0, 54 / 48)),
        (Fraction(9), (64, 48), (1.0, 1.0)),  # impossible
    ],
)
def test_pixels_become_square(
    tmp_path: Path, aspect: Fraction, size: tuple[int, int], stretch: tuple[float, float]
) -> None:
    path = make(tmp_path / "a.mp4", frames=1, pixel_aspect=aspect)
    with open_video(path) as video:
        (frame,) = video
        assert (video.size, video.stretch) == (size, stretch)
    assert frame.rgb.shape == (size[1], size[0], 3)
    assert corners(frame.rgb) == [RED, GREEN, BLUE, WHITE]
    with open_video(path, rotate=90) as video:
        assert (video.size, video.stretch) == (size[::-1], stretch[::-1])


def test_agrees_with_ffmpegs_own_angle(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", frames=1)
    set_matrix(path, 0, 1, -1, 0)
    with av.open(str(path)) as container:
        assert next(container.decode(video=0)).rotation == -90


def test_one_frame(tmp_path: Path) -> None:
    with open_video(make(tmp_path / "a.mp4", frames=1)) as video:
        assert [frame.time for frame in video] == [0.0]


@pytest.mark.parametrize("name", ["a.png", "a%03d.jpg", "a:b.png"])
def test_single_image(tmp_path: Path, name: str) -> None:
    with av.open(str(tmp_path / "x.png"), "w", format="image2") as container:
        stream = container.add_stream("mjpeg" if name.endswith("jpg") else "png", rate=1)
        stream.width, stream.height = 64, 48
        stream.pix_fmt = "yuvj420p" if name.endswith("jpg") else "rgb24"
        packets = [*stream.encode(av.VideoFrame.from_ndarray(picture())), *stream.encode(None)]
    (tmp_path / name).write_bytes(bytes(packets[0]))
    with open_video(tmp_path / name) as video:
        (frame,) = video
        assert video.size == (64, 48)
        assert video.damaged is None
    assert corners(frame.rgb) == [RED, GREEN, BLUE, WHITE]


def test_tiny_picture(tmp_path: Path) -> None:
    with open_video(make(tmp_path / "a.mp4", rgb=picture(4, 4))) as video:
        assert [frame.rgb.shape for frame in video] == [(4, 4, 3)] * 5


def sound(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 16000
        container.mux([*stream.encode(frame), *stream.encode(None)])
    return path


def test_unreadable_files(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    whole = make(tmp_path / "whole.mp4", frames=30).read_bytes()
    start = make(tmp_path / "start.mp4", frames=30, faststart=True).read_bytes()
    texts = {"t.mp4": b"not a film\n" * 200, "t.txt": b"not a film\n" * 200}
    cut = {"index_lost.mp4": whole[: len(whole) // 2], "header_only.mp4": start[: start.index(b"mdat") + 8]}
    for name, data in {"empty.mp4": b"", **texts, **cut}.items():
        (tmp_path / name).write_bytes(data)
    sound(tmp_path / "sound.m4a")
    wanted = {
        "missing.mp4": "no such file",
        ".": "is a folder",
        "empty.mp4": "the file is empty",
        "t.mp4": "cannot be read as a video",
        "t.txt": "is text, a playlist or of an unusual format",
        "index_lost.mp4": "is cut short, its index is missing",
        "header_only.mp4": "no frame can be decoded",
        "sound.m4a": "holds no pictures",
    }
    for name, words in wanted.items():
        with pytest.raises(VideoError, match=words) as caught:
            open_video(tmp_path / name)
        message = str(caught.value)
        assert message.startswith(f"{tmp_path / name}: ")
        assert "\n" not in message
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nother.ts\n#EXT-X-ENDLIST\n"),
        ("a.mp4", "ffconcat version 1.0\nfile other.ts\n"),
        ("a.sdp", "v=0\nm=video 5004 RTP/AVP 96\nc=IN IP4 127.0.0.1\n"),
    ],
)
def test_a_file_that_names_other_files_is_no_video(
    name: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "other.ts")
    (tmp_path / name).write_text(text)
    with pytest.raises(VideoError, match=r"which could read other files; .* set VIDMOTION_VIDEO_FORMATS to FFmpeg's"):
        open_video(tmp_path / name)
    if name == "a.mp4":
        monkeypatch.setenv("VIDMOTION_VIDEO_FORMATS", "hls, concat")
        with open_video(tmp_path / name) as video:
            assert len(list(video)) == 5


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".m4v", ".mkv", ".avi", ".ts", ".mpg", ".flv", ".wmv", ".h264"])
def test_usual_formats_are_opened(suffix: str, tmp_path: Path) -> None:
    with open_video(make(tmp_path / f"a{suffix}")) as video:
        assert len(list(video)) >= 4


def test_truncated_file_gives_what_is_there(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    path = make(tmp_path / "a.mp4", frames=30, rgb=noise, faststart=True)
    data = path.read_bytes()
    body = data.index(b"mdat")
    path.write_bytes(data[: body + (len(data) - body) * 3 // 4])
    with open_video(path) as video:
        frames = list(video)
        assert video.frame_count == 30
        count, last = len(frames), frames[-1].time
        assert video.damaged == f"the file is cut short; {count} of 30 frames were read, {last:.2f} of 1.00 s"
    assert 0 < len(frames) < 30
    assert [frame.index for frame in frames] == list(range(len(frames)))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm", ".avi"])
def test_a_file_that_is_cut_short_says_so(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    pictures = np.random.default_rng(0).integers(0, 255, (30, 48, 64, 3), dtype=np.uint8)
    options = {"movflags": "faststart"} if suffix in (".mp4", ".mov") else {}
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream("libvpx" if suffix == ".webm" else "mpeg4", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode(None))
    with open_video(path) as video:
        assert len(list(video)) == 30
        assert video.damaged is None
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with open_video(path) as video:
        count = len(list(video))
        assert video.damaged is not None
        about = "about " if suffix in (".mkv", ".webm") else ""
        assert video.damaged.startswith(f"the file is cut short; {count} of {about}30 frames were read, ")
    assert 5 < count < 25


@pytest.mark.parametrize("count", [1, 7])
def test_stray_bytes_after_the_end_are_no_damage(tmp_path: Path, count: int) -> None:
    path = make(tmp_path / "a.mp4")
    path.write_bytes(path.read_bytes() + bytes(count))
    with open_video(path) as video:
        assert len(list(video)) == 5
        assert video.damaged is None


def test_name_that_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"cannot be read \(File name too long\)"):
        open_video(tmp_path / ("a" * 300 + ".mp4"))


def test_damage_in_the_middle_is_passed_over(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    path = make(tmp_path / "a.mp4", frames=30, rgb=noise, faststart=True)
    data = bytearray(path.read_bytes())
    body = data.index(b"mdat")
    middle = body + (len(data) - body) // 2
    data[middle : middle + 3000] = bytes(3000)
    path.write_bytes(data)
    with open_video(path) as video:
        frames = list(video)
        assert video.damaged is not None
        assert "cannot be decoded" in video.damaged
        assert f"; {len(frames)} of 30 frames were read, " in video.damaged
    assert len(frames) >= 15
    assert (np.diff([frame.time for frame in frames]) > 0).all()


def test_start_beyond_the_end(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", rate=Fraction(10))
    with pytest.raises(VideoError, match=r"start 2 s is after the end \(0\.50 s\)"):
        open_video(path, start=2.0)
    with open_video(path, start=0.45) as video, pytest.raises(VideoError, match=r"last frame is at 0\.40 s"):
        list(video)


@pytest.mark.parametrize(("start", "end"), [(-1.0, None), (2.0, 1.0), (None, 0.0)])
def test_impossible_section(start: float | None, end: float | None) -> None:
    with pytest.raises(InputError, match="wanted 0 <= start < end"):
        open_video("any.mp4", start, end)


@pytest.mark.parametrize(
    ("name", "size", "fps", "count"),
    [
        ("tfjs_pose_1.mp4", (576, 576), 30, 120),
        ("tfjs_pose_squats.mp4", (720, 1280), 5, 65),
        ("tfjs_dance_crop.mp4", (390, 244), 10, 42),
    ],
)
def test_real_videos(shared: Path, name: str, size: tuple[int, int], fps: int, count: int) -> None:
    with open_video(shared / "videos" / name) as video:
        assert video.size == size
        assert video.fps == fps
        assert video.frame_count == count
        last = -1
        for frame in video:
            assert frame.index == last + 1
            assert frame.time == pytest.approx(frame.index / fps, abs=1e-4)
            last = frame.index
        assert video.damaged is None
    assert last == count - 1
