"""Reading from the middle of a file gives the numbers, times and pictures that reading from its beginning gives."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.stream import VideoStream

from vidmotion.video.frame_index import FrameIndex, InexactIndexError, decode_from, read_frame_index
from vidmotion.video.reader import Frame, open_video

COUNT = 100


def pictures() -> Iterator[np.ndarray]:
    """Noise that moves, so that every picture differs and B-frames are of use."""
    noise = np.random.default_rng(0).integers(0, 255, (64, 200, 3)).astype(np.uint8)
    for number in range(COUNT):
        yield np.ascontiguousarray(noise[:, number : number + 96])


def write(path: Path, codec: str, options: dict[str, str], stamps: list[int] | None = None) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for number, picture in enumerate(pictures()):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.time_base = Fraction(1, 1000)
            frame.pts = 40 * number if stamps is None else stamps[number]
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


UNEVEN = [0, *np.random.default_rng(1).integers(15, 90, COUNT - 1).cumsum().tolist()]
H264 = {"g": "30", "bf": "3", "sc_threshold": "0"}
FILES = {
    "b-frames.mp4": ("libx264", H264, None),
    "open-gop.mp4": ("libx264", H264 | {"x264-params": "open-gop=1:bframes=3:keyint=30:scenecut=0"}, None),
    "uneven.mp4": ("libx264", H264, UNEVEN),
    "uneven.mkv": ("libx264", H264, UNEVEN),
    "stream.ts": ("libx264", H264, None),
    "vp9.webm": ("libvpx-vp9", {"g": "30", "deadline": "realtime", "cpu-used": "8"}, None),
    "mpeg4.avi": ("mpeg4", {"g": "12"}, None),
    "one-key.mp4": ("libx264", {"g": "1000", "sc_threshold": "0"}, None),
}


@pytest.mark.parametrize("name", FILES)
def test_the_middle_is_as_from_the_beginning(tmp_path: Path, name: str) -> None:
    codec, options, stamps = FILES[name]
    path = write(tmp_path / name, codec, options, stamps)
    with open_video(path, fps=12.5) as video:
        frames = list(video)
    index = read_frame_index(path)
    assert index is not None
    assert len(index.stamps) == len(frames) == COUNT
    for first in (0, 1, 29, 30, 31, 59, 64, 99):
        start, end = frames[first].time, frames[first].time + 0.5
        with open_video(path, start, end, fps=12.5, index=index) as video:
            assert_same(list(video), [frame for frame in frames if start <= frame.time < end])


def assert_same(found: list[Frame], wanted: list[Frame]) -> None:
    assert [(one.index, one.time) for one in found] == [(one.index, one.time) for one in wanted]
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one.rgb, other.rgb)


def test_frames_before_a_key_frame_are_not_decoded(tmp_path: Path) -> None:
    index = read_frame_index(write(tmp_path / "a.mp4", "libx264", H264))
    assert index is not None
    assert index.keys.tolist() == index.stamps[[0, 30, 60, 90]].tolist()
    _, second, third, fourth = index.keys.tolist()
    assert [index.keys_before(number) for number in (29, 30, 99)] == [[], [second], [fourth, third]]


def test_a_damaged_file_and_a_picture_have_none(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", "libx264", H264)
    path.write_bytes(path.read_bytes()[:-2000])
    assert read_frame_index(path) is None
    assert read_frame_index(tmp_path) is None


def test_an_index_of_other_frames_is_noticed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", "libx264", H264)
    index = read_frame_index(path)
    assert index is not None
    for stamps in (np.delete(index.stamps, 70), np.append(index.stamps, index.stamps[-1] + 1)):
        other = FrameIndex(stamps, index.keys, index.time_base)
        with pytest.raises(InexactIndexError, match=r"holds (other|fewer) frames than its packets tell"):
            list(decode_from(path, other, 65))
