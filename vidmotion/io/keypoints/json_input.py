"""Reads JSON and text files of other programs. Their size is limited; an error is one line that names the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vidmotion.errors import InputError
from vidmotion.io.json_text import parse_json

LARGEST = 2**30
"""Bytes of a file."""


def read_bytes(path: Path) -> bytes:
    """The content of a file.

    Raises:
        InputError: the file cannot be read, is empty or is too large.
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
    """The tree of a JSON file. NaN and Infinity, which programs write although JSON does not have them, are accepted.

    Raises:
        InputError: the file cannot be read, or is not JSON.
    """
    try:
        return parse_json(read_bytes(path))
    except ValueError as error:
        raise InputError(f"{path}: is not valid JSON ({error}); write it again") from None


@contextmanager
def refuse_bad_content(path: Path) -> Iterator[None]:
    """While a file is parsed: turns each error that unexpected content causes into one line that names the file.

    Raises:
        InputError: the content is not as expected.
    """
    try:
        yield
    except InputError as error:
        reason = str(error)
    except KeyError as error:
        reason = f"lacks {error}"
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        reason = f"is not laid out as such files are ({error})"
    except RecursionError:
        reason = "nested too deeply to be keypoints"
    else:
        return
    # The reason may quote the file, line breaks included.
    raise InputError(f"{path}: {' '.join(reason.split())}")
