"""Compiles inner loops with numba. Import it only where numba is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba


def compiled(loop: Callable[..., Any]) -> Any:
    """Compile a function at its first call; later programs take the compiled code from the cache on disk."""
    return _compiled(loop, fastmath=True)


def compiled_exactly(loop: Callable[..., Any]) -> Any:
    """As `compiled`, with each operation on floats rounded as IEEE 754 says."""
    return _compiled(loop, fastmath=False)


def _compiled(loop: Callable[..., Any], fastmath: bool) -> Any:
    try:
        return numba.njit(cache=True, fastmath=fastmath, nogil=True)(loop)
    except RuntimeError:  # neither the package's folder nor the user's cache can hold the compiled code
        return numba.njit(fastmath=fastmath, nogil=True)(loop)
