"""Strangers' pickles of arrays, read without running anything in them.

Each name that numpy writes into a pickle builds a small stand-in that keeps what the pickle says and makes an array
of it; every other name is refused, so no code of the file or of any library runs. Knows nothing about what the
arrays mean.
"""

from __future__ import annotations

import pickle
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from vidmotion.errors import InputError

DAMAGED = (
    ValueError, TypeError, AttributeError, KeyError, IndexError, EOFError, MemoryError, OverflowError,
    RecursionError, ImportError, pickle.UnpicklingError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What damaged zip files, pickles and array headers raise."""

Kinds = Mapping[str, Callable[..., Any]]


class RefusedError(Exception):
    """Says what in a pickle is no array."""


class StandIn:
    """Keeps what a pickle gives an object; `array` makes an array of it."""

    def __init__(self, *args: Any) -> None:
        self.args = args
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def array(self) -> np.ndarray:
        raise RefusedError(f"holds a {type(self).__name__} where an array belongs")


class _DType(StandIn):
    """numpy.dtype: numbers, texts, and objects, of which only texts are let through later."""

    def build(self) -> np.dtype:
        dtype = np.dtype(str(self.args[0]))
        if self.state and self.state[1] == ">":
            dtype = dtype.newbyteorder(">")
        if dtype.kind not in "biufUSO":
            raise RefusedError(f"holds an array of {dtype}, which is no array of numbers")
        return dtype


class _Array(StandIn):
    """numpy.ndarray: version, shape, dtype, whether in Fortran's order, bytes."""

    def array(self) -> np.ndarray:
        shape, dtype, fortran, raw = self.state[-4:]
        return _shaped(raw, dtype.build(), shape, "F" if fortran else "C")


def _shaped(raw: Any, dtype: np.dtype, shape: Any, order: Any) -> np.ndarray:
    if dtype.kind == "O":
        if not all(type(item) is str for item in raw):
            raise RefusedError("holds an array of objects, which is no array of numbers or texts")
        return np.array(raw, dtype=str).reshape(shape, order=order)
    return np.frombuffer(_bytes(raw), dtype).reshape(shape, order=order)


def _bytes(raw: Any) -> Any:
    """The bytes that Python 2 pickled as text."""
    return raw.encode("latin1") if isinstance(raw, str) else raw


def _from_buffer(raw: Any, dtype: _DType, shape: Any, order: Any) -> np.ndarray:
    """numpy's `_frombuffer`, which pickles of protocol 5 call."""
    return _shaped(raw, dtype.build(), shape, order)


def _scalar(dtype: _DType, raw: Any) -> Any:
    """numpy's `scalar`."""
    return _shaped(raw, dtype.build(), (), "C")[()]


def rebuilt(kind: Any, *_: Any) -> StandIn:
    """numpy's `_reconstruct` and Python's `_reconstructor`: an empty object of a kind."""
    if not (isinstance(kind, type) and issubclass(kind, StandIn)):
        raise RefusedError("holds an object that is no array")
    return kind()


def _encoded(text: str, encoding: str) -> bytes:
    """`_codecs.encode`, with which Python 3 writes bytes for Python 2."""
    return text.encode(encoding if encoding == "latin1" else "utf-8")


NUMPY: Kinds = {
    "numpy.ndarray": _Array,
    "numpy.dtype": _DType,
    "_codecs.encode": _encoded,
    **{
        f"numpy.{core}.{name}": build
        for core in ("core", "_core")
        for name, build in (
            ("multiarray._reconstruct", rebuilt),
            ("multiarray.scalar", _scalar),
            ("numeric._frombuffer", _from_buffer),
        )
    },
}


class _Unpickler(pickle.Unpickler):
    """Builds stand-ins of `kinds` and refuses every other name."""

    def __init__(self, file: BinaryIO, kinds: Kinds, what: str) -> None:
        super().__init__(file, encoding="latin1")
        self._kinds, self._what = kinds, what

    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        try:
            return self._kinds[f"{module}.{name}"]
        except KeyError:
            raise RefusedError(
                f"wants to call {module}.{name}, which no {self._what} needs; do not trust this file"
            ) from None


def unpickle(file: BinaryIO, kinds: Kinds, what: str) -> Any:
    """What a pickle holds, with stand-ins for its objects.

    Raises:
        RefusedError: it names something that `kinds` lacks; `what` says what the file was taken for.
        Exception: one of `DAMAGED`.
    """
    return _Unpickler(file, kinds, what).load()


def read_pickle(path: Path, what: str) -> Any:
    """The lists, dictionaries, texts, numbers and arrays of a pickle; `what` says what the file is taken for.

    Raises:
        InputError: the file is missing, damaged, or holds anything else.
    """
    with opened(path, what) as file:
        return _plain(unpickle(file, NUMPY, what))


@contextmanager
def opened(path: Path, what: str) -> Iterator[BinaryIO]:
    """A stranger's file; what goes wrong while it is read becomes one line.

    Raises:
        InputError: the file is missing, refused or damaged.
    """
    try:
        with path.open("rb") as file:
            yield file
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None
    except RefusedError as error:
        raise InputError(f"{path}: {error}") from None
    except DAMAGED:
        raise InputError(f"{path}: is no {what}, or is damaged") from None


def _plain(value: Any) -> Any:
    if isinstance(value, StandIn):
        return value.array()
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str | bytes | np.generic | np.ndarray):
        return value
    raise RefusedError(f"holds a {getattr(value, '__name__', type(value).__name__)}, which is no number, text or array")
