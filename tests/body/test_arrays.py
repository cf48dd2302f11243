"""Body files of strangers: arrays come out, and nothing in the file runs."""

import os
import pickle
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse

from vidmotion.body.arrays import read_arrays
from vidmotion.errors import InputError

VALUES = np.arange(24, dtype=np.float64).reshape(2, 3, 4)


class Ch:
    """Stands for chumpy's class of the same name, which holds its array in `x`."""

    def __init__(self, x: np.ndarray) -> None:
        self.x = x


class Select:
    """Stands for chumpy's: elements `idxs` of `a` in a shape."""

    def __init__(self, a: Ch, idxs: np.ndarray, preferred_shape: tuple[int, ...]) -> None:
        self.a, self.idxs, self.preferred_shape = a, idxs, preferred_shape


@pytest.fixture
def chumpy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chumpy's module names, so that pickle finds what it writes."""
    for name, kind in (("chumpy.ch", Ch), ("chumpy.reordering", Select)):
        module = types.ModuleType(name)
        setattr(module, kind.__name__, kind)
        monkeypatch.setattr(kind, "__module__", name)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setitem(sys.modules, "chumpy", types.ModuleType("chumpy"))


def save(path: Path, tree: Any, protocol: int = 2) -> Path:
    path.write_bytes(pickle.dumps(tree, protocol))
    return path


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_official_pickles_hold_numpy_chumpy_and_sparse_arrays(chumpy: None, tmp_path: Path, protocol: int) -> None:
    sparse = scipy.sparse.random(24, 50, 0.1, random_state=0)
    tree = {
        "plain": VALUES,
        "fortran": np.asfortranarray(VALUES),
        "whole": np.arange(6, dtype=np.uint32),
        "ch": Ch(VALUES),
        "select": Select(Ch(VALUES), np.array([3, 1, 8, 0]), (2, 2)),
        "columns": scipy.sparse.csc_matrix(sparse),
        "rows": scipy.sparse.csr_matrix(sparse),
        "text": "not asked for",
    }
    names = tuple(name for name in tree if name != "text")
    arrays = read_arrays(save(tmp_path / "body.pkl", tree, protocol), (*names, "absent"))
    assert set(arrays) == set(names)
    for name in ("plain", "fortran", "ch"):
        np.testing.assert_array_equal(arrays[name], VALUES)
    assert arrays["whole"].dtype == np.uint32
    np.testing.assert_array_equal(arrays["select"], [[3, 1], [8, 0]])
    for name in ("columns", "rows"):
        np.testing.assert_array_equal(arrays[name], sparse.toarray())


def test_python_2_pickles_are_read(tmp_path: Path) -> None:
    # As Python 2 and numpy 1 wrote it: bytes as text, numpy.core, copy_reg.
    raw = pickle.dumps({"x": np.array([1.5, -2.0])}, 2, fix_imports=True)
    raw = raw.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    (tmp_path / "old.pkl").write_bytes(raw)
    np.testing.assert_array_equal(read_arrays(tmp_path / "old.pkl", ("x",))["x"], [1.5, -2.0])


def test_a_small_file_cannot_ask_for_a_huge_matrix(tmp_path: Path) -> None:
    path = save(tmp_path / "body.pkl", {"x": scipy.sparse.csc_matrix(([1.0], ([0], [0])), (40_000, 40_000))})
    with pytest.raises(InputError, match="holds a matrix of 40000 x 40000 numbers, which no body model has"):
        read_arrays(path, ("x",))


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("touch owned",)


class Hidden:
    """Calls a function through numpy's own reconstruction."""

    def __reduce__(self) -> tuple[Any, ...]:
        return np.frombuffer, (b"12345678",)


@pytest.mark.parametrize("value", [Evil(), Hidden(), Path("x"), np.array([Evil()], object)])
def test_a_pickle_that_calls_code_is_refused_and_runs_nothing(
    value: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = save(tmp_path / "evil.pkl", {"v_template": value})
    with pytest.raises(InputError, match=r"evil\.pkl: (calls|holds)"):
        read_arrays(path, ("v_template",))
    assert [path.name for path in tmp_path.iterdir()] == ["evil.pkl"]


def test_an_npz_with_objects_inside_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "evil.npz", x=np.array([Evil()], object))
    with pytest.raises(InputError, match="not a valid body model"):
        read_arrays(tmp_path / "evil.npz", ("x",))
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.pkl", b""), ("a.pkl", b"hello"), ("a.npz", b"PK\x03\x04"), ("a.pkl", pickle.dumps([1])), ("a.txt", b"x")],
)
def test_damaged_and_foreign_files_are_one_error(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=r"^\S+a\.\w+: "):
        read_arrays(tmp_path / name, ("x",))


def test_a_truncated_array_is_refused(tmp_path: Path) -> None:
    whole = pickle.dumps({"x": VALUES}, 2)
    (tmp_path / "cut.pkl").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="damaged"):
        read_arrays(tmp_path / "cut.pkl", ("x",))
