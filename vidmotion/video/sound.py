"""Reads the sound of a video from a moment on, for a film that begins there. Does not depend on pictures."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from vidmotion.types import Floats
from vidmotion.video.container import open_container

CHUNK = 1024
"""Samples of a frame, as AAC has them."""
ENCODER = "aac"
RATES = (16000, 22050, 24000, 32000, 44100, 48000)
"""Samples a second that are kept; other rates become the last of these."""
_OFF = 0.05
"""Seconds by which the times of the sound may be wrong; larger differences are pauses, or sound that comes twice."""


class Sound:
    """The sound of a file, made by `open_sound`; it can be read once."""

    def __init__(self, container: InputContainer, stream: AudioStream, start: Fraction) -> None:
        self.rate = stream.rate if stream.rate in RATES else RATES[-1]
        self.layout = "mono" if stream.channels == 1 else "stereo"
        self._container, self._stream, self._start = container, stream, start
        self._chunks = self._cut()
        self._next = next(self._chunks, None)

    def read(self, until: float) -> Iterator[AudioFrame]:
        """The frames that begin before a time in seconds since `start`, and were not read yet."""
        while self._next is not None and self._next[0] < until * self.rate:
            position, samples = self._next
            frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples), "fltp", self.layout)
            frame.sample_rate, frame.pts, frame.time_base = self.rate, position, Fraction(1, self.rate)
            self._next = next(self._chunks, None)
            yield frame

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing more to read."""
        return self._next is None

    def close(self) -> None:
        """Close the file."""
        self._chunks.close()
        self._container.close()

    def _cut(self) -> Generator[tuple[int, Floats], None, None]:
        """Chunks (C, `CHUNK`) of samples, each with the number of its first sample since `start`.

        What lies before `start`, or comes twice, is left out. A pause ends a chunk with silence, and the next chunk
        begins where the sound does.
        """
        position, held = 0, np.zeros((1 if self.layout == "mono" else 2, 0), np.float32)
        begun = False
        for time, samples in self._decode():
            gap = round(time * self.rate) - position - held.shape[1]
            if not begun or abs(gap) > _OFF * self.rate:
                silence = min(max(gap, 0), CHUNK - held.shape[1]) if held.size else 0
                held = np.pad(held, ((0, 0), (0, silence)))
                samples = samples[:, max(-gap, 0) :]
                if gap > silence:
                    yield from [(position, held)] if held.size else []
                    position, held = position + held.shape[1] + gap - silence, held[:, :0]
            begun |= bool(samples.size)
            held = np.concatenate([held, samples], 1)
            while held.shape[1] >= CHUNK:
                yield position, held[:, :CHUNK]
                position, held = position + CHUNK, held[:, CHUNK:]
        if held.size:
            yield position, np.pad(held, ((0, 0), (0, CHUNK - held.shape[1])))

    def _decode(self) -> Iterator[tuple[float, Floats]]:
        """Seconds since `start`, and samples (C, N); damaged parts are skipped."""
        resampler = av.AudioResampler("fltp", self.layout, self.rate)
        with suppress(av.FFmpegError):
            for packet in self._container.demux(self._stream):
                with suppress(av.FFmpegError):
                    for frame in self._stream.decode(packet):
                        for part in resampler.resample(frame):
                            if part.time is not None:
                                yield float(part.time - self._start), part.to_ndarray().astype(np.float32)


def open_sound(path: Path, start: Fraction) -> Sound | None:
    """The first sound of a file.

    Args:
        start: seconds by the file's own clock; earlier sound is left out.

    Returns:
        None if the file has no sound, or none that can be decoded.
    """
    try:
        container = open_container(path)
    except (av.FFmpegError, OSError):
        return None
    streams = [stream for stream in container.streams.audio if stream.codec_context is not None]
    sound = Sound(container, streams[0], start) if streams and ENCODER in av.codec.codecs_available else None
    if sound is None or sound.is_empty:
        container.close()
        return None
    return sound
