"""Archives of strangers ask for no more memory than their size justifies."""

import io
import zipfile

import numpy as np
import pytest

from vidmotion.io import npz
from vidmotion.io.npz import read_npz_arrays
from vidmotion.io.pickles import DAMAGED


def archive(**members: bytes) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as opened:
        for name, content in members.items():
            opened.writestr(f"{name}.npy", content)
    return file


def array(values: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def test_only_the_wanted_arrays_are_read() -> None:
    file = archive(a=array(np.arange(3)), b=array(np.arange(4)), text=b"no array")
    assert {name: value.tolist() for name, value in read_npz_arrays(file, ("a", "c")).items()} == {"a": [0, 1, 2]}
    assert sorted(read_npz_arrays(file)) == ["a", "b"]


def test_a_small_archive_cannot_unpack_to_far_more_than_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(npz, "LARGEST_SMALL", 2**20)
    half = array(np.zeros(2**19 - 500, np.uint8))
    assert sorted(read_npz_arrays(archive(a=half))) == ["a"]
    with pytest.raises(ValueError, match="unpacks to far too much"):
        read_npz_arrays(archive(a=half, b=half, c=half))


def test_a_header_that_promises_more_than_there_is() -> None:
    content = array(np.zeros((10, 10))).replace(b"(10, 10)", b"(10, 1000000000000)")
    with pytest.raises(DAMAGED):
        read_npz_arrays(archive(a=content))
