"""A repr of a line or so for values that hold large arrays. Imports only numpy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

MOST_ITEMS = 20
"""A longer tuple is shown by its length."""


class ShortRepr:
    """Shows the fields of a dataclass: arrays by type and shape, other values by name, number and frames.

    Use it with `@dataclass(repr=False)`.
    """

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={_short(field)}" for name, field in vars(self).items())
        return f"{type(self).__name__}({fields})"


def _short(field: Any) -> str:
    if isinstance(field, np.ndarray):
        return f"<{field.dtype} {field.shape}>"
    if isinstance(field, ShortRepr):
        number = f" {field.id}" if hasattr(field, "id") else ""
        frames = f" of {len(field)} frames" if hasattr(field, "__len__") else ""
        return f"<{type(field).__name__}{number}{frames}>"
    if isinstance(field, Mapping):
        return f"<{', '.join(map(str, field))}>"
    if isinstance(field, tuple):
        return f"<{len(field)} items>" if len(field) > MOST_ITEMS else f"({', '.join(map(_short, field))})"
    return repr(field)
