"""`vidmotion data import`: which folders it replaces, its errors, and what is left after them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.data.importers.rigs import bvh
from tests.test_imports import loaded
from vidmotion.data.importers import bvh as bvh_reader
from vidmotion.data.importers.bvh import BvhMotion
from vidmotion.data.mocap import read_mocap, read_packed
from vidmotion.data.packed_writer import NewClip, PackedWriter
from vidmotion.errors import InputError, OutputError

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def motion(tmp_path: Path) -> Path:
    path = tmp_path / "in" / "a.bvh"
    path.parent.mkdir()
    path.write_text(bvh(3, 30))
    return path


def test_a_folder_is_replaced_only_when_asked(motion: Path, data: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()  # an empty folder may be used
    assert data("import", "bvh", motion, "-o", out)[0] == 0
    code, message = data("import", "bvh", motion, "-o", out)
    assert (code, "out exists already; pass -y" in message) == (1, True)
    motion.write_text(bvh(5, 30))
    assert data("import", "bvh", motion, "-o", out, "-y")[0] == 0
    assert read_mocap(out, "train").clips[0].frames == 5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]


def test_a_folder_of_other_things_is_never_replaced(motion: Path, data: Run, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("dear")
    code, message = data("import", "bvh", motion, "-o", tmp_path / "home", "-y")
    assert (code, "holds letter.txt, which is no packed motion" in message) == (1, True)
    assert (tmp_path / "home" / "letter.txt").exists()
    code, message = data("import", "bvh", motion, "-o", motion, "-y")
    assert (code, "is a file; choose a folder for the output" in message) == (1, True)


def test_bad_arguments_are_one_line(motion: Path, data: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for args, code, words in (
        (["bvh", tmp_path / "none"], 1, "no such file or folder"),
        (["amc", tmp_path / "in"], 1, "no .amc files there"),
        (["bvh", motion, motion], 1, "there are two clips 'a'"),
        (["fbx", motion], 2, "'fbx' is not one of"),
        (["coco2d", motion, "--size", "big"], 2, "wanted WIDTHxHEIGHT"),
    ):
        got, message = data("import", *args, "-o", out)
        assert (got, words in message, "Traceback" in message) == (code, True, False), message
    assert read_mocap(out, "train").clips[0].name == "a"  # the first of the two was kept


@pytest.mark.parametrize(
    "error", [MemoryError(), KeyError("x"), OverflowError("too\nlarge"), RuntimeError("Bad CRC-32")]
)
def test_no_error_of_one_file_takes_the_others_along(
    error: Exception, motion: Path, data: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (motion.parent / "b.bvh").write_text(bvh(3, 30))
    read = bvh_reader.parse_bvh

    def fails_on_a(text: str) -> BvhMotion:
        if text == "damaged":
            raise error
        return read(text)

    motion.write_text("damaged")
    monkeypatch.setattr(bvh_reader, "parse_bvh", fails_on_a)
    code, message = data("import", "bvh", motion.parent, "-o", tmp_path / "out")
    (told,) = [line for line in message.splitlines() if line.startswith("error: ")]
    assert (code, told.startswith(f"error: {motion}: is ")) == (1, True)
    assert [clip.name for clip in read_mocap(tmp_path / "out", "train").clips] == ["b"]


def test_hidden_files_and_folders_are_not_looked_at(motion: Path, data: Run, tmp_path: Path) -> None:
    for name in ("._a.bvh", ".DS_Store", ".trash/b.bvh"):
        path = motion.parent / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"\x00\x05\x16\x07")
    code, message = data("import", "bvh", motion.parent, motion.parent / "._a.bvh", "-o", tmp_path / "out")
    assert (code, "error" in message) == (0, False), message
    assert [clip.name for clip in read_mocap(tmp_path / "out", "train").clips] == ["a"]


def test_what_is_assumed_is_told_once_for_all_files(motion: Path, data: Run, tmp_path: Path) -> None:
    for name in ("b", "c"):
        (motion.parent / f"{name}.bvh").write_text(bvh(3, 30))
    _, message = data("import", "bvh", motion.parent, "-o", tmp_path / "out")
    assert message.splitlines()[0] == (
        f"{motion} and 2 more: lengths are taken as cm, in which the legs are 0.8 m long (--unit)"
    )


def test_an_interrupted_import_leaves_nothing(tmp_path: Path) -> None:
    clip = NewClip("a", "", "train", np.zeros((2, 17, 3)))

    def interrupted() -> None:
        with PackedWriter(tmp_path / "out", False) as writer:
            writer.append(clip)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not list(tmp_path.iterdir())


def test_clips_that_cannot_be_packed_are_refused(tmp_path: Path) -> None:
    joints = np.zeros((2, 17, 3))
    far, broken = joints.copy(), joints.copy()
    far[1, 3], broken[0, 0, 0] = 4, np.nan
    with PackedWriter(tmp_path / "out", False) as writer:
        writer.append(NewClip("a", "", "train", joints, label="walk, slowly"))
        for values, words in (
            (far, "4.0 m from the root; check `unit`"),
            (broken, "not finite"),
            (joints[:0], "no fr"),
        ):
            with pytest.raises(InputError, match=words):
                writer.append(NewClip("b", "", "train", values))
        with pytest.raises(InputError, match="b holds xy, score, the clips before pos, root"):
            writer.append(NewClip("b", "", "train", xy=joints[..., :2], score=joints[..., 0]))
    packed = read_packed(tmp_path / "out", None)
    assert (len(packed.rows), len(packed.positions)) == (1, 2)
    assert read_mocap(tmp_path / "out", "train").clips[0].label == "walk, slowly"
    with pytest.raises(OutputError, match="exists already"):
        PackedWriter(tmp_path / "out", False)


def test_importing_needs_no_pictures_and_no_scipy() -> None:
    rooms = "vidmotion.cli.data_import, vidmotion.data.importers.import_files, vidmotion.data.packed_keypoints"
    modules = loaded(f"import {rooms}")
    assert not modules & {"cv2", "av", "scipy", "ai_edge_litert", "platformdirs"}
