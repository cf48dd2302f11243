"""Large arrays of numbers in JSON, ten times as fast as Python's `json` module where numba is installed.

Texts and values are those of that module, which takes over whatever is small, unusual or wrong.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np

from vidmotion.io.json_text import parse_json
from vidmotion.types import Floats

LONG_TEXT = 1 << 23
"""Bytes; to load the compiled loops takes longer than to read a shorter text without them."""
MANY_NUMBERS = 1 << 17
"""Likewise for the numbers of an array."""
SHORT_ARRAY = 256
"""Numbers; a shorter array stays a list."""
_BLOCK = 1 << 18
"""Numbers that are written at a time."""


def array_text(array: np.ndarray, decimals: int) -> Iterator[bytes]:
    """The JSON text of an array in pieces.

    Args:
        array: any shape; of finite floats, whole numbers or bools.
        decimals: 1 to 15 that are kept of floats.
    """
    if array.dtype.kind == "f" and array.ndim > 1 and array.size >= MANY_NUMBERS and has_numba():
        yield from _compiled_text(array, decimals)
    else:
        yield _plain_text(array, decimals).encode()


def parse_numbers(text: bytes, plain: tuple[str, ...] = ()) -> Any:
    """The tree of a JSON text. In a long text, nested lists of numbers may be arrays of float64 or int64 instead.

    Args:
        text: UTF-8.
        plain: fields of the outermost object in which lists stay lists.

    Raises:
        ValueError: it is not JSON, has NaN or Infinity, or is nested too deeply to be read.
    """
    if len(text) >= LONG_TEXT and has_numba():
        try:
            short, arrays = _without_arrays(text)
            tree = json.loads(short, parse_constant=lambda _: next(arrays))
            if isinstance(tree, dict) and not any(_holds_arrays(tree.get(name)) for name in plain):
                return tree
        except (ValueError, RecursionError):
            pass  # read again for the message, as places in the short text are others
    return parse_json(text, strict=True)


def has_numba() -> bool:
    """Whether the loops can be compiled."""
    return find_spec("numba") is not None


def _holds_arrays(tree: Any) -> bool:
    if isinstance(tree, dict):
        return any(map(_holds_arrays, tree.values()))
    if isinstance(tree, list):
        return any(map(_holds_arrays, tree))
    return isinstance(tree, np.ndarray)


def _plain_text(array: np.ndarray, decimals: int) -> str:
    if array.dtype.kind == "f":
        # Adding 0 makes -0.0 a plain 0.0.
        array = np.round(array.astype(np.float64), decimals) + 0.0
    return json.dumps(array.tolist(), separators=(",", ":"))


def _compiled_text(array: np.ndarray, decimals: int) -> Iterator[bytes]:
    step = max(1, _BLOCK * len(array) // array.size)
    for start in range(0, len(array), step):
        yield b"," if start else b"["
        yield _block_text(np.ascontiguousarray(array[start : start + step], np.float64), decimals)
    yield b"]"


def _block_text(block: Floats, decimals: int) -> bytes:
    """The text of a block (N, ..., C) without its outer brackets."""
    from vidmotion.io.scene.number_text_numba import MOST_BYTES, write_rows

    inner = block.shape[1:-1]
    groups = np.array([math.prod(inner[axis:]) for axis in range(len(inner))], np.int64)
    out = np.empty(MOST_BYTES * block.size, np.uint8)
    end = write_rows(block.reshape(-1, block.shape[-1]), groups, decimals, out)
    return out[:end].tobytes() if end >= 0 else _plain_text(block, decimals)[1:-1].encode()


def _without_arrays(text: bytes) -> tuple[bytes, Iterator[np.ndarray]]:
    """A text with NaN in place of its arrays, and the arrays.

    Raises:
        ValueError: the text has NaN or Infinity itself.
    """
    from vidmotion.io.scene.number_text_numba import next_array, read_array

    content = np.frombuffer(text, np.uint8)
    pieces: list[bytes] = []
    arrays: list[np.ndarray] = []
    kept = at = 0
    while (at := next_array(content, at)) < len(content):
        if at < 0:
            raise ValueError("NaN and Infinity are not numbers")
        end, axes, sizes, whole, values = read_array(content, at)
        if end < 0 or len(values) < SHORT_ARRAY:
            at += 1
            continue
        pieces += [text[kept:at], b"NaN"]
        arrays.append((values.astype(np.int64) if whole else values).reshape(sizes[:axes]))
        kept = at = end
    return b"".join([*pieces, text[kept:]]), iter(arrays)
