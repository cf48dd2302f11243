"""Reads videos frame by frame: upright pictures with the exact times of the file.

Rotation and mirroring of the display matrix in the file are applied, so that a portrait video of a phone is upright.
Pixels are assumed to be square: the sample aspect ratio is ignored. Does not depend on people.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from vidmotion.errors import InputError, VideoError

IMAGE_FPS = Fraction(25)
"""Frame rate of files without one, as in FFmpeg for single images."""
NOT_VIDEO = frozenset({"tty"})
"""Formats of FFmpeg that are not videos: `tty` plays plain text as an animated terminal."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a video."""

    index: int
    """Number of the frame in the file, from 0."""
    time: float
    """Seconds from the first frame of the file; rises from frame to frame."""
    rgb: NDArray[np.uint8]
    """(H, W, 3), upright."""


class Video:
    """An open video, made by `open_video`. Its frames can be iterated once; only one is in memory at a time."""

    def __init__(
        self, path: Path, container: InputContainer, start: float | None = None, end: float | None = None
    ) -> None:
        self.path = path
        self.damaged: str | None = None
        """What is damaged in the file, complete after the last frame; None if nothing is."""
        self._container = container
        self._start, self._end = start, end
        self._stream = _picture_stream(path, container)
        self._stream.thread_type = "AUTO"
        self._pictures = self._decode()
        first = next(self._pictures, None)
        if first is None:
            raise VideoError(f"{path}: no frame can be decoded; the file is damaged, copy or export it again")
        self._first = first
        self._orientation = _orientation(first)

    @property
    def fps(self) -> Fraction:
        """Average frame rate; exact, e.g. 30000/1001."""
        stream = self._stream
        return stream.average_rate or stream.guessed_rate or stream.base_rate or IMAGE_FPS

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the upright picture in pixels."""
        width, height = self._first.width, self._first.height
        return (height, width) if self._orientation.transpose else (width, height)

    @property
    def duration(self) -> float | None:
        """Duration of the whole file in seconds, from its header; None if the header has none."""
        if self._stream.duration and self._stream.time_base:
            return float(self._stream.duration * self._stream.time_base)
        return self._container.duration / av.time_base if self._container.duration else None

    @property
    def frame_count(self) -> int | None:
        """Number of frames between start and end, estimated from the header, for a progress bar; None if unknown."""
        frames = self._stream.frames
        if not frames and self.duration:
            frames = max(round(self.duration * self.fps), 1)
        if not frames:
            return None
        first = round((self._start or 0) * self.fps)
        last = frames if self._end is None else min(round(self._end * self.fps), frames)
        return max(last - first, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._pictures.close()
        self._container.close()

    def __iter__(self) -> Iterator[Frame]:
        """The frames from start to end. Earlier frames are decoded too, because they count for the frame numbers.

        Raises:
            VideoError: the video ends before start.
        """
        time, yielded = 0.0, False
        for index, (time, picture) in enumerate(self._timed()):
            if self._end is not None and time >= self._end:
                return
            if self._start is None or time >= self._start:
                yielded = True
                yield Frame(index, time, self._to_rgb(picture))
        if not yielded:
            raise VideoError(
                f"{self.path}: no frame at or after {self._start:g} s, the last frame is at {time:.2f} s; start earlier"
            )

    def times(self) -> list[float]:
        """The times in seconds of all frames of the file, regardless of start and end. Use it instead of iterating."""
        return [time for time, _ in self._timed()]

    def _timed(self) -> Iterator[tuple[float, VideoFrame]]:
        """Pictures with their times in seconds from the first one.

        If a time is missing or does not increase, it is one frame after the time before.
        """
        origin, last = _seconds(self._first) or Fraction(0), Fraction(0)
        yield 0.0, self._first
        for picture in self._pictures:
            stamp = _seconds(picture)
            if stamp is None or stamp - origin <= last:
                last += 1 / self.fps
            else:
                last = stamp - origin
            yield float(last), picture

    def _decode(self) -> Generator[VideoFrame, None, None]:
        """Every picture that can be decoded; other data is skipped and noted in `damaged`."""
        for packet in self._packets():
            try:
                yield from self._stream.decode(packet)
            except av.FFmpegError as error:
                self.damaged = f"parts of the file cannot be decoded ({error.strerror})"
        if _is_cut_short(self.path):
            self.damaged = "the file is cut short; only the frames that are there were read"

    def _packets(self) -> Iterator[Packet[VideoStream] | None]:
        """The packets of the stream; an empty one or None at the end makes the decoder return its delayed pictures."""
        try:
            yield from self._container.demux(self._stream)
        except av.FFmpegError as error:
            self.damaged = f"parts of the file cannot be read ({error.strerror})"
            yield None

    def _to_rgb(self, picture: VideoFrame) -> NDArray[np.uint8]:
        # Scaled to the size of the first picture, because a few streams change their size.
        rgb: NDArray[Any] = picture.to_ndarray(format="rgb24", width=self._first.width, height=self._first.height)
        return self._orientation.apply(rgb)


@dataclass(frozen=True)
class _Orientation:
    """The operations that make stored pictures upright: first transposition, then mirroring."""

    transpose: bool
    mirror_x: bool
    mirror_y: bool

    def apply(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if self.transpose:
            rgb = rgb.transpose(1, 0, 2)
        rgb = rgb[:: -1 if self.mirror_y else 1, :: -1 if self.mirror_x else 1]
        return np.ascontiguousarray(rgb)


def open_video(path: Path | str, start: float | None = None, end: float | None = None) -> Video:
    """Open a video. A single image is a video of one frame.

    Args:
        start: seconds from the first frame; earlier frames are not yielded, but count for the frame numbers.
        end: seconds; frames at or after it are not yielded.

    Raises:
        VideoError: the file is missing, empty, damaged at its beginning, or without pictures, or the video ends before
            start.
        InputError: start is negative or end is not after it.
    """
    path = Path(path)
    if (start is not None and start < 0) or (end is not None and end <= (start or 0)):
        raise InputError(f"wanted 0 <= start < end, received start {start} and end {end}")
    _check_file(path)
    try:
        # Without the prefix, FFmpeg would interpret a colon or a percent sign in a file name.
        container = av.open(f"file:{path}")
    except (av.FFmpegError, OSError) as error:
        raise VideoError(
            f"{path}: cannot be read as a video ({error.strerror}); if other players open it, "
            "convert it to MP4 first, otherwise copy or export it again"
        ) from error
    try:
        video = Video(path, container, start, end)
        if start is not None and video.duration is not None and start >= video.duration:
            raise VideoError(f"{path}: start {start:g} s is after the end ({video.duration:.2f} s); start earlier")
    except BaseException:
        container.close()
        raise
    return video


def _check_file(path: Path) -> None:
    try:
        if path.is_dir():
            raise VideoError(f"{path}: is a folder; give a video file in it")
        if not path.exists():
            raise VideoError(f"{path}: no such file; check the spelling")
        if path.is_file() and path.stat().st_size == 0:
            raise VideoError(f"{path}: the file is empty; copy or export it again")
    except OSError as error:
        raise VideoError(f"{path}: cannot be read ({error.strerror}); check the name and the permissions") from error


def _picture_stream(path: Path, container: InputContainer) -> VideoStream:
    """The first video stream; the cover picture of a music file does not count."""
    if container.format.name not in NOT_VIDEO:
        for stream in container.streams.video:
            if not stream.disposition & av.stream.Disposition.attached_pic:
                return stream
    raise VideoError(f"{path}: holds no pictures (sound or text only); give a video file")


def _seconds(picture: VideoFrame) -> Fraction | None:
    if picture.pts is None or picture.time_base is None:
        return None
    return picture.pts * picture.time_base


def _orientation(picture: VideoFrame) -> _Orientation:
    """Read the display matrix, rounded to the nearest of the eight orientations on the pixel grid."""
    data: Any = picture.side_data.get("DISPLAYMATRIX")
    if data is None:
        return _Orientation(transpose=False, mirror_x=False, mirror_y=False)
    # Stored (x, y) is shown at (a x + c y, b x + d y).
    a, b, _, c, d = np.frombuffer(data, "=i4")[:5].tolist()
    if abs(b) + abs(c) > abs(a) + abs(d):
        return _Orientation(transpose=True, mirror_x=c < 0, mirror_y=b < 0)
    return _Orientation(transpose=False, mirror_x=a < 0, mirror_y=d < 0)


def _is_cut_short(path: Path) -> bool:
    """Whether an MP4 or QuickTime file ends inside one of its top-level boxes, which FFmpeg does not report."""
    size = path.stat().st_size
    with path.open("rb") as file:
        position, is_first = 0, True
        while position + 8 <= size:
            file.seek(position)
            length, kind = _box(file)
            if is_first and kind != b"ftyp":
                return False
            if length == 0:  # to the end of the file
                return False
            position, is_first = position + length, False
    # A few stray bytes after the last box, too few for another box, do not matter.
    return position > size


def _box(file: BinaryIO) -> tuple[int, bytes]:
    """Length and type of the box that begins here."""
    head = file.read(8)
    length = int.from_bytes(head[:4], "big")
    if length == 1:
        length = int.from_bytes(file.read(8), "big")
    return length, head[4:]
