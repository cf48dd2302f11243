"""`vidmotion data import`: which folders it replaces, its errors, and what is left after them."""

import csv
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


@pytest.mark.parametrize("name", ["results.npy", "mine_pos.npy", "index.csv"])
def test_a_users_own_file_is_not_taken_for_packed_motion(motion: Path, data: Run, tmp_path: Path, name: str) -> None:
    """Not even by its name, and not beside packed motion."""
    out = tmp_path / "mine"
    if name != "index.csv":
        assert data("import", "bvh", motion, "-o", out)[0] == 0
    out.mkdir(exist_ok=True)
    (out / name).unlink(missing_ok=True)
    (out / name).write_text("animal,weight\ncat,4\n") if name == "index.csv" else np.save(out / name, np.arange(5))
    before = (out / name).read_bytes()
    code, message = data("import", "bvh", motion, "-o", out, "-y")
    assert (code, f"holds {name}, which is no packed motion" in message) == (1, True)
    assert (out / name).read_bytes() == before


def test_a_file_that_appears_while_others_are_imported_stays(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for content in range(2):
        with PackedWriter(out, overwrite=True) as writer:
            writer.append(NewClip(f"{content}", "", "train", np.zeros((2, 17, 3))))
    with (  # noqa: PT012
        pytest.raises(OutputError, match=r"holds letter\.txt"),
        PackedWriter(out, overwrite=True) as writer,
    ):
        writer.append(NewClip("2", "", "train", np.zeros((2, 17, 3))))
        (out / "letter.txt").write_text("dear")
    assert (out / "letter.txt").read_text() == "dear"
    assert [row["clip"] for row in read_packed(out, None).rows] == ["1"]


def test_bad_arguments_are_one_line(motion: Path, data: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for args, code, words in (
        (["bvh", tmp_path / "none"], 1, "no such file or folder"),
        (["amc", tmp_path / "in"], 1, "no .amc files there"),
        (["bvh", motion, motion], 1, "there are two clips 'a'"),
        (["fbx", motion], 2, "'fbx' is not one of"),
        (["coco2d", motion, "--size", "big"], 2, "wanted WIDTHxHEIGHT"),
        (["bvh", motion, "--subjects", "s[0-9]+"], 2, "has no group"),
        (["bvh", motion, "--subjects", "(s"], 2, "is not a regular expression"),
        (["ntu", motion, "--subjects", "(s)"], 2, "is not for ntu"),
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


def two(folder: Path) -> Path:
    """A folder with a motion each of anna and ben."""
    for name in ("s1_anna/walk.bvh", "s2_ben/walk.bvh"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(bvh(3, 30))
    return folder


def index(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((folder / "index.csv").read_text().splitlines()))


def test_a_pattern_gives_the_subjects(data: Run, tmp_path: Path) -> None:
    source, out = two(tmp_path / "in"), tmp_path / "out"
    (source / "test.bvh").write_text(bvh(3, 30))
    code, message = data("import", "bvh", source, "-o", out, "--subjects", r"s\d+_(\w+)/", "--val", "ben")
    assert (code, "test.bvh: the pattern of --subjects finds nothing in 'test.bvh'" in message) == (1, True), message
    assert [(row["clip"], row["subject"], row["split"]) for row in index(out)] == [
        ("s1_anna/walk", "anna", "train"), ("s2_ben/walk", "ben", "val"),
    ]  # fmt: skip


def test_a_table_tells_what_is_known_of_each_file(data: Run, tmp_path: Path) -> None:
    source, out, table = two(tmp_path / "in"), tmp_path / "out", tmp_path / "files.csv"
    table.write_text(
        "file;subject;class;description;split;up;unit\n"
        "s1_anna/walk.bvh;Anna;walk;Anna walks, slowly;test;;m\n"
        "s2_ben/walk;;run;;;z;\n",
        encoding="utf-8-sig",
    )
    (source / "s1_anna" / "walk.bvh").write_text(bvh(3, 30, scale=0.015))  # a leg of 1.2 m
    code, message = data("import", "bvh", source, "-o", out, "--table", table)
    assert code == 0, message
    told = ("subject", "class", "description", "split")
    assert [tuple(row[name] for name in told) for row in index(out)] == [
        ("Anna", "walk", "Anna walks, slowly", "test"), ("s2_ben", "run", "", "train"),
    ]  # fmt: skip
    joints = {split: read_mocap(out, split).clip(0).numpy()[0] for split in ("train", "test")}
    assert joints["test"][4, 1] - joints["test"][6, 1] == pytest.approx(1.2, abs=1e-3)
    assert joints["train"][4, 2] - joints["train"][6, 2] == pytest.approx(-0.8, abs=1e-3)  # Y is not up here


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("subject\nanna\n", "has no column `file`; wanted file, subject, class"),
        ("file,klass\nwalk,1\n", "has a column 'klass'; wanted file, subject, class"),
        ("file\nwalk.bvh\n", "line 2: 2 files are called 'walk.bvh'; write the path below the folder"),
        ("file\ns1_anna/walk\nrun.bvh\n", "line 3: there is no file 'run.bvh' among those to import"),
        ("file\ns1_anna/walk\ns1_anna/walk.bvh\n", "line 3: 's1_anna/walk.bvh' has a row already"),
        ("file,split\ns1_anna/walk,dev\n", "line 2: split is 'dev'; wanted train, val, test"),
        ("file,up\ns1_anna/walk,x\n", "line 2: up is 'x'; wanted auto, y, z"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_first(text: str, words: str, data: Run, tmp_path: Path) -> None:
    (tmp_path / "files.csv").write_text(text)
    code, message = data(
        "import", "bvh", two(tmp_path / "in"), "-o", tmp_path / "out", "--table", tmp_path / "files.csv"
    )
    assert (code, words in message, message.count("\n")) == (1, True, 1), message
    assert not (tmp_path / "out").exists()


def test_rotations_are_kept_only_if_all_clips_have_them(motion: Path, data: Run, tmp_path: Path) -> None:
    code, _ = data("import", "bvh", motion, "-o", tmp_path / "out")
    assert (code, read_packed(tmp_path / "out", None).rotations is None) == (0, False)
    lying = bvh(3, 30, {f"{side}_hip": np.tile([0, 0, 90.0], (3, 1)) for side in ("left", "right")})
    (motion.parent / "b.bvh").write_text(lying.replace("OFFSET 0.0 -40.0 0.0", "OFFSET 0 0 40"))
    code, message = data("import", "bvh", motion.parent, "-o", tmp_path / "out", "-y")
    assert (code, "b.bvh: has no rotations, so those of the others are left out" in message) == (0, True), message
    packed = read_packed(tmp_path / "out", None)
    assert ([row["clip"] for row in packed.rows], packed.rotations) == (["a", "b"], None)


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


def test_a_subject_of_two_splits_and_names_without_clips_are_told(data: Run, tmp_path: Path) -> None:
    source, table = two(tmp_path / "in"), tmp_path / "files.csv"
    table.write_text("file,subject,split\ns1_anna/walk,anna,train\ns2_ben/walk,anna,test\n")
    code, message = data("import", "bvh", source, "-o", tmp_path / "one", "--table", table)
    assert (code, "anna is in the splits test, train; give each subject one split" in message) == (0, True), message
    code, message = data("import", "bvh", source, "-o", tmp_path / "two", "--val", "Ben")
    assert (code, "no clip is of Ben, named for val or test; the subjects are" in message) == (0, True), message
    code, message = data("import", "bvh", source, "-o", tmp_path / "three", "--val", "ben", "--test", "ben")
    assert (code, "ben: named for both val and test" in message) == (1, True), message
