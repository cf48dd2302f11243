"""Reads the arrays of body model files safely: .npz without pickle, and SMPL's .pkl without running code in it.

SMPL's pickles contain numpy arrays, sparse matrices of scipy and arrays of chumpy. `vidmotion.io.pickles` reads them,
with replacements for the latter two. Does not depend on the meaning of the arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from vidmotion.errors import InputError
from vidmotion.io.npz import read_npz_arrays
from vidmotion.io.pickles import (
    NUMPY_CONSTRUCTORS,
    Constructors,
    Placeholder,
    Reconstructed,
    RefusedError,
    open_untrusted,
    unpickle,
)

Arrays = dict[str, np.ndarray]

LARGEST_MATRIX = 2**24
"""Elements of a sparse matrix; a small file can ask for endlessly many. SMPL-X's regressor has 576,125."""


def read_arrays(path: Path, wanted: tuple[str, ...]) -> Arrays:
    """Those of the `wanted` arrays that an .npz or .pkl file contains.

    Raises:
        InputError: the file is missing, of another kind, damaged, or would run code.
    """
    readers: dict[str, Callable[[BinaryIO, tuple[str, ...]], Arrays]] = {".npz": read_npz_arrays, ".pkl": _read_pickle}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{path}: cannot read this kind of file as a body model; wanted .npz or .pkl")
    with open_untrusted(path, "body model") as file:
        return reader(file, wanted)


def _read_pickle(file: BinaryIO, wanted: tuple[str, ...]) -> Arrays:
    tree = unpickle(file, _KNOWN, "body model")
    if not isinstance(tree, dict):
        raise RefusedError("is no body model: wanted a dictionary of arrays")
    return {name: _array(tree[name]) for name in wanted if name in tree}


def _array(value: Any) -> np.ndarray:
    array = value.value() if isinstance(value, Placeholder) else np.asarray(value)
    if not isinstance(array, np.ndarray | np.generic) or array.dtype.kind not in "biufUS":
        raise RefusedError(f"holds a {type(value).__name__} where an array belongs")
    return np.asarray(array)


class _Sparse(Placeholder):
    """scipy.sparse.csc_matrix and csr_matrix."""

    __slots__ = ()
    by_rows = False

    def build(self) -> np.ndarray:
        state = self.state
        data, indices, starts = (_array(state[name]) for name in ("data", "indices", "indptr"))
        rows, columns = (int(side) for side in state.get("_shape", state.get("shape")))
        if max(rows, columns, rows * columns) > LARGEST_MATRIX:
            raise RefusedError(f"holds a matrix of {rows} x {columns} numbers, which no body model has")
        lines = np.searchsorted(starts, np.arange(len(data)), "right") - 1
        out = np.zeros((rows, columns), data.dtype)
        np.add.at(out, (lines, indices) if self.by_rows else (indices, lines), data)
        return out


class _SparseRows(_Sparse):
    __slots__ = ()
    by_rows = True


class _Chumpy(Placeholder):
    """chumpy.ch.Ch holds an array `x`; chumpy.reordering.Select picks elements `idxs` of `a`."""

    __slots__ = ()

    def build(self) -> np.ndarray:
        state = self.state
        if "x" in state:
            return _array(state["x"])
        return _array(state["a"]).ravel()[_array(state["idxs"])].reshape(state["preferred_shape"])


_KNOWN: Constructors = {
    **NUMPY_CONSTRUCTORS,
    "copy_reg._reconstructor": Reconstructed,
    "copyreg._reconstructor": Reconstructed,
    "__builtin__.object": object,
    "builtins.object": object,
    "scipy.sparse.csc.csc_matrix": _Sparse,
    "scipy.sparse._csc.csc_matrix": _Sparse,
    "scipy.sparse.csr.csr_matrix": _SparseRows,
    "scipy.sparse._csr.csr_matrix": _SparseRows,
    "chumpy.ch.Ch": _Chumpy,
    "chumpy.reordering.Select": _Chumpy,
}
