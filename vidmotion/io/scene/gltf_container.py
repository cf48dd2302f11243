"""The container of a binary glTF 2.0 file: a JSON tree followed by one buffer that holds all arrays.

Source: Khronos, "glTF 2.0 Specification", sections 3.6 (buffers and accessors), 3.11 (animations), 4.4 (GLB).
Does not depend on people.
"""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

import numpy as np

from vidmotion.errors import InputError
from vidmotion.types import Floats

VERTICES, INDICES = 34962, 34963
"""glTF's codes of buffers that hold vertex attributes and vertex indices."""
_COMPONENTS = {"float32": 5126, "uint8": 5121, "uint16": 5123, "uint32": 5125}
_TYPES = {(): "SCALAR", (2,): "VEC2", (3,): "VEC3", (4,): "VEC4", (4, 4): "MAT4"}
_MAGIC, _VERSION, _JSON, _BINARY = b"glTF", 2, b"JSON", b"BIN\0"


class Gltf:
    """A file under construction: each added item gets a number, by which other items refer to it."""

    def __init__(self, asset: dict[str, Any]) -> None:
        self._scene: dict[str, Any] = {"name": "scene"}
        self._tree: dict[str, Any] = {"asset": {"version": "2.0", **asset}, "scene": 0, "scenes": [self._scene]}
        self._arrays: list[bytes] = []
        self._length = 0

    def add(self, kind: str, item: dict[str, Any]) -> int:
        """Add to the list `kind` ("nodes", "meshes", ...) and return the number there."""
        items = self._tree.setdefault(kind, [])
        items.append(item)
        return len(items) - 1

    def node(self, item: dict[str, Any], parent: int | None = None) -> int:
        """Add a node, below another one or at the top of the scene, and return its number."""
        number = self.add("nodes", item)
        holder = self._scene if parent is None else self._tree["nodes"][parent]
        holder.setdefault("nodes" if parent is None else "children", []).append(number)
        return number

    def array(self, values: np.ndarray, target: int | None = None, bounds: bool = False) -> int:
        """Add an accessor and return its number.

        Args:
            values: (N,), (N, 2), (N, 3), (N, 4) or (N, 4, 4), the latter as rows of a matrix; float64 becomes float32.
            target: VERTICES, INDICES, or None for arrays that are neither, such as keyframes.
            bounds: write the minimum and maximum, which the format requires for vertex positions and keyframe times.

        Raises:
            InputError: a number is not finite in single precision.
        """
        if values.dtype.kind == "f":
            with np.errstate(over="ignore"):
                values = values.astype(np.float32)
            if not np.isfinite(values).all():
                raise InputError("a number is too large for a GLB file")
        if values.ndim == 3:
            values = values.swapaxes(1, 2)  # glTF stores matrices by columns
        raw = values.tobytes()
        view: dict[str, Any] = {"buffer": 0, "byteOffset": self._length, "byteLength": len(raw)}
        if target is not None:
            view["target"] = target
        accessor: dict[str, Any] = {
            "bufferView": self.add("bufferViews", view),
            "componentType": _COMPONENTS[values.dtype.name],
            "count": len(values),
            "type": _TYPES[values.shape[1:]],
        }
        if bounds:
            accessor["min"] = np.atleast_1d(values.min(0)).tolist()
            accessor["max"] = np.atleast_1d(values.max(0)).tolist()
        self._arrays.append(_padded(raw, b"\0"))
        self._length += len(self._arrays[-1])
        return self.add("accessors", accessor)

    def write(self, file: BinaryIO) -> None:
        """Write the complete file."""
        tree = {**self._tree, "buffers": [{"byteLength": self._length}]}
        text = _padded(json.dumps(tree, separators=(",", ":")).encode(), b" ")
        file.write(struct.pack("<4sII", _MAGIC, _VERSION, 12 + 8 + len(text) + 8 + self._length))
        file.write(struct.pack("<I4s", len(text), _JSON) + text)
        file.write(struct.pack("<I4s", self._length, _BINARY))
        file.writelines(self._arrays)


class Animation:
    """Keyframes of properties of nodes."""

    def __init__(self, gltf: Gltf, name: str) -> None:
        self._gltf, self._name = gltf, name
        self._samplers: list[dict[str, Any]] = []
        self._channels: list[dict[str, Any]] = []

    def drive(self, node: int, path: str, times: int, values: Floats, interpolation: str = "LINEAR") -> None:
        """Animate a property of a node.

        Args:
            node: number of the node.
            path: "rotation", "translation" or "scale".
            times: number of the accessor with the seconds of the K keyframes, rising.
            values: (K, 4) for rotations (quaternions), else (K, 3).
            interpolation: glTF's name, such as "LINEAR" or "STEP".
        """
        sampler = {"input": times, "output": self._gltf.array(values), "interpolation": interpolation}
        self._channels.append({"sampler": len(self._samplers), "target": {"node": node, "path": path}})
        self._samplers.append(sampler)

    def finish(self) -> None:
        """Add the animation to the file."""
        self._gltf.add("animations", {"name": self._name, "samplers": self._samplers, "channels": self._channels})


def _padded(raw: bytes, filler: bytes) -> bytes:
    """`raw` extended to a multiple of four bytes."""
    return raw + filler * (-len(raw) % 4)
