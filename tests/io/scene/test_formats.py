"""export and load: the writer by suffix, one file a person, and nothing half-written."""

import errno
import re
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

from tests.io.scene.scenes import embodied, scene_of, wander
from vidmotion.body.load import free_body
from vidmotion.errors import InputError, OutputError
from vidmotion.io.scene.formats import WRITERS, existing_targets, export, load, paths_for
from vidmotion.types import Actions, Hands, Head, Person, Scene, Segment

INSTALLED = sorted(suffix for suffix in WRITERS if suffix != ".c3d" or find_spec("ezc3d"))


@pytest.fixture
def pair() -> Scene:
    return scene_of(embodied(wander(4)), embodied(wander(6, number=2), number=2))


@pytest.mark.parametrize("suffix", [".csv", ".angles.csv", ".mot", ".trc", ".json"])
def test_tables_hold_numbers_where_little_is_seen(tmp_path: Path, suffix: str) -> None:
    """One frame of a person whose hands and head are not seen."""
    unseen = Hands(np.zeros((1, 2, 21, 2)), np.zeros((1, 2, 21, 3)), np.zeros((1, 2)))
    person = replace(embodied(wander(1)), hands=unseen, head=Head(np.zeros((1, 3)), np.zeros(1)))
    (path,) = export(scene_of(person), tmp_path / f"one{suffix}")
    assert re.search(r"[\d.,\s:\[]-?(nan|inf)", path.read_text().lower()) is None


def test_unknown_suffix_lists_the_known(walker: Person, tmp_path: Path) -> None:
    with pytest.raises(
        InputError,
        match=r"'\.docx'; known: \.amass\.npz, \.angles\.csv, \.bvh, \.c3d, \.csv, \.eaf, \.glb, \.json, \.json\.gz, "
        r"\.mot, \.npz, \.trc, \.vtt",
    ):
        export(scene_of(walker), tmp_path / "a.docx")
    with pytest.raises(InputError, match=r"wanted a motion \(\.json, \.json\.gz, \.npz\)"):
        load(tmp_path / "a.bvh")


def test_suffix_in_capitals(pair: Scene, tmp_path: Path) -> None:
    assert export(pair, str(tmp_path / "A.JSON")) == [tmp_path / "A.JSON"]
    assert len(load(tmp_path / "A.JSON").people) == 2


def test_several_people_are_several_bvh_files(pair: Scene, tmp_path: Path) -> None:
    wanted = [tmp_path / "duo.v1.0.bvh", tmp_path / "duo.v1.2.bvh"]
    assert paths_for(pair, tmp_path / "duo.v1.bvh") == wanted
    assert export(pair, tmp_path / "duo.v1.bvh") == wanted
    assert sorted(tmp_path.iterdir()) == wanted
    assert existing_targets(tmp_path / "duo.v1.bvh") == wanted
    assert existing_targets(tmp_path / "duo.v1.json") == []


def test_one_of_several_people(pair: Scene, tmp_path: Path) -> None:
    assert export(pair, tmp_path / "duo.bvh", person=2) == [tmp_path / "duo.bvh"]
    export(pair, tmp_path / "duo.json", person=2)
    assert [person.id for person in load(tmp_path / "duo.json").people] == [2]
    with pytest.raises(InputError, match=r"there is no person 7 in walk\.mp4; the ids are 0, 2$"):
        export(pair, tmp_path / "duo.bvh", person=7)


def test_bvh_of_nobody(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one person"):
        export(scene_of(), tmp_path / "a.bvh")


def test_if_one_person_cannot_be_written_none_is(pair: Scene, tmp_path: Path) -> None:
    unlifted = replace(pair, people=(pair.people[0], Person(pair.people[1].track)))
    with pytest.raises(InputError, match="person 2"):
        export(unlifted, tmp_path / "duo.bvh")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def acting(walker: Person) -> Person:
    """The walker with an action tag: what every format takes."""
    segments = (Segment(0.0, 1.0, "walk", 1.0),)
    return replace(walker, actions=Actions(("walk",), np.array([0.5]), np.ones((1, 1)), segments))


@pytest.mark.parametrize("suffix", INSTALLED)
def test_full_disk_leaves_the_old_file(
    suffix: str, acting: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / f"a{suffix}"
    target.write_text("old")
    writer = WRITERS[suffix]

    def fill(scene: Scene, file: BinaryIO, *people: Person, **options: object) -> None:
        writer.write(scene, file, *people, **options)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setitem(WRITERS, suffix, replace(writer, write=fill))
    with pytest.raises(OutputError, match="the disk is full; free some space") as caught:
        export(scene_of(acting), target)
    assert "\n" not in str(caught.value)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("suffix", INSTALLED)
def test_device_that_is_full(suffix: str, acting: Person) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    writer = WRITERS[suffix]
    options = {"model": free_body()} if "model" in writer.options else {}
    with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(OSError, match="No space left"):
        writer.write(scene_of(acting), full, *[acting] * writer.one_person, **options)


@pytest.mark.parametrize("suffix", [suffix for suffix, writer in WRITERS.items() if writer.with_body])
def test_person_without_a_body_must_be_lifted(suffix: str, walker: Person, tmp_path: Path) -> None:
    for person, message in (
        (Person(walker.track), "run `vidmotion lift` first"),
        (Person(walker.track, walker.motion), "run `vidmotion lift` again"),
    ):
        with pytest.raises(InputError, match=message):
            export(scene_of(person), tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [suffix for suffix, writer in WRITERS.items() if writer.with_body])
def test_body_of_another_model_is_refused(suffix: str, walker: Person, tmp_path: Path) -> None:
    assert walker.body
    foreign = replace(walker, body=replace(walker.body, model="smpl-0123abcd"))
    with pytest.raises(InputError, match=r"made for the body model smpl-0123abcd, .* `body_model`"):
        export(scene_of(foreign), tmp_path / f"a{suffix}")
    export(scene_of(foreign), tmp_path / f"a{suffix}", body_model=replace(free_body(), name="smpl-0123abcd"))
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("suffix", [suffix for suffix, writer in WRITERS.items() if writer.with_body])
@pytest.mark.parametrize("part", ["pose", "betas", "translation"])
def test_body_that_is_not_finite_is_refused(suffix: str, part: str, tmp_path: Path) -> None:
    body = wander(3)
    getattr(body, part)[-1] = np.nan
    person = replace(embodied(wander(3)), body=body)
    with pytest.raises(InputError, match="not finite"):
        export(scene_of(person), tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_folder_that_cannot_be_written(walker: Person, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in ("file", "missing"):
        with pytest.raises(OutputError, match="cannot be written"):
            export(scene_of(walker), tmp_path / folder / "a.json")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_target_that_is_a_folder(walker: Person, tmp_path: Path) -> None:
    (tmp_path / "a.json").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        export(scene_of(walker), tmp_path / "a.json")
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load(tmp_path / "a.json")
    (tmp_path / "b.json").mkdir()
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path / "b.json")
