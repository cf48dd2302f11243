"""Compiles inner loops with numba. Import it only where numba is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba


def compiled(loop: Callable[..., Any]) -> Any:
    """Compile a function at its first call; later programs take the compiled code from the cache on disk."""
    try:
        return numba.njit(cache=True, fastmath=True, nogil=True)(loop)
    except RuntimeError:  # neither the package's folder nor the user's cache can hold the compiled code
        return numba.njit(fastmath=True, nogil=True)(loop)
