"""Reads videos frame by frame: upright pictures with square pixels, at the exact times of the file.

Rotation and mirroring of the display matrix in the file are applied, so that a portrait video of a phone is upright.
A folder of numbered pictures is a video too. Does not depend on people.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from vidmotion.choices import ROTATIONS
from vidmotion.errors import InputError, VideoError
from vidmotion.video.container import ContainerPictures
from vidmotion.video.frame_index import LONGEST_PAUSE, FrameIndex, InexactIndexError, decode_from
from vidmotion.video.numbered_pictures import SequencePictures, find_numbered_pictures
from vidmotion.video.sound import Sound, open_sound

WIDEST_PIXEL = 4
"""Ratio of a pixel's sides; a file that states a larger one is wrong, and its pixels are taken for square."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a video."""

    index: int
    """Number of the frame in the file, from 0."""
    time: float
    """Seconds from the first frame of the file; rises from frame to frame."""
    rgb: NDArray[np.uint8]
    """(H, W, 3), upright, pixels square."""


class StoredPictures(Protocol):
    """Where the pictures of a video come from."""

    @property
    def path(self) -> Path:
        """What the user named."""

    @property
    def name(self) -> str:
        """The name of the video, with its suffix if it is a file."""

    @property
    def damage(self) -> str | None:
        """What is damaged, as far as it was decoded."""

    @property
    def fps(self) -> Fraction:
        """Usual frame rate."""

    @property
    def pixel_aspect(self) -> Fraction:
        """Width of a stored pixel over its height."""

    @property
    def duration(self) -> float | None:
        """Seconds from first to last, if known."""

    @property
    def frame_count(self) -> int | None:
        """Number of pictures, if known."""

    @property
    def clock_start(self) -> Fraction:
        """Seconds at which the file begins by its own clock; its sound may begin before its pictures."""

    def decode(self) -> Generator[tuple[VideoFrame, Fraction | None], None, None]:
        """The pictures and their times in seconds; None where the file has no time."""

    def describe(self, fps: Fraction) -> str | None:
        """What the user should know before the work, if anything; `fps` is the rate at which it is read."""

    def close(self) -> None:
        """Release the file."""


class Video:
    """An open video, made by `open_video`. Its frames can be iterated once; only one is in memory at a time."""

    def __init__(
        self,
        source: StoredPictures,
        start: float | None = None,
        end: float | None = None,
        fps: Fraction | None = None,
        rotate: int = 0,
        index: FrameIndex | None = None,
    ) -> None:
        self.path = source.path
        self.name = source.name
        self.fps = fps or source.fps
        """Usual frame rate; exact, e.g. 30000/1001."""
        self.file_fps = source.fps
        """That which the file states; not `fps` where the user stated another one."""
        self.description = source.describe(self.fps)
        """One line that the user should read before the work; None if there is nothing to say."""
        self._source = source
        self._slowdown = source.fps / self.fps
        self._start, self._end, self._index = start, end, index
        self._decoded, self._last, self._left_out = 0, Fraction(0), Fraction(0)
        self._pictures = source.decode()
        first = next(self._pictures, None)
        if first is None:
            raise VideoError(f"{source.path}: no frame can be decoded; the file is damaged, copy or export it again")
        self._first = first
        self._shape = _Shape.of(first[0], source.pixel_aspect, rotate)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the upright picture with square pixels."""
        return self._shape.size

    @property
    def stretch(self) -> tuple[float, float]:
        """Factors of x and y from upright pictures as they are stored to `size`; 1 where pixels are square."""
        return self._shape.stretch

    @property
    def origin(self) -> Fraction:
        """The time of the first frame by the file's own clock, in seconds."""
        return self._first[1] or Fraction(0)

    @property
    def offset(self) -> float:
        """Seconds from the start of the file, from which players count, to the first frame."""
        return max(float((self.origin - self._source.clock_start) * self._slowdown), 0.0)

    def sound(self, time: float) -> Sound | None:
        """The file's sound from a time in seconds from the first frame on; close it after use.

        None if there is none, or if the pictures play at another speed than the file's.
        """
        is_file = self.path.is_file() and self._slowdown == 1
        return open_sound(self.path, self.origin + Fraction(time)) if is_file else None

    @property
    def duration(self) -> float | None:
        """Duration of the whole file in seconds, from its header; None if the header has none."""
        return None if self._source.duration is None else float(self._source.duration * self._slowdown)

    @property
    def last_time(self) -> float | None:
        """Time of the last frame of the file in seconds, from its index; None without one."""
        return None if self._index is None else float(self._index.seconds(-1) * self._slowdown)

    @property
    def frame_count(self) -> int | None:
        """Number of frames between start and end, estimated from the header, for a progress bar; None if unknown."""
        frames = self._all_frames()
        if not frames:
            return None
        first = round((self._start or 0) * self.fps)
        last = frames if self._end is None else min(round(self._end * self.fps), frames)
        return max(last - first, 0)

    @property
    def damaged(self) -> str | None:
        """What is damaged and how much was read, complete after the last frame; None if nothing is damaged."""
        found = []
        if self._source.damage:
            found.append(f"{self._source.damage}; {self._how_much()}")
        if self._left_out:
            found.append(f"its clock jumps by {float(self._left_out / 86400):.0f} days, which are left out")
        return "; ".join(found) or None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._pictures.close()
        self._source.close()

    def __iter__(self) -> Iterator[Frame]:
        """The frames from start to end.

        Earlier frames are decoded too, because they count for the frame numbers, unless there is an index.

        Raises:
            VideoError: the video ends before start.
            InexactIndexError: the index is not that of the file's frames.
        """
        time, yielded = 0.0, False
        for index, time, picture in self._numbered() if self._index is None else self._indexed(self._index):
            if self._end is not None and time >= self._end:
                return
            if self._start is None or time >= self._start:
                yielded = True
                yield Frame(index, time, self._shape.to_rgb(picture))
        if not yielded:
            raise VideoError(
                f"{self.path}: no frame at or after {self._start:g} s, the last frame is at {time:.2f} s; start earlier"
            )

    def times(self) -> list[float]:
        """The times in seconds of all frames of the file, regardless of start and end. Use it instead of iterating."""
        return [time for time, _ in self._timed()]

    def _numbered(self) -> Iterator[tuple[int, float, VideoFrame]]:
        """Pictures with their numbers and times, from the first one on."""
        for number, (time, picture) in enumerate(self._timed()):
            yield number, time, picture

    def _indexed(self, index: FrameIndex) -> Iterator[tuple[int, float, VideoFrame]]:
        """Pictures with their numbers and times, from the first one at or after start on."""

        def time_of(number: int) -> float:
            return float(index.seconds(number) * self._slowdown)

        if self.origin != int(index.stamps[0]) * index.time_base:
            raise InexactIndexError(f"{self.path}: begins with another frame than its packets tell")
        count = len(index.stamps)
        first = min(bisect_left(range(count), self._start or 0.0, key=time_of), count - 1)
        for number, picture in enumerate(decode_from(self.path, index, first), start=first):
            yield number, time_of(number), picture

    def _timed(self) -> Iterator[tuple[float, VideoFrame]]:
        """Pictures with their times in seconds from the first one.

        If a time is missing or does not increase, or jumps too far, it is one frame after the time before.
        """
        step = 1 / self._source.fps
        self._decoded = 1
        yield 0.0, self._first[0]
        for picture, stamp in self._pictures:
            time = None if stamp is None else stamp - self.origin - self._left_out
            if time is not None and time - self._last > LONGEST_PAUSE:
                self._left_out += time - self._last - step
                time = None
            self._last = time if time is not None and time > self._last else self._last + step
            self._decoded += 1
            yield float(self._last * self._slowdown), picture

    def _all_frames(self) -> int | None:
        """Number of frames of the whole file, from its header."""
        if self._source.frame_count or not self._source.duration:
            return self._source.frame_count
        return max(round(self._source.duration * self._source.fps), 1)

    def _how_much(self) -> str:
        total, last = self._all_frames(), float(self._last * self._slowdown)
        about = "" if self._source.frame_count else "about "
        of = f" of {about}{total}" if total and total >= self._decoded else ""
        duration = f" of {self.duration:.2f}" if self.duration and self.duration >= last else ""
        return f"{self._decoded}{of} frames were read, {last:.2f}{duration} s"


@dataclass(frozen=True)
class _Shape:
    """The operations that make stored pictures upright, with square pixels: scaling, transposition, mirroring, turn."""

    scaled: tuple[int, int]
    """Width and height of the picture as it is stored, but with square pixels."""
    stored: tuple[int, int]
    transpose: bool
    mirror_x: bool
    mirror_y: bool
    quarter_turns: int
    """Clockwise, after all else."""

    @classmethod
    def of(cls, picture: VideoFrame, pixel_aspect: Fraction, rotate: int) -> _Shape:
        stored = picture.width, picture.height
        return cls(_with_square_pixels(stored, pixel_aspect), stored, *_display_matrix(picture), rotate // 90)

    @property
    def size(self) -> tuple[int, int]:
        width, height = self.scaled
        return (height, width) if self._is_on_its_side else (width, height)

    @property
    def stretch(self) -> tuple[float, float]:
        x, y = (after / before for after, before in zip(self.scaled, self.stored, strict=True))
        return (y, x) if self._is_on_its_side else (x, y)

    @property
    def _is_on_its_side(self) -> bool:
        return self.transpose != (self.quarter_turns % 2 == 1)

    def to_rgb(self, picture: VideoFrame) -> NDArray[np.uint8]:
        # Scaled to the size of the first picture, because a few streams change their size.
        width, height = self.scaled
        rgb: NDArray[Any] = picture.to_ndarray(format="rgb24", width=width, height=height)
        if self.transpose:
            rgb = rgb.transpose(1, 0, 2)
        rgb = rgb[:: -1 if self.mirror_y else 1, :: -1 if self.mirror_x else 1]
        return np.ascontiguousarray(np.rot90(rgb, -self.quarter_turns))


def open_video(
    path: Path | str,
    start: float | None = None,
    end: float | None = None,
    *,
    fps: float | Fraction | None = None,
    rotate: int = 0,
    index: FrameIndex | None = None,
) -> Video:
    """Open a video: a file, a folder of numbered pictures, or a pattern of their names. One image is one frame.

    Args:
        start: seconds from the first frame; earlier frames are not yielded, but count for the frame numbers.
        end: seconds; frames at or after it are not yielded.
        fps: the true frame rate, of slow motion, raw streams and numbered pictures: all times are rescaled to it. None
            takes the file's; numbered pictures then have 30.
        rotate: degrees clockwise by which upright pictures are turned, for footage that lies on its side.
        index: of this file; then the frames before start are not decoded, as far as possible.

    Raises:
        VideoError: the file is missing, empty, damaged at its beginning, or without pictures, or the video ends before
            start.
        InputError: start is negative or end is not after it, or `fps` or `rotate` cannot be.
    """
    path = Path(path)
    if (start is not None and start < 0) or (end is not None and end <= (start or 0)):
        raise InputError(f"wanted 0 <= start < end, received start {start} and end {end}")
    if (fps is not None and not fps > 0) or rotate not in ROTATIONS:
        raise InputError(f"wanted fps above 0 and a rotation of {ROTATIONS}, received {fps} and {rotate}")
    rate = None if fps is None else Fraction(fps).limit_denominator(1001)
    source = _stored_pictures(path)
    try:
        video = Video(source, start, end, rate, rotate, index)
        if start is not None and index is None and video.duration is not None and start >= video.duration:
            raise VideoError(f"{path}: start {start:g} s is after the end ({video.duration:.2f} s); start earlier")
    except BaseException:
        source.close()
        raise
    return video


def _stored_pictures(path: Path) -> StoredPictures:
    pictures = find_numbered_pictures(path)
    return ContainerPictures(path) if pictures is None else SequencePictures(path, pictures)


def _with_square_pixels(size: tuple[int, int], aspect: Fraction) -> tuple[int, int]:
    """The size that shows pixels of this aspect square; no side gets shorter."""
    width, height = size
    if not 1 / WIDEST_PIXEL <= aspect <= WIDEST_PIXEL:
        return size
    return (round(width * aspect), height) if aspect > 1 else (width, round(height / aspect))


def _display_matrix(picture: VideoFrame) -> tuple[bool, bool, bool]:
    """Transposition, then mirroring of x and y: the nearest of the eight orientations on the pixel grid."""
    data: Any = picture.side_data.get("DISPLAYMATRIX")
    if data is None:
        return False, False, False
    # Stored (x, y) is shown at (a x + c y, b x + d y).
    a, b, _, c, d = np.frombuffer(data, "=i4")[:5].tolist()
    if abs(b) + abs(c) > abs(a) + abs(d):
        return True, c < 0, b < 0
    return False, a < 0, d < 0
