"""Light packs: one small file with a store's recipes and detections, and nothing of the motion capture.

    store                        the text of store.json
    clips                        the lines of clips.jsonl, compressed with xz
    xy, score, state, visible    the arrays of `detections/`, encoded and compressed with xz

The file is an .npz of uint8 arrays without pickle. Points are stored as their change from frame to frame, minus that of
the point before, as unsigned numbers split into low and high bytes: neighbouring points move together, so the numbers
are small. Needs numpy and the standard library only; `vidmotion.data.synthetic.unpack` makes a store from a pack.
"""

from __future__ import annotations

import dataclasses
import json
import lzma
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vidmotion.data.byte_planes import from_planes, to_planes
from vidmotion.data.store import FORMAT, Store, StoreSettings, detection_arrays, parse_settings
from vidmotion.errors import InputError
from vidmotion.io.atomic import atomic_file
from vidmotion.io.json_text import parse_json
from vidmotion.io.npz import read_npz_arrays
from vidmotion.io.pickles import DAMAGED

PRESET = 9
DECOMPRESSOR_MEMORY = 2**28
"""Bytes that unpacking may need; `PRESET` needs 65 MiB, and a header can ask for 4 GiB."""
LARGEST_INDEX = 2**28
"""Bytes of the lines of clips.jsonl; a small pack can hold thousands of times its size."""
_NAMES = ("store", "clips", "xy", "score", "state", "visible")


@dataclass(frozen=True, eq=False)
class LightPack:
    """The contents of a light pack."""

    settings: StoreSettings
    recipes: list[dict[str, Any]]
    detections: dict[str, np.ndarray]
    """The arrays of `detections/` in the store, (N, ...)."""


def write_pack(store: Store, path: Path) -> int:
    """Write a store's recipes and detections.

    Returns:
        the size of the file in bytes.

    Raises:
        OutputError: the file cannot be written.
    """
    frames = store.settings.frames
    record = {"format": FORMAT, **dataclasses.asdict(store.settings)}
    lines = "\n".join(json.dumps(clip.recipe, separators=(",", ":")) for clip in store.clips)
    small = {
        "store": json.dumps(record).encode(),
        "clips": lzma.compress(lines.encode(), preset=PRESET),
        "xy": lzma.compress(_encode_points(store.detections["xy"], frames), preset=PRESET),
    }
    for name in ("score", "state", "visible"):
        small[name] = lzma.compress(_by_point(store.detections[name]), preset=PRESET)
    with atomic_file(path) as file:
        np.savez(file, **{name: np.frombuffer(content, np.uint8) for name, content in small.items()})  # type: ignore[arg-type]
    return path.stat().st_size


def read_pack(path: Path) -> LightPack:
    """Read a light pack.

    Raises:
        InputError: the file is missing, damaged, or not a light pack.
    """
    try:
        with path.open("rb") as file:
            arrays = read_npz_arrays(file, _NAMES)
        small = {name: arrays[name].tobytes() for name in _NAMES}
        settings = parse_settings(small["store"].decode())
        lines = _decompress(small["clips"], LARGEST_INDEX).decode().splitlines()
        recipes = [parse_json(line) for line in lines]
        rows = sum(len(recipe["actors"]) * settings.frames for recipe in recipes)
        return LightPack(settings, recipes, _detections(small, settings, rows))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, lzma.LZMAError, *DAMAGED):
        raise InputError(f"{path} is no light pack of footage, or is damaged; pack it again") from None


def _detections(small: dict[str, bytes], settings: StoreSettings, rows: int) -> dict[str, np.ndarray]:
    out = {}
    for name, (dtype, shape) in detection_arrays(settings.points).items():
        content = _decompress(small[name], rows * math.prod(shape) * np.dtype(dtype).itemsize)
        if name == "xy":
            out[name] = _decode_points(content, rows, settings.points, settings.frames)
        else:
            out[name] = np.ascontiguousarray(np.frombuffer(content, dtype).reshape(*shape, rows).T)
    return out


def _decompress(content: bytes, most: int) -> bytes:
    """What was compressed with xz.

    Raises:
        ValueError: it has more than `most` bytes.
        EOFError: it is cut short.
        lzma.LZMAError: it is damaged.
    """
    decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ, DECOMPRESSOR_MEMORY)
    # A negative number would allow endlessly many.
    unpacked = decompressor.decompress(content, max(most, 0) + 1)
    if len(unpacked) > most:
        raise ValueError("it unpacks to more than its recipes say")
    if not decompressor.eof:
        raise EOFError
    return unpacked


def _by_point(values: np.ndarray) -> bytes:
    """The bytes of values (N, ...), ordered by point and then by frame."""
    return np.ascontiguousarray(np.asarray(values).T).tobytes()


def _encode_points(xy: np.ndarray, frames: int) -> bytes:
    """(N, K, 2) int16 as differences in time and between points, zigzag-encoded, low bytes before high bytes."""
    whole = np.asarray(xy).reshape(-1, frames, *xy.shape[1:])  # (N / T, T, K, 2)
    change = np.diff(whole, axis=1, prepend=np.int16(0))
    change = np.diff(change, axis=2, prepend=np.int16(0))
    return to_planes(change.transpose(2, 3, 0, 1)).tobytes()


def _decode_points(content: bytes, rows: int, points: int, frames: int) -> np.ndarray:
    """(N, K, 2) int16 from the bytes that `_encode_points` made."""
    planes = np.frombuffer(content, np.uint8).reshape(2, points, 2, rows // frames, frames)
    change = from_planes(planes).transpose(2, 3, 0, 1)  # (N / T, T, K, 2)
    whole = np.cumsum(change, axis=2, dtype=np.int16).cumsum(axis=1, dtype=np.int16)
    return np.ascontiguousarray(whole.reshape(rows, points, 2))
