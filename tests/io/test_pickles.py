"""Pickles of strangers ask for no more memory than their size justifies, and change nothing."""

import pickle
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vidmotion.errors import InputError
from vidmotion.io import pickles
from vidmotion.io.pickles import NUMPY_CONSTRUCTORS, read_pickle

MOST = 100 * 2**20
"""Bytes that reading any of these small files may take."""


def peak(path: Path) -> tuple[str, int]:
    """The refusal of a file, and the bytes that reading it took."""
    tracemalloc.start()
    try:
        with pytest.raises(InputError) as refused:
            read_pickle(path, "set")
        return str(refused.value), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def save(path: Path, tree: Any) -> Path:
    path.write_bytes(pickle.dumps(tree, 2))
    return path


def test_a_huge_index_allocates_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.pkl"
    path.write_bytes(b"\x80\x02]r" + struct.pack("<I", 2**32 - 1) + b".")
    tracemalloc.start()
    assert read_pickle(path, "set") == []
    assert tracemalloc.get_traced_memory()[1] < MOST
    tracemalloc.stop()


def test_a_byte_array_that_is_cut_off_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.pkl"
    path.write_bytes(b"\x80\x05\x96" + struct.pack("<Q", 2**33) + b"x.")
    message, used = peak(path)
    assert "a.pkl" in message
    assert used < MOST


def test_an_array_that_is_named_many_times_is_refused_before_it_is_copied(tmp_path: Path) -> None:
    path = save(tmp_path / "a.pkl", {"x": [np.zeros(100_000)] * 10_000})  # 820 kB, 8 GB
    message, used = peak(path)
    assert "a.pkl: is small but unpacks to far too much" in message
    assert used < MOST


@pytest.mark.parametrize("as_array", [True, False])
def test_one_long_text_among_many_is_refused(as_array: bool, tmp_path: Path) -> None:
    texts = ["x" * 100_000, *["a"] * 100_000]
    if as_array:
        array = np.empty(len(texts), object)
        array[:] = texts
    path = save(tmp_path / "a.pkl", {"x": array if as_array else texts})  # 300 kB; 40 GB as an array of texts
    message, used = peak(path)
    assert "a.pkl: is small but unpacks to far too much" in message
    assert used < MOST


def test_names_that_are_repeated_for_each_frame_are_read(tmp_path: Path) -> None:
    name = "s_01_act_02_subact_01_ca_01"
    tree = {"source": [name] * 300_000, "xy": np.arange(6.0).reshape(2, 3)}
    read = read_pickle(save(tmp_path / "a.pkl", tree), "set")
    assert read["source"] == tree["source"]
    np.testing.assert_array_equal(read["xy"], tree["xy"])


@pytest.mark.parametrize("name", sorted(NUMPY_CONSTRUCTORS))
@pytest.mark.parametrize("state", [b"}X\x01\x00\x00\x00xK\x01s", b"N}X\x04\x00\x00\x00argsK\x01s\x86"])
def test_a_file_cannot_change_what_other_files_are_read_with(name: str, state: bytes, tmp_path: Path) -> None:
    module, _, attribute = name.rpartition(".")
    before = {one: vars(one).copy() for one in NUMPY_CONSTRUCTORS.values()}
    path = tmp_path / "a.pkl"
    path.write_bytes(b"\x80\x02c" + f"{module}\n{attribute}\n".encode() + state + b"b.")
    with pytest.raises(InputError, match="not a valid set"):
        read_pickle(path, "set")
    assert before == {one: vars(one) for one in NUMPY_CONSTRUCTORS.values()}


def test_the_limit_grows_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickles, "LARGEST_SMALL", 0)
    assert len(read_pickle(save(tmp_path / "a.pkl", [b"x" * 100] * 2 + [b"y" * 1000]), "set")) == 3
    with pytest.raises(InputError, match="unpacks to far too much"):
        read_pickle(save(tmp_path / "a.pkl", [b"x" * 100] * 50_000), "set")
