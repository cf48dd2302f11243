"""Reads pickles of arrays from untrusted sources without running any code in them.

For each name that numpy writes into a pickle, a placeholder object is made that keeps its arguments and is converted to
an array afterwards. Every other name is refused, so no code of the file or of any library runs. What a pickle unpacks
to is bounded by its size before anything is converted. Does not depend on the meaning of the arrays.
"""

from __future__ import annotations

import pickle
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, Self

import numpy as np

from vidmotion.errors import InputError
from vidmotion.io.plain_text import visible

DAMAGED = (
    ValueError, TypeError, AttributeError, KeyError, IndexError, EOFError, MemoryError, ArithmeticError, RuntimeError,
    ImportError, SyntaxError, tokenize.TokenError, pickle.UnpicklingError, struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""Errors that reading damaged or encrypted zip files, pickles and array headers raises."""
LARGEST_SMALL = 2**26
"""Bytes to which any pickle may unpack; a small one can hold endlessly much by naming a list many times."""
LARGEST_RATIO = 32
"""How many times as large as the pickle its content may be; names that are repeated in long lists need about ten."""
_ITEM = 8
"""Bytes that an item counts for in addition to its content."""
_LONGEST_DTYPE = 16

Constructors = Mapping[str, Callable[..., Any]]
"""By the full name in the pickle."""


class RefusedError(Exception):
    """A pickle holds something other than an array; the message names it."""


class Placeholder:
    """Keeps the arguments and the state that a pickle gives to an object; nothing else of it can be changed."""

    __slots__ = ("_value", "args", "state")

    args: tuple[Any, ...]
    state: Any
    _value: Any

    # Pickles make some objects without calling `__init__`.
    def __new__(cls, *args: Any) -> Self:
        """An object with its arguments, and no state yet."""
        new = super().__new__(cls)
        new.args, new.state, new._value = args, None, None
        return new

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def value(self) -> Any:
        """What the object stands for; converted once, however often it is named.

        Raises:
            RefusedError: it is not an array, or part of one.
        """
        if self._value is None:
            self._value = self.build()
        return self._value

    def build(self) -> Any:
        """Convert the arguments and the state; for `value`."""
        raise RefusedError(f"holds a {type(self).__name__} where an array belongs")


class _DType(Placeholder):
    """numpy.dtype of numbers, texts or objects; of arrays of objects, only those of texts are accepted later."""

    __slots__ = ()

    def build(self) -> np.dtype:
        name = self.args[0]
        if not isinstance(name, str) or len(name) > _LONGEST_DTYPE:
            raise RefusedError("holds an array of an unknown type, which is not an array of numbers")
        dtype = np.dtype(name)
        if self.state and self.state[1] == ">":
            dtype = dtype.newbyteorder(">")
        if dtype.kind not in "biufUSO":
            raise RefusedError(f"holds an array of {dtype}, which is not an array of numbers")
        return dtype


class _Array(Placeholder):
    """numpy.ndarray. Its state is version, shape, dtype, whether the order is Fortran's, and bytes."""

    __slots__ = ()

    def build(self) -> np.ndarray:
        shape, dtype, fortran, raw = self.state[-4:]
        return _shaped(raw, dtype, shape, "F" if fortran else "C")


class _FromBuffer(Placeholder):
    """numpy's `_frombuffer`, which pickles of protocol 5 call. Its arguments are bytes, dtype, shape and order."""

    __slots__ = ()

    def build(self) -> np.ndarray:
        return _shaped(*self.args)


class _Scalar(Placeholder):
    """numpy's `scalar`. Its arguments are dtype and bytes."""

    __slots__ = ()

    def build(self) -> Any:
        dtype, raw = self.args
        return _shaped(raw, dtype, (), "C")[()]


class _Encoded(Placeholder):
    """`_codecs.encode`, by which Python 3 writes bytes for Python 2. Its arguments are text and encoding."""

    __slots__ = ()

    def build(self) -> bytes:
        text, encoding = self.args
        return text.encode(encoding if encoding == "latin1" else "utf-8")


class Reconstructed(Placeholder):
    """numpy's `_reconstruct` and Python's `_reconstructor`: makes an empty placeholder of a class."""

    __slots__ = ()

    def __new__(cls, kind: Any, *_: Any) -> Placeholder:  # type: ignore[misc]
        """The placeholder of the class."""
        if not (isinstance(kind, type) and issubclass(kind, Placeholder)):
            raise RefusedError("holds an object that is not an array")
        return kind()


def _shaped(raw: Any, dtype: _DType, shape: Any, order: Any) -> np.ndarray:
    kind = dtype.value()
    if kind.kind == "O":
        if not all(type(item) is str for item in raw):
            raise RefusedError("holds an array of objects, which is not an array of numbers or texts")
        return np.array(raw, dtype=str).reshape(shape, order=order)
    content = raw.value() if isinstance(raw, _Encoded) else raw
    # Python 2 pickled bytes as text.
    return np.frombuffer(content.encode("latin1") if isinstance(content, str) else content, kind).reshape(
        shape, order=order
    )


NUMPY_CONSTRUCTORS: Constructors = {
    "numpy.ndarray": _Array,
    "numpy.dtype": _DType,
    "_codecs.encode": _Encoded,
    **{
        f"numpy.{core}.{name}": build
        for core in ("core", "_core")
        for name, build in (
            ("multiarray._reconstruct", Reconstructed),
            ("multiarray.scalar", _Scalar),
            ("numeric._frombuffer", _FromBuffer),
        )
    },
}


_CHUNK = 2**20
"""Bytes of a byte array that are read at a time."""


# Python's own implementation in Python: the one in C allocates whatever memory an index in the file asks for.
class _Unpickler(pickle._Unpickler):
    """Calls the constructors of known names and refuses every other name."""

    def __init__(self, file: IO[bytes], constructors: Constructors, what: str) -> None:
        super().__init__(file, encoding="latin1")
        self._constructors, self._what = constructors, what

    def _load_byte_array(self) -> None:
        """Protocol 5 stores arrays in these. Python's own method takes the memory before the bytes are there."""
        (length,) = struct.unpack("<Q", self.read(8))  # type: ignore[attr-defined]
        content = bytearray()
        while len(content) < length:
            part = self.read(min(length - len(content), _CHUNK))  # type: ignore[attr-defined]
            if not part:
                raise pickle.UnpicklingError("a byte array is cut off")
            content += part
        self.append(content)  # type: ignore[attr-defined]

    dispatch = {**pickle._Unpickler.dispatch, pickle.BYTEARRAY8[0]: _load_byte_array}  # type: ignore[dict-item]  # noqa: RUF012

    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        try:
            return self._constructors[f"{module}.{name}"]
        except KeyError:
            called = visible(f"{module}.{name}")
            raise RefusedError(f"calls {called}, which no {self._what} needs; do not trust this file") from None


def unpickle(file: IO[bytes], constructors: Constructors, what: str) -> Any:
    """The content of a pickle, with placeholders for its objects.

    Args:
        file: the pickle.
        constructors: the names that may occur.
        what: the kind of file, for messages.

    Raises:
        RefusedError: it has a name that `constructors` lacks, or would unpack to far more than its size.
        Exception: one of `DAMAGED`.
    """
    content = _Unpickler(file, constructors, what).load()
    _Sizes(max(LARGEST_SMALL, LARGEST_RATIO * file.tell())).of(content)
    return content


class _Sizes:
    """Bytes to which values unpack, with everything counted as often as it is named."""

    def __init__(self, most: int) -> None:
        """Begin.

        Args:
            most: bytes of one value.
        """
        self._most = most
        self._known: dict[int, int] = {}

    def of(self, value: Any) -> int:
        """Bytes of one value.

        Raises:
            RefusedError: too many.
            RecursionError: the value contains itself.
        """
        if isinstance(value, str | bytes | bytearray):
            return _ITEM + len(value)
        if not isinstance(value, list | tuple | dict | Placeholder):
            return _ITEM
        size = self._known.get(id(value))
        if size is None:
            size = self._known[id(value)] = _ITEM + self._of_items(value)
            if size > self._most:
                raise RefusedError("is small but unpacks to far too much; do not trust this file")
        return size

    def _of_items(self, value: Any) -> int:
        if isinstance(value, Placeholder):
            return self.of(value.args) + self.of(value.state)
        if isinstance(value, dict):
            return self._sum(value) + self._sum(value.values())
        # An array of texts gives each the room of the longest.
        longest = max((len(item) for item in value if isinstance(item, str)), default=0)
        return max(self._sum(value), longest * len(value) if isinstance(value, list) else 0)

    def _sum(self, items: Iterable[Any]) -> int:
        return sum(map(self.of, items))


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
    if isinstance(value, Placeholder):
        return value.value()
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return value
    raise RefusedError(
        f"holds a {getattr(value, '__name__', type(value).__name__)}, which is not a number, text or array"
    )
