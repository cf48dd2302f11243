"""A light pack contains recipes and detections, nothing else, and restores them exactly."""

import lzma
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from tests.data.stores import SETTINGS, recipe, write_store
from vidmotion.data import light_pack
from vidmotion.data.light_pack import read_pack, write_pack
from vidmotion.data.store import read_store
from vidmotion.errors import InputError, OutputError


def test_a_pack_gives_back_what_was_packed(tmp_path: Path) -> None:
    write_store(tmp_path / "store", range(3))
    store = read_store(write_store(tmp_path / "store", range(5), people=3))
    path = tmp_path / "light.npz"
    assert write_pack(store, path) == path.stat().st_size
    pack = read_pack(path)
    assert pack.settings == SETTINGS
    assert pack.recipes == [recipe(number, 1 if number < 3 else 3) for number in range(5)]
    for name, array in store.detections.items():
        np.testing.assert_array_equal(pack.detections[name], array)
        assert pack.detections[name].dtype == array.dtype
    with np.load(path) as file:
        assert sorted(file) == ["clips", "score", "state", "store", "visible", "xy"]
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["light.npz"]


def test_steady_points_pack_small(tmp_path: Path) -> None:
    store = read_store(write_store(tmp_path / "store", range(12)))
    path = tmp_path / "light.npz"
    noise = write_pack(store, path)
    for name, still in (("xy", 800), ("score", 200)):
        file = np.memmap(tmp_path / "store" / "detections" / f"{name}.bin", store.detections[name].dtype)
        file[:] = still
        file.flush()
    assert write_pack(read_store(tmp_path / "store"), path) < noise / 5


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04 and no more"])
def test_other_files_are_errors(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.npz"
    with pytest.raises(InputError, match="no such file"):
        read_pack(path)
    path.write_bytes(content)
    with pytest.raises(InputError, match="is no light pack"):
        read_pack(path)


@pytest.mark.parametrize("name", ["clips", "score"])
def test_a_small_pack_cannot_ask_for_endless_memory(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(light_pack, "LARGEST_INDEX", 2**16)
    path = tmp_path / "light.npz"
    write_pack(read_store(write_store(tmp_path / "store", range(1))), path)
    with np.load(path) as file:
        arrays = dict(file)
    bomb = lzma.compress(bytes(2**28), preset=0)
    np.savez(path, **arrays | {name: np.frombuffer(bomb, np.uint8)})
    tracemalloc.start()
    tracemalloc.reset_peak()
    with pytest.raises(InputError, match="is no light pack"):
        read_pack(path)
    assert tracemalloc.get_traced_memory()[1] < 200 * 2**20
    tracemalloc.stop()


def test_a_truncated_pack_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "light.npz"
    write_pack(read_store(write_store(tmp_path / "store", range(3))), path)
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(InputError, match="is no light pack"):
        read_pack(path)
    with pytest.raises(OutputError, match="cannot be written"):
        write_pack(read_store(tmp_path / "store"), tmp_path / "nowhere" / "light.npz")
