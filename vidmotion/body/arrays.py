"""Arrays of strangers' body model files: .npz without pickle, and SMPL's .pkl without running anything in it.

SMPL's pickles hold numpy arrays, scipy's sparse matrices and chumpy's arrays. Here each of these names builds a
small stand-in that keeps what the pickle says and makes an array of it; every other name is refused, so no code
of the file or of any library runs. Knows nothing about what the arrays mean.
"""

from __future__ import annotations

import pickle
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from vidmotion.errors import InputError

Arrays = dict[str, np.ndarray]


class _RefusedError(Exception):
    """Says what in a pickle is no array."""


def read_arrays(path: Path, wanted: tuple[str, ...]) -> Arrays:
    """Those of the `wanted` arrays that an .npz or .pkl file holds.

    Raises:
        InputError: the file is missing, of another kind, damaged, or wants to run code.
    """
    reader = {".npz": _read_npz, ".pkl": _read_pickle}.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{path}: cannot read this kind of body model; wanted .npz or .pkl")
    try:
        with path.open("rb") as file:
            return reader(file, wanted)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None
    except _RefusedError as error:
        raise InputError(f"{path}: {error}") from None
    # What damaged zip files, pickles and array headers raise.
    except (
        ValueError, TypeError, AttributeError, KeyError, IndexError, EOFError, MemoryError, OverflowError,
        RecursionError, ImportError, pickle.UnpicklingError, zipfile.BadZipFile, zlib.error,
    ):  # fmt: skip
        raise InputError(f"{path}: is no body model, or is damaged") from None


def _read_npz(file: BinaryIO, wanted: tuple[str, ...]) -> Arrays:
    with np.load(file, allow_pickle=False) as content:
        return {name: content[name] for name in wanted if name in content.files}


def _read_pickle(file: BinaryIO, wanted: tuple[str, ...]) -> Arrays:
    tree = _Unpickler(file, encoding="latin1").load()
    if not isinstance(tree, dict):
        raise _RefusedError("is no body model: wanted a dictionary of arrays")
    return {name: _array(tree[name]) for name in wanted if name in tree}


def _array(value: Any) -> np.ndarray:
    if isinstance(value, _StandIn):
        return value.array()
    array = np.asarray(value)
    if array.dtype.kind not in "biufUS":
        raise _RefusedError(f"holds a {type(value).__name__} where an array belongs")
    return array


class _StandIn:
    """Keeps what a pickle gives an object; `array` makes an array of it."""

    def __init__(self, *args: Any) -> None:
        self.args = args
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def array(self) -> np.ndarray:
        raise _RefusedError(f"holds a {type(self).__name__} where an array belongs")


class _DType(_StandIn):
    """numpy.dtype: plain numbers only."""

    def build(self) -> np.dtype:
        dtype = np.dtype(str(self.args[0]))
        if self.state and self.state[1] == ">":
            dtype = dtype.newbyteorder(">")
        if dtype.kind not in "biuf":
            raise _RefusedError(f"holds an array of {dtype}, which is no array of numbers")
        return dtype


class _Array(_StandIn):
    """numpy.ndarray: version, shape, dtype, whether in Fortran's order, bytes."""

    def array(self) -> np.ndarray:
        shape, dtype, fortran, raw = self.state[-4:]
        if isinstance(raw, str):  # Python 2's bytes
            raw = raw.encode("latin1")
        flat = np.frombuffer(raw, dtype.build())
        return flat.reshape(shape, order="F" if fortran else "C")


class _Sparse(_StandIn):
    """scipy.sparse.csc_matrix and csr_matrix."""

    by_rows = False

    def array(self) -> np.ndarray:
        state = self.state
        data, indices, starts = (_array(state[name]) for name in ("data", "indices", "indptr"))
        rows, columns = (int(side) for side in state.get("_shape", state.get("shape")))
        out = np.zeros((rows, columns), data.dtype)
        lines = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        np.add.at(out, (lines, indices) if self.by_rows else (indices, lines), data)
        return out


class _SparseRows(_Sparse):
    by_rows = True


class _Chumpy(_StandIn):
    """chumpy.ch.Ch holds an array `x`; chumpy.reordering.Select picks elements `idxs` of `a`."""

    def array(self) -> np.ndarray:
        state = self.state
        if "x" in state:
            return _array(state["x"])
        return _array(state["a"]).ravel()[_array(state["idxs"])].reshape(state["preferred_shape"])


def _rebuilt(kind: Any, *_: Any) -> _StandIn:
    """numpy's `_reconstruct` and Python's `_reconstructor`: an empty object of a kind."""
    if not (isinstance(kind, type) and issubclass(kind, _StandIn)):
        raise _RefusedError("holds an object that is no array")
    return kind()


def _encoded(text: str, encoding: str) -> bytes:
    """`_codecs.encode`, with which Python 3 writes bytes for Python 2."""
    return text.encode(encoding if encoding == "latin1" else "utf-8")


_KNOWN: dict[str, Callable[..., Any]] = {
    "numpy.ndarray": _Array,
    "numpy.dtype": _DType,
    "numpy.core.multiarray._reconstruct": _rebuilt,
    "numpy._core.multiarray._reconstruct": _rebuilt,
    "copy_reg._reconstructor": _rebuilt,
    "copyreg._reconstructor": _rebuilt,
    "__builtin__.object": object,
    "builtins.object": object,
    "_codecs.encode": _encoded,
    "scipy.sparse.csc.csc_matrix": _Sparse,
    "scipy.sparse._csc.csc_matrix": _Sparse,
    "scipy.sparse.csr.csr_matrix": _SparseRows,
    "scipy.sparse._csr.csr_matrix": _SparseRows,
    "chumpy.ch.Ch": _Chumpy,
    "chumpy.reordering.Select": _Chumpy,
}


class _Unpickler(pickle.Unpickler):
    """Builds stand-ins of `_KNOWN` and refuses every other name."""

    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        try:
            return _KNOWN[f"{module}.{name}"]
        except KeyError:
            raise _RefusedError(
                f"wants to call {module}.{name}, which no body model needs; do not trust this file"
            ) from None
