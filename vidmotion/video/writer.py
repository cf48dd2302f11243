"""Writes H.264 in MP4 that plays in a browser, to a temporary file that replaces the target at the end.

Does not depend on the content of the pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from fractions import Fraction
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self, cast

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream
from numpy.typing import NDArray

from vidmotion.errors import OutputError
from vidmotion.io.atomic import PendingFile, output_error
from vidmotion.video.sound import ENCODER as SOUND_ENCODER
from vidmotion.video.sound import Sound

ENCODER = "libx264"
BT709 = 1
LIMITED_RANGE = 1
FINEST_TICK = 1_000_000
"""Largest number of ticks per second; frame rates with larger numerators are rounded."""
FALLBACK_TICK = 90_000
LARGEST = 2**31 - 1
"""Largest numerator or denominator in FFmpeg."""


class VideoWriter:
    """A video being written, as a context manager.

    Leaving the block without an error moves the finished file to `path`. After an error, the temporary file is removed,
    and an existing file at `path` stays as it is.
    """

    _MUXER: ClassVar[dict[str, str]] = {"movflags": "faststart"}
    """FFmpeg's options of the file format."""
    _ENCODER: ClassVar[dict[str, str]] = {"preset": "veryfast"}
    """x264's options."""

    def __init__(
        self, path: Path | str, fps: Fraction, size: tuple[int, int], crf: int = 20, sound: Sound | None = None
    ) -> None:
        """Open a temporary file beside `path`.

        Args:
            fps: rate of frames that are written without a time.
            size: width and height of the pictures; odd sizes are padded by one row or column.
            crf: quality of x264, lower is better.
            sound: is written beside the pictures, as far as these go; None writes a silent video. The writer does not
                close it.

        Raises:
            OutputError: the name does not end in .mp4, the folder cannot be written to, or PyAV lacks x264.
        """
        self.path = Path(path)
        self._size = size
        self._tick = _tick(fps)
        self._step = max(round(1 / (fps * self._tick)), 1)
        self._last: int | None = None
        self._sound = sound
        if self.path.suffix.lower() != ".mp4":
            raise OutputError(f"{self.path}: videos are written as MP4; choose a name that ends in .mp4")
        if self.path.is_dir():
            raise OutputError(f"{self.path}: is a folder; choose another name")
        self._pending = PendingFile(self.path)
        try:
            self._container, self._stream = self._begin(_storable(fps), crf)
        except BaseException:
            self._pending.discard()
            raise

    def _begin(self, fps: Fraction, crf: int) -> tuple[OutputContainer, VideoStream]:
        if ENCODER not in av.codec.codecs_available:
            raise OutputError(f"this PyAV has no {ENCODER}; run `pip install --force-reinstall av`")
        try:
            # Created here, because FFmpeg would report a missing folder only when the first frame is written.
            self._pending.create()
            # Without the prefix, FFmpeg would interpret a colon in a file name.
            container = av.open(f"file:{self._pending.path}", "w", format="mp4", options=self._MUXER)
        except (av.FFmpegError, OSError) as error:
            raise output_error(self.path, error) from error
        options = {"crf": str(crf), **self._ENCODER}
        stream = cast(VideoStream, container.add_stream(ENCODER, rate=fps, options=options))
        stream.time_base = self._tick
        _set_format(stream.codec_context, self._size, self._tick)
        if self._sound is not None:
            self._sound_stream = cast(
                AudioStream,
                container.add_stream(
                    SOUND_ENCODER, rate=self._sound.rate, options={"b": "160k"}, layout=self._sound.layout
                ),
            )
        return container, stream

    def write(self, rgb: NDArray[np.uint8], time: float | None = None) -> None:
        """Append a picture.

        Args:
            rgb: (H, W, 3), of the size of the video.
            time: seconds from the start of the video, later than the last frame; None: one frame after the last one.

        Raises:
            OutputError: the disk is full, or writing fails for another reason.
        """
        width, height = self._size
        if rgb.shape != (height, width, 3):
            raise ValueError(f"VideoWriter.write: wanted shape ({height}, {width}, 3), received {rgb.shape}")
        if width % 2 or height % 2:
            rgb = np.pad(rgb, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
        frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
        frame.time_base = self._tick
        try:
            frame.pts = self._last = self._stamp(time)
        except OverflowError:
            raise OutputError(f"{self.path}: a frame at {time:g} s is later than a video can hold") from None
        self._mux(lambda: self._stream.encode(frame))
        self._write_sound(self._last)

    def _write_sound(self, until: int) -> None:
        """Append the sound up to a time in ticks."""
        if self._sound is not None:
            for frame in self._sound.read(float(until * self._tick)):
                self._mux(partial(self._sound_stream.encode, frame))

    def _stamp(self, time: float | None) -> int:
        """Time of the next frame in ticks; it increases even if two times round to the same tick."""
        if self._last is None:
            return round((time or 0) / self._tick)
        if time is None:
            return self._last + self._step
        return max(round(time / self._tick), self._last + 1)

    def _mux(self, encode: Callable[[], Sequence[Packet]]) -> None:
        try:
            self._container.mux(encode())
        except (av.FFmpegError, OSError) as error:
            raise output_error(self.path, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._discard()

    def _finish(self) -> None:
        if self._last is None:
            raise OutputError(f"{self.path}: not written, there was no frame to write")
        self._write_sound(self._last + self._step)
        self._mux(self._stream.encode)
        if self._sound is not None:
            self._mux(self._sound_stream.encode)
        try:
            self._container.close()
            self._publish()
        except (av.FFmpegError, OSError) as error:
            raise output_error(self.path, error) from error

    def _publish(self) -> None:
        """Put the finished file in its place."""
        self._pending.commit()

    def _discard(self) -> None:
        """Remove the temporary file if it is still there."""
        # Closing writes the index, which fails where frames failed; the file goes away anyway.
        with suppress(av.FFmpegError, OSError):
            self._container.close()
        self._pending.discard()


def _set_format(context: VideoCodecContext, size: tuple[int, int], tick: Fraction) -> None:
    context.width, context.height = size[0] + size[0] % 2, size[1] + size[1] % 2
    context.pix_fmt = "yuv420p"
    context.time_base = tick
    # Without these tags, players guess the color matrix from the height, and colors change.
    context.colorspace = context.color_primaries = context.color_trc = BT709
    context.color_range = LIMITED_RANGE


def _storable(fps: Fraction) -> Fraction:
    """The rate, or the nearest one that fits into FFmpeg's 32-bit fractions."""
    if max(fps.numerator, fps.denominator) <= LARGEST:
        return fps
    if fps < 1:
        return 1 / _storable(1 / fps)
    return min(fps, Fraction(LARGEST)).limit_denominator(max(int(LARGEST / 2 / fps), 1))


def _tick(fps: Fraction) -> Fraction:
    """A unit of time of about 0.1 ms or less, of which the duration of a frame is a multiple."""
    ticks = fps.numerator * max(10_000 // fps.numerator, 1)
    return Fraction(1, ticks if ticks <= FINEST_TICK else FALLBACK_TICK)
