"""Reads pickles of arrays from untrusted sources without running any code in them.

For each name that numpy writes into a pickle, a placeholder object is made that keeps its arguments and is converted to
an array afterwards. Every other name is refused, so no code of the file or of any library runs. Does not depend on the
meaning of the arrays.
"""

from __future__ import annotations

import pickle
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import IO, Any, BinaryIO

import numpy as np

from vidmotion.errors import InputError

DAMAGED = (
    ValueError, TypeError, AttributeError, KeyError, IndexError, EOFError, MemoryError, OverflowError,
    RuntimeError, ImportError, SyntaxError, tokenize.TokenError, pickle.UnpicklingError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""Errors that reading damaged or encrypted zip files, pickles and array headers raises."""
MOST_ITEMS = 10_000_000
"""Items of lists and dictionaries; a small pickle can hold endlessly many by naming a list many times."""

Constructors = Mapping[str, Callable[..., Any]]
"""By the full name in the pickle."""


class RefusedError(Exception):
    """A pickle holds something other than an array; the message names it."""


class Placeholder:
    """Keeps the arguments and the state that a pickle gives to an object."""

    def __init__(self, *args: Any) -> None:
        self.args = args
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def array(self) -> np.ndarray:
        """The array that the object stands for.

        Raises:
            RefusedError: it is not an array.
        """
        raise RefusedError(f"holds a {type(self).__name__} where an array belongs")


class _DType(Placeholder):
    """numpy.dtype of numbers, texts or objects; of arrays of objects, only those of texts are accepted later."""

    def build(self) -> np.dtype:
        dtype = np.dtype(str(self.args[0]))
        if self.state and self.state[1] == ">":
            dtype = dtype.newbyteorder(">")
        if dtype.kind not in "biufUSO":
            raise RefusedError(f"holds an array of {dtype}, which is not an array of numbers")
        return dtype


class _Array(Placeholder):
    """numpy.ndarray. Its state is version, shape, dtype, whether the order is Fortran's, and bytes."""

    def array(self) -> np.ndarray:
        shape, dtype, fortran, raw = self.state[-4:]
        return _shaped(raw, dtype.build(), shape, "F" if fortran else "C")


def _shaped(raw: Any, dtype: np.dtype, shape: Any, order: Any) -> np.ndarray:
    if dtype.kind == "O":
        if not all(type(item) is str for item in raw):
            raise RefusedError("holds an array of objects, which is not an array of numbers or texts")
        return np.array(raw, dtype=str).reshape(shape, order=order)
    return np.frombuffer(_bytes(raw), dtype).reshape(shape, order=order)


def _bytes(raw: Any) -> Any:
    """Bytes, also if Python 2 pickled them as text."""
    return raw.encode("latin1") if isinstance(raw, str) else raw


def _from_buffer(raw: Any, dtype: _DType, shape: Any, order: Any) -> np.ndarray:
    """In place of numpy's `_frombuffer`, which pickles of protocol 5 call."""
    return _shaped(raw, dtype.build(), shape, order)


def _scalar(dtype: _DType, raw: Any) -> Any:
    """In place of numpy's `scalar`."""
    return _shaped(raw, dtype.build(), (), "C")[()]


def reconstruct(kind: Any, *_: Any) -> Placeholder:
    """In place of numpy's `_reconstruct` and Python's `_reconstructor`: an empty placeholder of a class."""
    if not (isinstance(kind, type) and issubclass(kind, Placeholder)):
        raise RefusedError("holds an object that is not an array")
    return kind()


def _encoded(text: str, encoding: str) -> bytes:
    """In place of `_codecs.encode`, by which Python 3 writes bytes for Python 2."""
    return text.encode(encoding if encoding == "latin1" else "utf-8")


NUMPY_CONSTRUCTORS: Constructors = {
    "numpy.ndarray": _Array,
    "numpy.dtype": _DType,
    "_codecs.encode": _encoded,
    **{
        f"numpy.{core}.{name}": build
        for core in ("core", "_core")
        for name, build in (
            ("multiarray._reconstruct", reconstruct),
            ("multiarray.scalar", _scalar),
            ("numeric._frombuffer", _from_buffer),
        )
    },
}


class _Unpickler(pickle.Unpickler):
    """Calls the constructors of known names and refuses every other name."""

    def __init__(self, file: IO[bytes], constructors: Constructors, what: str) -> None:
        super().__init__(file, encoding="latin1")
        self._constructors, self._what = constructors, what

    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        try:
            return self._constructors[f"{module}.{name}"]
        except KeyError:
            raise RefusedError(f"calls {module}.{name}, which no {self._what} needs; do not trust this file") from None


def unpickle(file: IO[bytes], constructors: Constructors, what: str) -> Any:
    """The content of a pickle, with placeholders for its objects.

    Args:
        file: the pickle.
        constructors: the names that may occur.
        what: the kind of file, for messages.

    Raises:
        RefusedError: it has a name that `constructors` lacks.
        Exception: one of `DAMAGED`.
    """
    return _Unpickler(file, constructors, what).load()


def read_pickle(path: Path, what: str) -> Any:
    """The lists, dictionaries, texts, numbers and arrays of a pickle; `what` is the kind of file, for messages.

    Raises:
        InputError: the file is missing, damaged, or holds anything else.
    """
    with open_untrusted(path, what) as file:
        return _plain(unpickle(file, NUMPY_CONSTRUCTORS, what))


def unpickle_array(file: IO[bytes], what: str) -> Any:
    """The object that an .npy file of an array of objects without dimensions holds, as `read_pickle` returns it.

    Raises:
        RefusedError: it holds anything else.
        Exception: one of `DAMAGED`.
    """
    version = np.lib.format.read_magic(file)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read_header(file)
    if shape != () or dtype.kind != "O":
        raise RefusedError(f"holds an array of {dtype} of shape {shape}, which is not that of a {what}")
    (content,) = unpickle(file, NUMPY_CONSTRUCTORS, what).state[-1]
    return _plain(content)


@contextmanager
def open_untrusted(path: Path, what: str) -> Iterator[BinaryIO]:
    """Open an untrusted file; errors while it is read become one line that names it.

    Args:
        path: the file.
        what: the kind of file, for messages.

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
        raise InputError(f"{path}: not a valid {what}; the file may be damaged") from None


def _plain(value: Any) -> Any:
    return _convert(value, count(1))


def _convert(value: Any, counter: Iterator[int]) -> Any:
    if next(counter) > MOST_ITEMS:
        raise RefusedError(f"holds more than {MOST_ITEMS:,} items")
    if isinstance(value, Placeholder):
        return value.array()
    if isinstance(value, dict):
        return {_convert(key, counter): _convert(item, counter) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_convert(item, counter) for item in value]
    if value is None or isinstance(value, bool | int | float | str | bytes | np.generic | np.ndarray):
        return value
    raise RefusedError(
        f"holds a {getattr(value, '__name__', type(value).__name__)}, which is not a number, text or array"
    )
