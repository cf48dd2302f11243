"""Files and folders that appear complete or not at all.

The content is written to a temporary file beside the target, which is renamed to the target at the end. So another
program never reads half a file, and a file that was there before stays as it is after an error. On every way out,
Ctrl-C included, the temporary file is removed. Its name is random and it is created exclusively: two writers of one
target do not disturb each other, and a symbolic link that somebody planted is not followed.

Used by every room that writes files, so nothing but `vidmotion.errors` is imported here.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import BinaryIO, Protocol, cast

from vidmotion.errors import OutputError

fcntl: ModuleType | None
try:
    import fcntl
except ModuleNotFoundError:  # Windows
    fcntl = None

_FULL = {code for name in ("ENOSPC", "EDQUOT") if (code := getattr(errno, name, None)) is not None}
# Windows has no such flag, and no such attack without special rights.
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)


class SystemRefusal(Protocol):
    """An OSError, or an error of a library that has the same two attributes (PyAV's)."""

    @property
    def errno(self) -> int | None:
        """The system's code, such as `errno.ENOSPC`."""

    @property
    def strerror(self) -> str | None:
        """The system's text for the code."""


def output_error(path: Path, error: SystemRefusal, advice: str = "") -> OutputError:
    """The error to raise when the operating system refuses to write `path`.

    Args:
        advice: what to do next, in place of "write to another folder" and the like.
    """
    if error.errno in _FULL:
        return OutputError(f"{path}: the disk is full; {advice or 'free some space or write to another folder'}")
    reason = error.strerror or error
    return OutputError(f"{path}: cannot be written ({reason}); {advice or 'write to another folder'}")


class PendingFile:
    """An empty temporary file beside a target, for writers that cannot use `atomic_path`.

    The owner calls `commit` when the file is complete, and `discard` in any case.
    """

    def __init__(self, target: Path) -> None:
        """Choose a name; `create` makes the file."""
        self.target = target
        self.path = target.with_name(_temporary_name())

    def create(self) -> None:
        """Make the empty file, with the permissions of any new file.

        Raises:
            OSError: the folder is missing or read-only.
        """
        with open(self.path, "xb", opener=_open_exclusively):  # Path.open takes no opener
            pass

    def commit(self) -> None:
        """Rename the file to the target, in place of what was there.

        Raises:
            OSError: the target is a folder, or is held open on Windows.
        """
        self.path.replace(self.target)

    def discard(self) -> None:
        """Remove the temporary file if it still exists."""
        with suppress(OSError):
            self.path.unlink()


class PendingFolder:
    """An empty temporary folder beside a target folder; used like `PendingFile`."""

    def __init__(self, target: Path) -> None:
        """Choose a name; `create` makes the folder."""
        self.target = target.absolute()
        self.path = self.target.with_name(_temporary_name())

    def create(self) -> None:
        """Make the empty folder and the folders above it.

        Raises:
            OSError: a folder cannot be made.
        """
        self.path.mkdir(parents=True)

    def commit(self) -> None:
        """Rename the folder to the target; what was there is removed.

        Raises:
            OSError: the target is in use; it is as it was before.
        """
        old = self.target.with_name(_temporary_name())
        had_one = self.target.exists()
        if had_one:
            self.target.replace(old)
        try:
            self.path.replace(self.target)
        except BaseException:
            if had_one:
                old.replace(self.target)
            raise
        shutil.rmtree(old, ignore_errors=True)

    def discard(self) -> None:
        """Remove the temporary folder if it still exists."""
        shutil.rmtree(self.path, ignore_errors=True)


@contextmanager
def atomic_paths(targets: Sequence[Path]) -> Iterator[list[Path]]:
    """Paths of empty temporary files, one for each target; all are renamed when the block has written all of them.

    The block should do nothing but write: each OSError in it is reported as a failure to write.

    Raises:
        OutputError: a file cannot be written.
    """
    pending = [PendingFile(target) for target in targets]
    current = targets[0] if targets else Path()
    try:
        for file in pending:
            current = file.target
            file.create()
        yield [file.path for file in pending]
        for file in pending:
            current = file.target
            file.commit()
    except OSError as error:
        raise output_error(current, error) from None
    finally:
        for file in pending:
            file.discard()


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """The path of an empty temporary file that replaces `target` at the end; see `atomic_paths`.

    Raises:
        OutputError: the file cannot be written.
    """
    with atomic_paths([target]) as (path,):
        yield path


@contextmanager
def atomic_file(target: Path) -> Iterator[BinaryIO]:
    """An open binary file that replaces `target` at the end; see `atomic_paths`.

    Raises:
        OutputError: the file cannot be written.
    """
    with atomic_path(target) as path, path.open("wb") as file:
        yield file


def write_bytes(target: Path, content: bytes) -> None:
    """Write a file.

    Raises:
        OutputError: the file cannot be written.
    """
    with atomic_file(target) as file:
        file.write(content)


def write_text(target: Path, text: str) -> None:
    """Write a text file in UTF-8, its line ends as they are in `text`.

    Raises:
        OutputError: the file cannot be written.
    """
    write_bytes(target, text.encode())


def open_for_appending(path: Path) -> BinaryIO:
    """An unbuffered file to read, to shorten and to write at its end; made if it is missing. Links are not followed.

    The file is locked until it is closed: only one writer at a time has it. Windows has no such lock.

    Raises:
        BlockingIOError: another writer has it.
        OSError: it cannot be opened, or is a symbolic link.
    """
    binary: int = getattr(os, "O_BINARY", 0)
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | _NO_FOLLOW | binary, 0o666), "r+b", buffering=0)
    try:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        file.seek(0, os.SEEK_END)
    except BaseException:
        file.close()
        raise
    return cast(BinaryIO, file)


def _temporary_name() -> str:
    # Short: a target's own name may already be as long as the file system allows.
    return f".vidmotion-{secrets.token_hex(8)}.part"


def _open_exclusively(name: str, flags: int) -> int:
    # Mode "x" has set O_CREAT and O_EXCL. The umask takes its bits from the 0o666 that `open` itself would use.
    return os.open(name, flags | _NO_FOLLOW, 0o666)
