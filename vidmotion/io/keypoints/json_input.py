"""JSON that strangers wrote, as trees: bounded, and every way in which it can be wrong is one line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vidmotion.errors import InputError

LARGEST = 2**30
"""Bytes of a file."""


def read_bytes(path: Path) -> bytes:
    """The content of a file.

    Raises:
        InputError: it cannot be read, is empty or is too large.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise InputError(f"{path}: larger than {LARGEST / 2**30:g} GB; split it")
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the name") from None
    if not content.strip():
        raise InputError(f"{path}: the file is empty; write it again")
    return content


def read_tree(path: Path) -> Any:
    """The tree of a JSON file; NaN and Infinity, which JSON has not but programs write, come as such.

    Raises:
        InputError: it cannot be read, or is no JSON.
    """
    try:
        return json.loads(read_bytes(path))
    except RecursionError:
        raise InputError(f"{path}: nested too deeply to be keypoints") from None
    except ValueError as error:
        raise InputError(f"{path}: is not valid JSON ({error}); write it again") from None


@contextmanager
def told_plainly(path: Path) -> Iterator[None]:
    """While a file is read: whatever does not fit is one line that names it.

    Raises:
        InputError: something does not fit.
    """
    try:
        yield
    except InputError as error:
        told = str(error)
    except KeyError as error:
        told = f"lacks {error}"
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        told = f"is not laid out as such files are ({error})"
    except RecursionError:
        told = "nested too deeply to be keypoints"
    else:
        return
    # What a file says may be quoted, line breaks and all.
    raise InputError(f"{path}: {' '.join(told.split())}")
