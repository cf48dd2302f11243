"""Parses JSON of strangers: whatever is wrong with the text is a ValueError. Does not depend on what it describes."""

from __future__ import annotations

import json
from typing import Any, NoReturn


def parse_json(text: str | bytes, *, strict: bool = False) -> Any:
    """The tree of a JSON text.

    Args:
        strict: whether NaN and Infinity are refused, which programs write although JSON does not have them.

    Raises:
        ValueError: it is not JSON, or nested too deeply to be read.
    """
    try:
        return json.loads(text, parse_constant=_refuse if strict else None)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number")
