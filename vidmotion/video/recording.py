"""Writes a video that plays at any time while it is written, whatever ends it: a killed program, a full disk.

It is written in fragments of a second (FFmpeg's hybrid MP4). At the end it becomes an ordinary MP4.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import ClassVar

import av
from av.packet import Packet

from vidmotion.errors import OutputError
from vidmotion.video.writer import VideoWriter

HEAD = 256
"""Bytes at the start of the file in which the end of the recording is noted."""


class Recording(VideoWriter):
    """A video being recorded, as a context manager.

    It appears at `path` with its first second, in place of what was there. Whatever ends the block, what was written
    until then stays.
    """

    _MUXER: ClassVar[dict[str, str]] = {
        "movflags": "hybrid_fragmented",
        "frag_duration": "1000000",
        "flush_packets": "1",
    }
    # No picture waits in the encoder for later ones.
    _ENCODER: ClassVar[dict[str, str]] = {"preset": "veryfast", "tune": "zerolatency"}

    def __init__(self, path: Path | str, fps: Fraction, size: tuple[int, int]) -> None:
        """Open a temporary file beside `path`; the arguments and errors are those of `VideoWriter`."""
        super().__init__(path, fps, size)
        self._file = self._pending.path.open("r+b", buffering=0)
        self._appeared = False
        self._playable = 0
        """Size of the file after its last complete fragment."""

    def _mux(self, encode: Callable[[], Sequence[Packet]]) -> None:
        super()._mux(encode)
        self._playable = self._file.seek(0, 2)
        if not self._appeared and b"moov" in self._head():
            with suppress(PermissionError):  # Windows renames no file that is open
                self._publish()

    def _publish(self) -> None:
        if not self._appeared:
            self._pending.commit()
            self._appeared = True

    def _head(self) -> bytes:
        self._file.seek(0)
        return self._file.read(HEAD)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        head = self._head()
        try:
            self._finish()
        except OutputError:
            self._restore(head)
            if kind is None:
                raise
        finally:
            self._discard()
            self._file.close()

    def _restore(self, head: bytes) -> None:
        """Make the fragments playable again after the end could not be written completely."""
        with suppress(av.FFmpegError, OSError):
            self._container.close()
        with suppress(OSError):
            self._file.seek(0)
            self._file.write(head)
            self._file.truncate(self._playable)
