"""Places that are named by a URL (s3://, gs://, file://, ...), through fsspec. Needs the extra `remote`.

Places and credentials are those of fsspec and of its package for the place, such as s3fs. Does not depend on clips.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any

from vidmotion.errors import DiskFullError, InputError, MissingExtraError, OutputError, VidmotionError
from vidmotion.io.atomic import atomic_path, is_full
from vidmotion.io.targets import make_folder

_BLOCK = 1 << 20
"""Bytes that are copied at a time."""


def is_url(text: str) -> bool:
    """Whether a text names a place that fsspec opens, and not a path."""
    return "://" in text


def url_name(url: str) -> str:
    """The name of the file at a URL."""
    return PurePosixPath(url.partition("://")[2]).name


def open_url(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it.

    Raises:
        MissingExtraError: fsspec, or its package for this place, is not installed.
        InputError: a URL in a URL.
    """
    if "::" in url:
        raise InputError(f"{url}: URLs in URLs are not read; name the file itself")
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise MissingExtraError(f"{url}: URLs need fsspec: pip install 'vidmotion[remote]'") from None
    try:
        system, path = url_to_fs(url)
    except ImportError as error:
        raise MissingExtraError(f"{url}: {' '.join(str(error).split())}") from None
    return system, str(path)


@contextmanager
def reading(url: str) -> Iterator[None]:
    """Each package of fsspec has errors of its own; within the block, they become one line.

    Raises:
        InputError: an error of the block that is none of vidmotion's.
    """
    try:
        yield
    except VidmotionError:
        raise
    except FileNotFoundError:
        raise InputError(f"{url}: no such file or folder; check the spelling") from None
    except Exception as error:  # noqa: BLE001
        raise InputError(f"{url}: cannot be read ({_reason(error)}); check the address and the credentials") from None


@contextmanager
def writing(url: str) -> Iterator[None]:
    """As `reading`.

    Raises:
        OutputError: an error of the block that is none of vidmotion's.
    """
    try:
        yield
    except VidmotionError:
        raise
    except Exception as error:  # noqa: BLE001
        if isinstance(error, OSError) and is_full(error):
            raise DiskFullError(url, "free some space there") from None
        reason = f"{url}: cannot be written ({_reason(error)})"
        raise OutputError(f"{reason}; check the address and the credentials, and run the same command again") from None


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def find_files(url: str) -> list[tuple[str, str]]:
    """The files at a URL and below it, each with its own URL and its path from there; of a file itself, its name.

    Raises:
        MissingExtraError: fsspec, or its package for this place, is not installed.
        InputError: there is nothing at the URL, or it cannot be read.
    """
    with reading(url):
        system, root = open_url(url)
        if not system.isdir(root):
            if not system.exists(root):
                raise InputError(f"{url}: no such file or folder; check the spelling")
            return [(url, url_name(url))]
        system.ls(root)  # which says what `find` does not: that there are no rights
        found = sorted(system.find(root))
    base = root.rstrip("/") + "/"
    return [(system.unstrip_protocol(path), path.removeprefix(base)) for path in found]


def fetch(url: str, folder: Path, alive: Callable[[], None]) -> Path:
    """A copy of the file at a URL, in a folder; one that is there already is taken.

    Its time of change is that of the original, where the place tells it: copies on several machines are equal.

    Args:
        alive: called from time to time.

    Raises:
        MissingExtraError: as `find_files`.
        InputError: the file cannot be read.
        OutputError: the copy cannot be written.
    """
    name = url_name(url)
    if name in ("", ".", ".."):
        raise InputError(f"{url}: is no file; name the video itself")
    copy = folder / name
    if copy.is_file():
        return copy
    make_folder(folder)
    with reading(url):
        system, path = open_url(url)
        source = system.open(path, "rb")
    with source, atomic_path(copy) as pending:
        with pending.open("wb") as target:
            while block := _read(url, source):
                target.write(block)
                alive()
        with suppress(Exception):  # not every place tells it
            changed = system.modified(path).timestamp()
            os.utime(pending, (changed, changed))
    return copy


def _read(url: str, source: Any) -> bytes:
    with reading(url):
        block: bytes = source.read(_BLOCK)
    return block
