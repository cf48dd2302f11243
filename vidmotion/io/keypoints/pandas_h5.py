"""Reads a table that pandas wrote to HDF5 (`DataFrame.to_hdf`), with names on several levels over its columns.

Neither pandas nor PyTables is needed, but h5py (the extra `h5`). In the format "table", names are pickles, of which
nothing is run. Does not depend on the meaning of the table.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from vidmotion.errors import MissingExtraError
from vidmotion.io.pickles import (
    LARGEST_RATIO,
    LARGEST_SMALL,
    NUMPY_CONSTRUCTORS,
    RefusedError,
    open_untrusted,
    unpickle,
)
from vidmotion.types import Floats


@dataclass(frozen=True, eq=False)
class PandasTable:
    """The content of a file: N rows, C columns."""

    names: dict[str, list[str]]
    """The names of the C columns, on each level."""
    index: list[int | str]
    """The name of each row; names on several levels are joined by slashes."""
    values: Floats
    """(N, C)."""


def read_table(path: Path, what: str) -> PandasTable:
    """Read the one table of a file.

    Args:
        what: the kind of file, for messages.

    Raises:
        InputError: the file is missing, damaged, too large, or holds something else.
        MissingExtraError: h5py is not installed.
    """
    if find_spec("h5py") is None:
        raise MissingExtraError(f"{path}: a {what} needs h5py: run `pip install 'vidmotion[h5]'`, or give the CSV")
    import h5py

    with open_untrusted(path, what) as stream, h5py.File(stream, "r") as file:
        tables = [group for group in file.values() if isinstance(group, h5py.Group) and "pandas_type" in group.attrs]
        if len(tables) != 1:
            raise RefusedError(f"holds {len(tables)} tables of pandas; wanted one, as in a {what}")
        most = max(LARGEST_SMALL, LARGEST_RATIO * path.stat().st_size)
        reader = _Reader(tables[0], most)
        return reader.appendable() if "table" in tables[0] else reader.fixed()


class _Reader:
    """Reads one group of a file."""

    def __init__(self, group: Any, most: int) -> None:
        """Begin; `most` bytes are read of one data set."""
        self._group, self._most = group, most

    def appendable(self) -> PandasTable:
        """The format "table": rows of an index and of blocks of columns, whose names are pickled attributes."""
        rows = self._group["table"]
        blocks = [name for name in rows.dtype.names if name.startswith("values_block_")]
        columns = [column for block in blocks for column in self._unpickled(rows.attrs[f"{block}_kind"])]
        content = self._read(rows)
        values = np.concatenate([content[block].reshape(len(content), -1) for block in blocks], 1)
        (info,) = (kept for axis, kept in self._unpickled(self._group.attrs["info"]).items() if axis == 1)
        return _checked(info["names"], list(zip(*columns, strict=True)), _texts(content["index"]), values)

    def fixed(self) -> PandasTable:
        """The format "fixed": an array for each block of columns, and numbered names for each level."""
        blocks = range(int(self._group.attrs["nblocks"]))
        parts = [self._levels(f"block{block}_items") for block in blocks]
        values = np.concatenate([self._read(self._group[f"block{block}_values"]) for block in blocks], 1)
        columns = [
            [name for level in levels for name in level] for levels in zip(*(part[1] for part in parts), strict=True)
        ]
        index = self._levels("axis1")[1]
        rows = index[0] if len(index) == 1 else ["/".join(map(str, row)) for row in zip(*index, strict=True)]
        return _checked(parts[0][0], columns, list(rows), values)

    def _levels(self, axis: str) -> tuple[list[str], list[list[int | str]]]:
        """The names of an axis's levels, and the entries of each."""
        if f"{axis}_nlevels" not in self._group.attrs:
            return [""], [_texts(self._read(self._group[axis]))]
        names, entries = [], []
        for level in range(int(self._group.attrs[f"{axis}_nlevels"])):
            kinds = self._group[f"{axis}_level{level}"]
            known = _texts(self._read(kinds))
            names.append(_text(kinds.attrs["name"]))
            entries.append([known[label] for label in self._read(self._group[f"{axis}_label{level}"])])
        return names, entries

    def _read(self, data: Any) -> np.ndarray:
        if data.size * data.dtype.itemsize > self._most:
            raise RefusedError(f"{data.name} is small but unpacks to {data.size * data.dtype.itemsize:,} bytes")
        content: np.ndarray = data[()]
        return content

    def _unpickled(self, attribute: Any) -> Any:
        return unpickle(io.BytesIO(bytes(attribute)), NUMPY_CONSTRUCTORS, "table of pandas")


def _checked(
    names: Sequence[str], columns: Sequence[Sequence[int | str]], index: list[int | str], values: np.ndarray
) -> PandasTable:
    if values.ndim != 2 or values.shape != (len(index), len(columns[0])) or values.dtype.kind not in "iuf":
        raise RefusedError(
            f"wanted numbers for {len(index)} rows and {len(columns[0])} columns, received {values.shape}"
        )
    levels = {_text(name): list(map(str, column)) for name, column in zip(names, columns, strict=True)}
    return PandasTable(levels, index, values.astype(float))


def _texts(entries: np.ndarray) -> list[int | str]:
    return [_text(entry) if isinstance(entry, bytes) else entry for entry in entries.tolist()]


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
