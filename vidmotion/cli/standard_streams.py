"""Standard output and error that never end the work: closed ones, broken pipes, names that are no Unicode.

A result on standard output that cannot be written is an error. A message that cannot be shown is none, and neither is
a reader that has read enough, such as `head`.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from vidmotion.io.atomic import output_error

CLOSED = {errno.EPIPE, errno.EINVAL}
"""The reader is gone; Windows says EINVAL."""


class LenientStream:
    """A text stream that writes to nowhere after the first error, and escapes what its encoding does not have."""

    def __init__(self, stream: TextIO, has_results: bool) -> None:
        """Wrap a stream.

        Args:
            has_results: whether an error is raised, unless the reader is gone.
        """
        self._stream, self._has_results, self._broken = stream, has_results, False

    def write(self, text: str) -> int:
        """Write text.

        Raises:
            OutputError: there are results in it, and the disk is full or the like.
        """
        if not isinstance(text, str):  # Click asks with b"" whether a stream is binary
            raise TypeError(f"wanted text, received {type(text).__name__}")
        if not text:  # and with "" whether it is text, and hides errors
            return 0
        encoding = self._stream.encoding or "utf-8"
        return self._try(self._stream.write, text.encode(encoding, "backslashreplace").decode(encoding)) or len(text)

    def flush(self) -> None:
        """Write what is in the buffer; raises as `write`."""
        self._try(self._stream.flush)

    def _try(self, action: Any, *arguments: str) -> Any:
        if self._broken:
            return None
        try:
            return action(*arguments)
        except OSError as error:
            self._broken = True
            self._point_to_nowhere()
            if self._has_results and error.errno not in CLOSED:
                raise output_error(Path("standard output"), error) from None
            return None

    def _point_to_nowhere(self) -> None:
        """What is left in the buffer would fail again when the program ends."""
        with suppress(OSError, ValueError), Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), self._stream.fileno())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def lenient_streams() -> Iterator[None]:
    """Make the standard streams lenient within the block."""
    before = sys.stdout, sys.stderr
    _open_closed()
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        sys.stdout = LenientStream(sys.stdout or nowhere, has_results=True)
        sys.stderr = LenientStream(sys.stderr or nowhere, has_results=False)
        try:
            yield
        finally:
            sys.stderr.flush()
            sys.stdout, sys.stderr = before


def _open_closed() -> None:
    """Open standard streams that the caller closed; otherwise messages would go into the next file that is opened.

    Processes that this one starts have them, too.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # takes the lowest number that is free
