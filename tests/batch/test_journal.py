"""States survive whatever ends a batch; names of clips differ in every way that matters."""

import os
from pathlib import Path

import pytest

from vidmotion.batch.journal import FILE, Journal, State, read_journal
from vidmotion.batch.sources import Clip
from vidmotion.errors import InputError, OutputError


def clip(path: str, stem: str = "", **options: float) -> Clip:
    return Clip(Path("/videos", path), stem or Path(path).stem, options)


def names(folder: Path, *clips: Clip) -> list[str]:
    with Journal(folder, {}) as journal:
        journal.add(clips)
    return list(read_journal(folder).records)


def test_states_are_read_again(tmp_path: Path) -> None:
    with Journal(tmp_path, {"height": 1.7}) as journal:
        journal.add([clip("a.mp4", height=1.8), clip("b.mp4"), clip("c.mp4"), clip("d.mp4")])
        a, b, c, _ = journal.book.records.values()
        for record in (a, b, c):
            journal.begin(record)
        journal.finish(a, {"frames": 3, "files": ["a.json"]})
        journal.fail(b, "no video")
    book = read_journal(tmp_path)
    assert [record.state for record in book.records.values()] == ["done", "failed", "begun", "waiting"]
    assert book.records["a"].result == {"frames": 3, "files": ["a.json"]}
    assert book.records["a"].clip == clip("a.mp4", height=1.8)
    assert (book.records["b"].reason, book.records["b"].tries) == ("no video", 1)
    assert book.finished == 2


def test_a_line_that_was_cut_off_is_no_line(tmp_path: Path) -> None:
    with Journal(tmp_path, {}) as journal:
        journal.add([clip("a.mp4")])
    with (tmp_path / FILE).open("ab") as file:
        file.write(b'{"clip": "a", "state": "do')
    assert read_journal(tmp_path).records["a"].state is State.waiting
    with Journal(tmp_path, {}) as journal:
        journal.begin(journal.book.records["a"])
    assert read_journal(tmp_path).records["a"].state is State.begun


def test_a_clip_is_added_once_and_keeps_its_name(tmp_path: Path) -> None:
    assert names(tmp_path, clip("x/a.mp4"), clip("x/a.mp4"), clip("y/a.mp4")) == ["a", "a-2"]
    assert names(tmp_path, clip("z/a.mp4"), clip("y/a.mp4")) == ["a", "a-2", "a-3"]
    assert read_journal(tmp_path).records["a-2"].clip.video == Path("/videos/y/a.mp4")


def test_parts_of_one_video_are_clips(tmp_path: Path) -> None:
    assert names(tmp_path, clip("a.mp4", end=2), clip("a.mp4", start=2)) == ["a", "a-2"]


@pytest.mark.parametrize(
    ("stems", "wanted"),
    [
        (("Walk", "walk"), ["Walk", "walk-2"]),
        (("a", "a.2"), ["a", "a.2-2"]),  # a.2.bvh is the second person of a
        (("a.2", "a"), ["a.2", "a-2"]),
        (("take.1", "take.2"), ["take.1", "take.2"]),
        (("a.amass", "a"), ["a.amass", "a-2"]),
        (("a.1.amass", "a.1"), ["a.1.amass", "a.1-2"]),
        (("x/a", "y/a"), ["x/a", "y/a"]),
        (("batch",), ["batch-2"]),  # batch.csv is the summary
    ],
)
def test_no_two_clips_share_a_file(tmp_path: Path, stems: tuple[str, ...], wanted: list[str]) -> None:
    assert names(tmp_path, *(clip(f"{number}.mp4", stem) for number, stem in enumerate(stems))) == wanted


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such locks")
def test_two_batches_in_one_folder_are_refused(tmp_path: Path) -> None:
    with Journal(tmp_path, {}), pytest.raises(OutputError, match="another batch runs in it"):
        Journal(tmp_path, {})


def test_other_settings_are_refused(tmp_path: Path) -> None:
    with Journal(tmp_path, {"formats": ["c3d"]}) as journal:
        journal.add([clip("a.mp4")])
    with Journal(tmp_path, {"formats": ["json"], "height": 1.7}) as journal:  # nothing is done yet
        journal.finish(journal.book.records["a"], {})
    with pytest.raises(InputError, match="has `formats` json, not `formats` bvh, json"):
        Journal(tmp_path, {"formats": ["bvh", "json"], "height": 1.7})
    with Journal(tmp_path, {"formats": ["json"], "height": 1.7}):
        pass


def test_a_damaged_or_missing_journal_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no batch has run in this folder"):
        read_journal(tmp_path)
    for content in ("[]\n", "{}\n", '{"clip": "a", "state": "done"}\n', '{"format": "other"}\n', "\x00\n"):
        (tmp_path / FILE).write_text(content)
        with pytest.raises(InputError, match="line 1: is damaged"):
            read_journal(tmp_path)
