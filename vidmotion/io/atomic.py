"""Files and folders that appear complete or not at all.

The content is written to a temporary file beside the target, which is renamed to the target at the end. So another
program never reads half a file, and a file that was there before stays as it is after an error. On every way out,
Ctrl-C included, the temporary file is removed. Its name is random and it is created exclusively: two writers of one
target do not disturb each other, and a symbolic link that somebody planted is not followed. A writer holds a lock on
its temporary file. What a killed writer left is not locked, and the next writer in that folder removes it.

Used by every room that writes files, so nothing but `vidmotion.errors` is imported here.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import BinaryIO, Protocol, cast

from vidmotion.errors import DiskFullError, OutputError

fcntl: ModuleType | None
try:
    import fcntl
except ModuleNotFoundError:  # Windows
    fcntl = None

_FULL = {code for name in ("ENOSPC", "EDQUOT") if (code := getattr(errno, name, None)) is not None}
# Windows has no such flag, and no such attack without special rights.
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_PREFIX, _SUFFIX = ".vidmotion-", ".part"
_LOCK_SECONDS = 60
"""Temporary files that are younger are not taken for litter: their writer may not have locked them yet."""
_PROBE = bytes(1 << 16)


class SystemRefusal(Protocol):
    """An OSError, or an error of a library that has the same two attributes (PyAV's)."""

    @property
    def errno(self) -> int | None:
        """The system's code, such as `errno.ENOSPC`."""

    @property
    def strerror(self) -> str | None:
        """The system's text for the code."""


def is_full(error: SystemRefusal) -> bool:
    """Whether the operating system refuses because a disk, or somebody's share of it, is full."""
    return error.errno in _FULL


def output_error(path: Path, error: SystemRefusal, advice: str = "") -> OutputError:
    """The error to raise when the operating system refuses to write `path`.

    Args:
        advice: what to do next, in place of "write to another folder" and the like.
    """
    if is_full(error):
        return DiskFullError(path, advice or "free some space or write to another folder")
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
        self._lock: int | None = None

    def create(self) -> None:
        """Make the empty file, with the permissions of any new file.

        Raises:
            OSError: the folder is missing or read-only.
        """
        _remove_litter(self.path.parent)
        with open(self.path, "xb", opener=_open_exclusively):  # Path.open takes no opener
            pass
        self._lock = _lock(self.path)

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
        _unlock(self._lock)
        self._lock = None


class PendingFolder:
    """An empty temporary folder that becomes a target folder, or replaces its own files in it; used as `PendingFile`.

    It is beside the target. If that exists, it is in it, since the target may be a file system of its own.
    """

    def __init__(self, target: Path, index: str, owns: Callable[[Path], bool]) -> None:
        """Choose a name; `create` makes the folder.

        Args:
            index: name of the file without which the others mean nothing. It goes first and comes last.
            owns: whether a file of an existing target belongs to what is replaced. Everything else stays.
        """
        self.target, self._index, self._owns = target.resolve(), index, owns
        self.path = (self.target if target.is_dir() else self.target.parent) / _temporary_name()
        self._lock: int | None = None

    def create(self) -> None:
        """Make the empty folder and the folders above it.

        Raises:
            OSError: a folder cannot be made.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        _remove_litter(self.path.parent)
        self.path.mkdir()
        self._lock = _lock(self.path)

    def commit(self) -> None:
        """Rename the folder to the target, or its files into the target in place of those that are replaced.

        Raises:
            OSError: a file is in use, or the target was made by another program meanwhile; it is as it was before.
        """
        if self.path.parent != self.target:
            self.path.rename(self.target)
            return
        new = [path for path in self.path.iterdir() if path.name != self._index]
        outgoing = self.path / "replaced"
        outgoing.mkdir()
        with locked_folder(self.target, wait=True):
            old = [path for path in self.target.iterdir() if path.name != self._index and self._owns(path)]
            _rename_all([
                *((path, outgoing / path.name) for path in (self.target / self._index, *old) if path.exists()),
                *((path, self.target / path.name) for path in (*new, self.path / self._index)),
            ])  # fmt: skip

    def discard(self) -> None:
        """Remove the temporary folder if it still exists."""
        shutil.rmtree(self.path, ignore_errors=True)
        _unlock(self._lock)
        self._lock = None


def check_writable(target: Path) -> None:
    """Write a little beside `target` and remove it, to notice before the work what would be noticed after it.

    Raises:
        OutputError: the folder is missing or read-only, or the disk is full.
    """
    pending = PendingFile(target)
    try:
        pending.create()
        pending.path.write_bytes(_PROBE)
    except OSError as error:
        raise output_error(target, error) from None
    finally:
        pending.discard()


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


@contextmanager
def locked_folder(folder: Path, wait: bool = False) -> Iterator[None]:
    """Hold a folder's lock, which no other process then gets. Windows and some network drives have no such lock.

    Args:
        wait: wait for another process that holds it.

    Raises:
        BlockingIOError: another process holds it.
        OSError: the folder is missing.
    """
    if fcntl is None:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if isinstance(error, BlockingIOError):
                raise
        yield
    finally:
        os.close(descriptor)


def append(file: BinaryIO, content: bytes) -> None:
    """Write all of `content` to an unbuffered file: one call writes less where the disk becomes full.

    Raises:
        OSError: it cannot be written completely.
    """
    rest = memoryview(content)
    while rest:
        rest = rest[file.write(rest) :]


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
    return f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}"


def is_temporary(path: Path) -> bool:
    """Whether a name is one that this module gives to files that are not complete."""
    return path.name.startswith(_PREFIX) and path.name.endswith(_SUFFIX)


def _open_exclusively(name: str, flags: int) -> int:
    # Mode "x" has set O_CREAT and O_EXCL. The umask takes its bits from the 0o666 that `open` itself would use.
    return os.open(name, flags | _NO_FOLLOW, 0o666)


def _lock(path: Path) -> int | None:
    """A descriptor that holds the lock of a file or folder; None where it is taken, or the system has no such locks."""
    if fcntl is None:  # on Windows an open file could not be renamed either
        return None
    descriptor = None
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | _NO_FOLLOW)  # a planted FIFO would block
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        _unlock(descriptor)
        return None
    return descriptor


def _unlock(descriptor: int | None) -> None:
    if descriptor is not None:
        os.close(descriptor)


@cache  # once in a process: a folder may have many files
def _remove_litter(folder: Path) -> None:
    """Remove what killed writers left in a folder, as far as it is allowed."""
    for path in filter(is_temporary, folder.iterdir()):
        with suppress(OSError):
            if time.time() - path.lstat().st_mtime > _LOCK_SECONDS:
                _remove_unlocked(path)


def _remove_unlocked(path: Path) -> None:
    lock = _lock(path)
    if lock is None:
        return
    try:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()
    finally:
        _unlock(lock)


def _rename_all(moves: Sequence[tuple[Path, Path]]) -> None:
    """Rename files to names that are free; after an error all of them have their old names."""
    tried: list[tuple[Path, Path]] = []
    try:
        for source, to in moves:
            tried.append((source, to))
            source.rename(to)
    except BaseException:
        for source, to in reversed(tried):
            if not source.exists():
                with suppress(OSError):
                    to.rename(source)
        raise
