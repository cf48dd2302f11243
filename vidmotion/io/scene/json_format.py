"""A scene as JSON: rounded numbers, written array by array so that a long video needs little memory.

`scene.schema.json` in this folder describes the format; `.json.gz` is the same text, packed by gzip.
Does not depend on how files are replaced.
"""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from vidmotion.errors import InputError
from vidmotion.io.npz import LARGEST_RATIO, LARGEST_SMALL
from vidmotion.io.scene.document import from_document, to_document
from vidmotion.io.scene.number_text import array_text, parse_numbers
from vidmotion.types import Scene

DECIMALS = {
    "times": 6,
    "boxes": 2,
    "xy": 2,
    "score": 4,
    "joints": 4,
    "confidence": 4,
    "expected_error": 3,
    "rotation": 9,
    "zoom": 5,
    "focal": 3,
    "translation": 6,
    "pose": 5,
    "points": 4,
    "fingers": 4,
    "betas": 5,
    "error": 5,
    "centers": 3,
    "probabilities": 4,
}
"""Decimals kept of each array: 1 microsecond, 0.01 pixel, 0.1 mm (1 mm of expected errors), 0.01 milliradian."""
GZIP_LEVEL = 2
"""Of 9: it packs motions to 1 / 3.3 at 90 MB/s; level 6 packs them to 1 / 3.8 and takes six times as long."""


def write_json(scene: Scene, file: BinaryIO) -> None:
    """Write `scene` as UTF-8 JSON on one line.

    Raises:
        InputError: a number is not finite, or the provenance holds a value that JSON does not have.
    """
    file.writelines(_encode(to_document(scene), "scene"))
    file.write(b"\n")


def write_packed_json(scene: Scene, file: BinaryIO) -> None:
    """Write `scene` as JSON that gzip packs, without a time, so that the same scene gives the same bytes.

    Raises:
        InputError: as `write_json`.
    """
    packer = gzip.GzipFile("", "wb", GZIP_LEVEL, file, mtime=0)
    with packer, io.BufferedWriter(packer, 1 << 20) as buffered:  # arrays come in small pieces
        write_json(scene, buffered)


def read_json(path: Path) -> Scene:
    """Read a file of `write_json`, also one of an earlier schema.

    Raises:
        InputError: the file is not valid JSON, or not a scene of a known schema.
        OSError: the file cannot be read.
    """
    return _read_text(path, path.read_bytes())


def read_packed_json(path: Path) -> Scene:
    """Read a file of `write_packed_json`.

    Raises:
        InputError: as `read_json`, or it is not a whole gzip file, or would unpack to far more than its size.
        OSError: the file cannot be read.
    """
    most = max(LARGEST_SMALL, LARGEST_RATIO * path.stat().st_size)
    try:
        with gzip.open(path) as file:
            text = file.read(most + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{path} is not a whole gzip file ({error}); export it again") from None
    if len(text) > most:
        raise InputError(f"{path} is small but unpacks to far too much; it is not a scene that was exported")
    return _read_text(path, text)


def _read_text(path: Path, text: bytes) -> Scene:
    try:
        tree = parse_numbers(text, plain=("cuts", "provenance"))
    except ValueError as error:
        raise InputError(f"{path} is not valid JSON ({error}); export it again") from None
    try:
        return from_document(tree)
    except InputError as error:
        raise InputError(f"{path} is not a scene that can be read: {error}") from None


def _encode(value: Any, name: str) -> Iterator[bytes]:
    """The JSON text of a tree in pieces; `name` is the field that holds the tree."""
    if isinstance(value, np.ndarray):
        yield from array_text(value, DECIMALS[name] if value.dtype.kind == "f" else 0)
    elif isinstance(value, Mapping):
        yield b"{"
        for index, (key, item) in enumerate(value.items()):
            yield f"{',' if index else ''}{json.dumps(str(key))}:".encode()
            yield from _encode(item, str(key))
        yield b"}"
    elif isinstance(value, list | tuple):
        yield b"["
        for index, item in enumerate(value):
            yield b"," if index else b""
            yield from _encode(item, name)
        yield b"]"
    else:
        try:
            yield json.dumps(value, allow_nan=False).encode()
        except (TypeError, ValueError) as error:
            raise InputError(f"{name}: cannot be written as JSON ({error})") from None
