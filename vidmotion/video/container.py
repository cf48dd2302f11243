"""The pictures of a file that FFmpeg opens, as they are stored, with the times of the file.

Does not depend on what the pictures show.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vidmotion.errors import VideoError
from vidmotion.video.completeness import is_cut_short
from vidmotion.video.formats import ENVIRONMENT, allowed_formats

IMAGE_FPS = Fraction(25)
"""Frame rate of files without one, as in FFmpeg for single images."""
_MEASURED = 1000
"""Number of packets whose times tell the usual frame rate, where the header is contradictory."""
_AGREE = 0.01
"""Largest relative difference between two rates that count as the same."""


class ContainerPictures:
    """The pictures of an open file, which can be decoded once."""

    def __init__(self, path: Path) -> None:
        """Open a file.

        Raises:
            VideoError: it is missing, empty, no video, or without pictures.
        """
        check_file(path)
        self.path = path
        self.name = path.name
        self.damage: str | None = None
        self._container = _open(path)
        try:
            self._stream = picture_stream(path, self._container)
        except BaseException:
            self._container.close()
            raise
        self._stream.thread_type = "AUTO"
        self.fps = self._usual_fps()
        self.pixel_aspect = Fraction(self._stream.sample_aspect_ratio or 1)

    @property
    def duration(self) -> float | None:
        """Seconds of the whole file, from its header; None if the header has none."""
        if self._stream.duration and self._stream.time_base:
            return float(self._stream.duration * self._stream.time_base)
        return self._container.duration / av.time_base if self._container.duration else None

    @property
    def frame_count(self) -> int | None:
        """Number of frames, from the header; None if the header has none."""
        return self._stream.frames or None

    @property
    def clock_start(self) -> Fraction:
        """Seconds at which the file begins by its own clock: 0, or later in streams that were recorded from the air."""
        return max(Fraction(self._container.start_time or 0, av.time_base), Fraction(0))

    def describe(self, fps: Fraction) -> None:
        """None: there is nothing to say of a file."""

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def decode(self) -> Generator[tuple[VideoFrame, Fraction | None], None, None]:
        """Every picture that can be decoded, with its time in seconds; other data is skipped and noted in `damage`."""
        for packet in self._packets():
            try:
                for picture in self._stream.decode(packet):
                    yield picture, _seconds(picture)
            except av.FFmpegError as error:
                self.damage = f"parts of the file cannot be decoded ({error.strerror})"
        if is_cut_short(self.path):
            self.damage = "the file is cut short"

    def _packets(self) -> Iterator[Packet[VideoStream] | None]:
        """The packets of the stream; an empty one or None at the end makes the decoder return its delayed pictures."""
        try:
            yield from self._container.demux(self._stream)
        except av.FFmpegError as error:
            self.damage = f"parts of the file cannot be read ({error.strerror})"
            yield None

    def _usual_fps(self) -> Fraction:
        """Frame rate outside of pauses.

        The header's average counts pauses too. Where it differs from the rate that FFmpeg guesses, the times of the
        first packets decide.
        """
        stream = self._stream
        average, guessed = stream.average_rate, stream.guessed_rate
        if not (average and guessed) or _is_same(average, float(guessed)) or not self.path.is_file():
            return average or guessed or stream.base_rate or IMAGE_FPS
        measured = _measured_fps(self.path)
        if measured is None or _is_same(average, measured):
            return average
        return guessed if _is_same(guessed, measured) else Fraction(measured).limit_denominator(1001)


def check_file(path: Path) -> None:
    """Make sure that there is a file, and that it is not empty.

    Raises:
        VideoError: there is none, or it is empty.
    """
    try:
        if not path.exists():
            raise VideoError(f"{path}: no such file; check the spelling")
        if path.is_file() and path.stat().st_size == 0:
            raise VideoError(f"{path}: the file is empty; copy or export it again")
    except OSError as error:
        raise VideoError(f"{path}: cannot be read ({error.strerror}); check the name and the permissions") from error


def open_container(path: Path) -> InputContainer:
    """Open a file for reading.

    Raises:
        av.ArgumentError: it has none of the formats that may be opened.
        av.FFmpegError, OSError: it cannot be read.
    """
    # Without `file:` and `pattern_type`, FFmpeg would interpret a colon or a percent sign in a file name.
    options = {"pattern_type": "none", "format_whitelist": allowed_formats()}
    # Titles are not always UTF-8.
    return av.open(f"file:{path}", options=options, metadata_errors="replace")


def picture_stream(path: Path, container: InputContainer) -> VideoStream:
    """The first video stream; the cover picture of a music file does not count.

    Raises:
        VideoError: there is none.
    """
    for stream in container.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic:
            return stream
    raise VideoError(f"{path}: holds no pictures (sound or text only); give a video file")


def _open(path: Path) -> InputContainer:
    try:
        return open_container(path)
    except av.ArgumentError as error:
        raise VideoError(
            f"{path}: is text, a playlist or of an unusual format, which could read other files; give a video file, or "
            f"convert it to MP4, or set {ENVIRONMENT} to FFmpeg's name of its format if you trust it"
        ) from error
    except (av.FFmpegError, OSError) as error:
        if is_cut_short(path):
            raise VideoError(f"{path}: is cut short, its index is missing; copy or export it again") from error
        raise VideoError(
            f"{path}: cannot be read as a video ({error.strerror}); if other players open it, "
            "convert it to MP4 first, otherwise copy or export it again"
        ) from error


def _measured_fps(path: Path) -> float | None:
    """Frame rate from the median step between the first packets; None if they have no times."""
    with open_container(path) as container:
        packets = islice(container.demux(picture_stream(path, container)), _MEASURED)
        try:
            times = sorted(float(one.pts * one.time_base) for one in packets if one.pts is not None and one.time_base)
        except av.FFmpegError:
            return None
    steps = np.diff(times)
    return float(1 / np.median(steps[steps > 0])) if (steps > 0).any() else None


def _is_same(rate: Fraction, other: float) -> bool:
    return abs(float(rate) / other - 1) < _AGREE


def _seconds(picture: VideoFrame) -> Fraction | None:
    if picture.pts is None or picture.time_base is None:
        return None
    return picture.pts * picture.time_base
