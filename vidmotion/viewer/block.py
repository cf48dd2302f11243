"""Packs arrays into one block of bytes that the page decodes. Numpy only; does not depend on scenes.

An array is described by the place of its first byte, its type and its shape. Positions and angles are stored in 16-bit
steps from the least value of each component. A step has a least size, below which nobody sees a difference, and as
neighbouring frames are alike, what is stored are the differences between them: both make the block much smaller.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from vidmotion.types import Floats

ALIGNMENT = 8
"""Bytes; the browser reads arrays in place only if they begin at a multiple of the size of their numbers."""
LARGEST = 1e6
"""Positions and pixels beyond it are moved to it: no real one is, and 32-bit numbers have no such precision."""
STEPS = 65535


class Block:
    """Collects arrays; `add` and `add_steps` return what the page needs to find each of them."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._length = 0

    def add(self, values: np.ndarray, dtype: str) -> dict[str, Any]:
        """Store an array as it is, in one of numpy's little-endian types: "u1", "u2", "u4", "f4" or "f8"."""
        stored = np.ascontiguousarray(values, dtype=np.dtype(dtype).newbyteorder("<"))
        place = self._length
        content = stored.tobytes()
        content += bytes(-len(content) % ALIGNMENT)
        self._parts.append(content)
        self._length += len(content)
        return {"at": place, "type": dtype, "shape": list(stored.shape)}

    def add_steps(self, values: Floats, least_step: float) -> dict[str, Any]:
        """Store an array (T, ..., C) in 16-bit steps; the description has "low" and "step" for each component.

        The type "d2" is: for each column the differences modulo 65536 from row to row, the sign in the lowest bit; all
        low bytes, then all high bytes.

        Args:
            least_step: in the unit of the values; components of a large range have larger steps.
        """
        values = np.clip(values, -LARGEST, LARGEST)
        flat = values.reshape(-1, values.shape[-1])
        low, high = (flat.min(0), flat.max(0)) if len(flat) else (np.zeros(flat.shape[1]),) * 2
        step = np.maximum((high - low) / STEPS, least_step)
        columns = np.round((values - low) / step).astype(np.uint16).reshape(len(values), -1).T
        changes = np.diff(columns, axis=1, prepend=np.uint16(0)).view(np.int16)
        signed = ((changes << 1) ^ (changes >> 15)).astype("<u2")
        planes = signed.ravel().view(np.uint8).reshape(-1, 2).T
        stored = self.add(planes, "u1")
        return {**stored, "type": "d2", "shape": list(values.shape), "low": low.tolist(), "step": step.tolist()}

    def add_share(self, values: Floats) -> dict[str, Any]:
        """Store numbers in 0..1 in 255 steps."""
        return self.add(np.round(np.clip(values, 0, 1) * 255), "u1")

    def add_millimeters(self, values: Floats) -> dict[str, Any]:
        """Store distances in metres as whole millimetres, up to 65 m."""
        return self.add(np.round(np.clip(values * 1000, 0, STEPS)), "u2")

    def compressed(self) -> bytes:
        """All of it, in zlib's format."""
        return zlib.compress(b"".join(self._parts), 6)
