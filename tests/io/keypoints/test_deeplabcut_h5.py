"""DeepLabCut's H5 gives what its CSV gives. The files are laid out as pandas and PyTables write them."""

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vidmotion.errors import InputError, MissingExtraError
from vidmotion.io.keypoints import KeypointFile, pandas_h5, read_keypoint_file

h5py = pytest.importorskip("h5py")
PARTS = ["left_hip", "right_hip"]
LEVELS = ["scorer", "individuals", "bodyparts", "coords"]
COLUMNS = [("DLC", who, part, at) for who in ("a", "b") for part in PARTS for at in ("x", "y", "likelihood")]
VALUES = np.arange(36.0).reshape(3, 12) / 50
VALUES[1, :6] = np.nan  # the first individual is not in frame 1


def text(value: Any) -> np.bytes_:
    """A pickle as PyTables keeps it in an attribute."""
    return np.bytes_(pickle.dumps(value, 0))


def table(path: Path, kind: Any = None) -> Path:
    """The format of `analyze_videos`."""
    with h5py.File(path, "w") as file:
        group = file.create_group("df_with_missing")
        group.attrs["pandas_type"] = np.bytes_(b"frame_table")
        group.attrs["info"] = text({1: {"names": LEVELS, "type": "MultiIndex"}, "index": {}})
        rows = np.zeros(3, [("index", "<i8"), ("values_block_0", "<f8", (12,))])
        rows["index"], rows["values_block_0"] = [0, 1, 2], VALUES
        data = group.create_dataset("table", data=rows)
        data.attrs["values_block_0_kind"] = kind or text(COLUMNS)
    return path


def fixed(path: Path, index: list[bytes] | None = None) -> Path:
    """The format of `CollectedData`; rows of labels are named by their pictures."""
    with h5py.File(path, "w") as file:
        group = file.create_group("df_with_missing")
        group.attrs["pandas_type"] = np.bytes_(b"frame")
        group.attrs["nblocks"] = 1
        group.attrs["block0_items_nlevels"] = len(LEVELS)
        for level, (name, entries) in enumerate(zip(LEVELS, zip(*COLUMNS, strict=True), strict=True)):
            known = list(dict.fromkeys(entries))
            group[f"block0_items_level{level}"] = [entry.encode() for entry in known]
            group[f"block0_items_level{level}"].attrs["name"] = np.bytes_(name.encode())
            group[f"block0_items_label{level}"] = np.array([known.index(entry) for entry in entries], np.int8)
        group["block0_values"] = VALUES
        if index is None:
            group["axis1"] = np.arange(3)
        else:
            group.attrs["axis1_nlevels"] = 3
            for level, names in enumerate(([b"labeled-data"], [b"video"], index)):
                group[f"axis1_level{level}"] = names
                group[f"axis1_level{level}"].attrs["name"] = np.bytes_(b"N.")
                group[f"axis1_label{level}"] = np.arange(3, dtype=np.int8) % len(names)
    return path


def read(path: Path) -> KeypointFile:
    content = read_keypoint_file(path)
    assert isinstance(content, KeypointFile)
    return content


@pytest.mark.parametrize("write", [table, fixed])
def test_h5_is_read_as_csv_is(write: Any, tmp_path: Path) -> None:
    rows = [[name, *(column[at] for column in COLUMNS)] for at, name in enumerate(LEVELS)]
    rows += [[str(frame), *("" if np.isnan(cell) else str(cell) for cell in row)] for frame, row in enumerate(VALUES)]
    (tmp_path / "a.csv").write_text("\n".join(map(",".join, rows)))
    wanted, content = read(tmp_path / "a.csv"), read(write(tmp_path / "a.h5"))
    assert content.point_names == wanted.point_names == tuple(PARTS)
    assert [(one.frame, one.person_id) for one in content.people] == [(0, 0), (0, 1), (1, 1), (2, 0), (2, 1)]
    for one, other in zip(content.people, wanted.people, strict=True):
        np.testing.assert_array_equal(one.points, other.points)


def test_labels_are_numbered_by_their_pictures(tmp_path: Path) -> None:
    content = read(fixed(tmp_path / "a.h5", [b"img004.png", b"img007.png", b"img012.png"]))
    assert [one.frame for one in content.people] == [4, 4, 7, 12, 12]


class Attack:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, ("touch attacked",)


def test_what_cannot_be_read_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    whole = fixed(tmp_path / "whole.h5").read_bytes()
    (tmp_path / "cut.h5").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.h5").write_text("no HDF5")
    table(tmp_path / "attack.h5", text(Attack()))
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["tracks"] = np.zeros(3)
    fixed(tmp_path / "large.h5")
    with h5py.File(tmp_path / "large.h5", "r+") as file:
        del file["df_with_missing/block0_values"]
        file["df_with_missing"].create_dataset("block0_values", (10**8, 12), "<f8", chunks=True)
    for name, message in {
        "cut.h5": "cut.h5: cannot be read",
        "text.h5": "text.h5: cannot be read",
        "attack.h5": "attack.h5: calls posix.system",
        "other.h5": "other.h5: holds 0 tables of pandas",
        "large.h5": "large.h5: .*is small but unpacks to 9,600,000,000 bytes",
    }.items():
        with pytest.raises(InputError, match=message) as caught:
            read(tmp_path / name)
        assert "\n" not in str(caught.value)
    assert not (tmp_path / "attacked").exists()


def test_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pandas_h5, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"a\.h5: .* needs h5py: run `pip install 'vidmotion\[h5\]'`"):
        read(table(tmp_path / "a.h5"))
