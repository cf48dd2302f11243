"""Checkpoints of strangers: whatever is wrong with them is one line, and no code runs."""

import io
import pickle
import zipfile
from pathlib import Path

import pytest
import torch

from vidmotion.errors import InputError
from vidmotion.io.torch_files import load_torch_file


class Endless:
    """A byte array of 64 GB."""

    def __reduce__(self) -> tuple[type[bytearray], tuple[int]]:
        return bytearray, (2**36,)


def archive(content: bytes, compression: int = zipfile.ZIP_STORED) -> bytes:
    """A file of `torch.save` with another pickle in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as opened:
        opened.writestr("a/data.pkl", content)
        opened.writestr("a/version", "3")
    return file.getvalue()


TENSORS = pickle.dumps({"a": [1, "b", 2.5]}, 2)


def test_plain_values_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    torch.save({"x": torch.arange(3), "y": [1, "b"]}, path)
    read = load_torch_file(path)
    assert read["x"].tolist() == [0, 1, 2]
    assert read["y"] == [1, "b"]
    path.write_bytes(archive(TENSORS))
    assert load_torch_file(path) == {"a": [1, "b", 2.5]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "."),
        (b"hello", "it is damaged, or no file of PyTorch"),
        (b"PK\x03\x04", "."),
        (archive(b"."), "."),  # takes a value from nowhere
        (archive(b"\x80\x02}(X\x01\x00\x00\x00a"), "."),
        (archive(TENSORS, zipfile.ZIP_DEFLATED), "it is compressed"),
        (archive(pickle.dumps(Endless(), 2)), "it holds a byte array"),
        (pickle.dumps(Endless(), 2), "it holds a byte array"),
    ],
)
def test_what_cannot_be_read_is_one_line(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.pt").write_bytes(content)
    with pytest.raises(InputError, match=message) as refused:
        load_torch_file(tmp_path / "a.pt")
    assert "\n" not in str(refused.value)


def test_sizes_that_are_texts_are_one_line(tmp_path: Path) -> None:
    file = io.BytesIO()
    torch.save(torch.zeros(3), file)
    with zipfile.ZipFile(file) as opened:
        members = {member: opened.read(member) for member in opened.namelist()}
    with zipfile.ZipFile(tmp_path / "a.pt", "w") as opened:
        for name, content in members.items():
            opened.writestr(name, content.replace(b"K\x03\x85", b"X\x01\x00\x00\x003\x85"))
    with pytest.raises(InputError) as refused:
        load_torch_file(tmp_path / "a.pt")
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_named_as_such(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_torch_file(tmp_path / "a.pt")
