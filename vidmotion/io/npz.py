"""Reads .npz files of strangers: without pickle, and into no more memory than their size justifies.

Does not depend on the meaning of the arrays.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import BinaryIO

import numpy as np

LARGEST_SMALL = 2**28
"""Bytes to which any file may unpack; a small one can hold a thousand times its size."""
LARGEST_RATIO = 64
"""How many times as large as the file its arrays may be; motions compress to a half or a third."""


def read_npz_arrays(file: BinaryIO, names: Collection[str] | None = None) -> dict[str, np.ndarray]:
    """The arrays of an .npz file by name: those of `names` that it has, or all.

    Raises:
        Exception: one of `vidmotion.io.pickles.DAMAGED`: it is no such file, is damaged, holds objects, or would unpack
            to far more than its size.
        OSError: it cannot be read.
    """
    size = file.seek(0, 2)
    file.seek(0)
    with np.load(file, allow_pickle=False) as content:
        if sum(member.file_size for member in content.zip.infolist()) > max(LARGEST_SMALL, LARGEST_RATIO * size):
            raise ValueError("it is small but unpacks to far too much")
        arrays = {name: content[name] for name in content.files if names is None or name in names}
    # What is in the archive and has no header of an array comes as bytes.
    return {name: array for name, array in arrays.items() if isinstance(array, np.ndarray)}
