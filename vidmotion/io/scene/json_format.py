"""A scene as JSON: rounded numbers, written array by array so that a long video needs little memory.

`scene.schema.json` in this folder describes the format. Does not depend on how files are replaced.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from vidmotion.errors import InputError
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


def write_json(scene: Scene, file: BinaryIO) -> None:
    """Write `scene` as UTF-8 JSON on one line.

    Raises:
        InputError: a number is not finite, or the provenance holds a value that JSON does not have.
    """
    file.writelines(_encode(to_document(scene), "scene"))
    file.write(b"\n")


def read_json(path: Path) -> Scene:
    """Read a file of `write_json`, also one of an earlier schema.

    Raises:
        InputError: the file is not valid JSON, or not a scene of a known schema.
        OSError: the file cannot be read.
    """
    try:
        tree = parse_numbers(path.read_bytes(), plain=("cuts", "provenance"))
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
