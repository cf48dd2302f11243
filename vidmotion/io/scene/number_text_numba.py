"""The text of JSON arrays of numbers, written and read by compiled loops. Import it only where numba is installed.

Texts and values are exactly those of Python's `json` module; what these loops cannot do exactly they refuse.
"""

from __future__ import annotations

import numpy as np

from vidmotion.geometry.compiled import compiled_exactly
from vidmotion.types import Floats, Ints

MOST_BYTES = 32
"""Of one number, with the brackets and the comma around it."""
_DEEPEST = 4
_LARGEST = 10**15
"""Each whole number below it, divided by a power of ten, is read back as the same digits."""
_POWERS = np.array([10.0**power for power in range(23)])
"""All that a float holds exactly."""
_SPACES, _DIGIT, _MINUS, _PLUS, _POINT, _COMMA, _QUOTE, _BACKSLASH = (9, 10, 13, 32), 48, 45, 43, 46, 44, 34, 92
_OPEN, _CLOSE, _E, _SMALL_E, _N, _I = 91, 93, 69, 101, 78, 73


@compiled_exactly
def write_rows(rows: Floats, groups: Ints, decimals: int, out: np.ndarray) -> int:
    """Write "[a,b],[c,d]" for finite numbers, rounded as `numpy.round` does and written as `repr` does.

    Args:
        rows: (N, C) float64.
        groups: (G,) numbers of rows, each of which stand in brackets of their own.
        decimals: 1 to 15 that are kept.
        out: (N * C * MOST_BYTES,) uint8.

    Returns:
        the number of bytes; -1 if a number is too large.
    """
    end = 0
    for row in range(rows.shape[0]):
        if row:
            out[end] = _COMMA
            end += 1
        for group in groups:
            if row % group == 0:
                out[end] = _OPEN
                end += 1
        for column in range(rows.shape[1]):
            out[end] = _COMMA if column else _OPEN
            scaled = np.rint(rows[row, column] * _POWERS[decimals])
            if abs(scaled) >= _LARGEST:
                return -1
            end = _write_number(np.int64(scaled), decimals, out, end + 1)
        out[end] = _CLOSE
        end += 1
        for group in groups:
            if (row + 1) % group == 0:
                out[end] = _CLOSE
                end += 1
    return end


@compiled_exactly
def _write_number(scaled: int, decimals: int, out: np.ndarray, end: int) -> int:
    """Write scaled / 10**decimals."""
    if scaled < 0:
        out[end] = _MINUS
        end += 1
        scaled = -scaled
    while decimals > 1 and scaled % 10 == 0:
        scaled //= 10
        decimals -= 1
    digits = 1
    power = 10
    while scaled >= power:
        power *= 10
        digits += 1
    exponent = digits - 1 - decimals  # of the first digit
    if scaled and exponent < -4:
        return _write_scientific(scaled, digits, -exponent, out, end)
    digits = max(digits, decimals + 1)
    size = digits + 1
    for place in range(size - 1, -1, -1):
        if place == digits - decimals:
            out[end + place] = _POINT
        else:
            out[end + place] = _DIGIT + scaled % 10
            scaled //= 10
    return end + size


@compiled_exactly
def _write_scientific(scaled: int, digits: int, exponent: int, out: np.ndarray, end: int) -> int:
    """Write the digits as "1.25e-05"; no zero ends them."""
    size = digits if digits == 1 else digits + 1
    for place in range(size - 1, -1, -1):
        if place == 1:
            out[end + place] = _POINT
        else:
            out[end + place] = _DIGIT + scaled % 10
            scaled //= 10
    end += size
    out[end] = _SMALL_E
    out[end + 1] = _MINUS
    out[end + 2] = _DIGIT + exponent // 10
    out[end + 3] = _DIGIT + exponent % 10
    return end + 4


@compiled_exactly
def next_array(text: np.ndarray, start: int) -> int:
    """The place of the next "[" outside of strings; the end of the text if there is none.

    Args:
        text: (N,) uint8.
        start: where to look from, outside of strings.

    Returns:
        the place; -1 if something like NaN or Infinity comes before it.
    """
    at = start
    while at < len(text):
        byte = text[at]
        if byte == _OPEN:
            return at
        if byte in (_N, _I):
            return -1
        if byte == _QUOTE:
            at += 1
            while at < len(text) and text[at] != _QUOTE:
                at += 2 if text[at] == _BACKSLASH else 1
        at += 1
    return len(text)


@compiled_exactly
def read_array(text: np.ndarray, start: int) -> tuple[int, int, np.ndarray, bool, np.ndarray]:
    """Read a nested array of numbers whose rows are equally long.

    Args:
        text: (N,) uint8.
        start: the place of its "[".

    Returns:
        the place after it, the number of axes, (4,) their sizes from the first on, whether all numbers are whole, and
        the (S,) float64 numbers. The place is -1 if it is no such array, or a number has too many digits.
    """
    sizes = np.full(_DEEPEST, -1)
    counts = np.zeros(_DEEPEST + 1, np.int64)
    values = np.empty(256)
    count, depth, leaf, whole, at = 0, 0, -1, True, start
    while at < len(text):
        byte = text[at]
        if byte in _SPACES:
            at += 1
            continue
        if byte == _OPEN:
            if depth == _DEEPEST or 0 < leaf <= depth:
                break
            depth += 1
            counts[depth] = 0
            at += 1
            continue
        if leaf == -1:
            leaf = depth
        if leaf != depth:
            break
        at, value, is_whole = _read_number(text, at)
        if at < 0:
            break
        if count == len(values):
            larger = np.empty(2 * count)
            larger[:count] = values
            values = larger
        values[count] = value
        whole = whole and is_whole
        count += 1
        counts[depth] += 1
        # What follows a value: the ends of arrays, and a comma before the next value.
        while at < len(text):
            byte = text[at]
            at += 1
            if byte == _COMMA:
                break
            if byte in _SPACES:
                continue
            if byte != _CLOSE or sizes[depth - 1] not in (-1, counts[depth]):
                return -1, 0, sizes, False, values[:0]
            sizes[depth - 1] = counts[depth]
            depth -= 1
            if depth == 0:
                return at, leaf, sizes, whole, values[:count].copy()
            counts[depth] += 1
    return -1, 0, sizes, False, values[:0]


@compiled_exactly
def _read_number(text: np.ndarray, start: int) -> tuple[int, float, bool]:
    """The place after a number of JSON, or -1 if there is none; the number; whether it is written as a whole one."""
    at, end = start, len(text)
    negative = text[at] == _MINUS
    if negative:
        at += 1
    first, digits = at, np.int64(0)
    while at < end and _is_digit(text[at]):
        digits = 10 * digits + (text[at] - _DIGIT)
        at += 1
        if digits >= _LARGEST:
            return -1, 0.0, False
    if at == first or (text[first] == _DIGIT and at > first + 1):
        return -1, 0.0, False
    power, whole = 0, True
    if at < end and text[at] == _POINT:
        whole = False
        first = at = at + 1
        while at < end and _is_digit(text[at]):
            digits = 10 * digits + (text[at] - _DIGIT)
            at += 1
            if digits >= _LARGEST:
                return -1, 0.0, False
        if at == first:
            return -1, 0.0, False
        power = first - at
    if at < end and text[at] in (_E, _SMALL_E):
        whole = False
        at, exponent = _read_exponent(text, at + 1)
        power += exponent
    if at < 0 or abs(power) >= len(_POWERS):
        return -1, 0.0, False
    if whole:
        return at, float(-digits if negative else digits), True
    value = digits / _POWERS[-power] if power < 0 else digits * _POWERS[power]
    return at, -value if negative else value, False


@compiled_exactly
def _read_exponent(text: np.ndarray, start: int) -> tuple[int, int]:
    """The place after an exponent, and the exponent; the place is -1 if there is none, or it has over two digits."""
    at, end = start, len(text)
    negative = at < end and text[at] == _MINUS
    if at < end and text[at] in (_MINUS, _PLUS):
        at += 1
    first, exponent = at, 0
    while at < end and _is_digit(text[at]):
        exponent = 10 * exponent + (text[at] - _DIGIT)
        at += 1
        if at > first + 2:
            return -1, 0
    return (at if at > first else -1), (-exponent if negative else exponent)


@compiled_exactly
def _is_digit(byte: int) -> bool:
    return _DIGIT <= byte <= _DIGIT + 9
