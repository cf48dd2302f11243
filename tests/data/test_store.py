"""A store restores what was written, survives a killed process, and names damage in its errors."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.data.stores import FRAMES, SETTINGS, add, contents, made_up, recipe, write_store
from vidmotion.data.store import (
    LENGTH_STEP,
    ROTATION_STEP,
    SEEN,
    XY_STEP,
    StoreWriter,
    pack_detections,
    pack_truth,
    read_store,
)
from vidmotion.data.summary import summarise
from vidmotion.errors import InputError, OutputError


def test_numbers_come_back_within_half_a_step(tmp_path: Path) -> None:
    with StoreWriter(tmp_path, SETTINGS) as writer:
        add(writer, 7)
        add(writer, 8, people=2)
    store = read_store(tmp_path)
    assert (len(store), len(store.clips)) == (3 * FRAMES, 2)
    for clip, people in zip(store.clips, (1, 2), strict=True):
        whole = made_up(clip.number, people)
        assert (clip.frames, clip.people, clip.size, clip.focal) == (FRAMES, people, (320, 240), 300.0)
        for person in range(people):
            rows, stored = clip.rows(person), store.person(clip, person)
            np.testing.assert_allclose(stored.xy, whole["xy"][person], atol=XY_STEP / 2 + 1e-9)
            np.testing.assert_allclose(stored.score, whole["score"][person], atol=1 / 255)
            np.testing.assert_array_equal(stored.observed, whole["state"][person] == SEEN)
            np.testing.assert_allclose(stored.joints, whole["joints"][person], atol=LENGTH_STEP / 2 + 1e-6)
            exact = 300 * stored.joints[..., :2] / stored.joints[..., 2:] + [160, 120]
            np.testing.assert_allclose(stored.exact, exact)
            np.testing.assert_allclose(
                store.truth["pose"][rows] * ROTATION_STEP, whole["pose"][person], atol=ROTATION_STEP / 2
            )
            np.testing.assert_allclose(store.truth["translation"][rows], whole["translation"][person], atol=1e-6)
        camera = store.truth["camera"][clip.frame : clip.frame + FRAMES]
        np.testing.assert_allclose(camera[..., :3], whole["rotation"], atol=1e-6)
        np.testing.assert_allclose(camera[..., 3], whole["camera_translation"], atol=1e-6)


def test_extreme_numbers_stay_in_range() -> None:
    arrays = pack_detections(np.array([[[[-1e6, 1e6]]]]), np.array([[[1e-4]]]), np.array([[SEEN]]), np.array([[1.0]]))
    assert arrays["xy"].tolist() == [[[-32767, 32767]]]
    assert arrays["score"].tolist() == [[1]]  # 0 would mean that the point is missing
    assert arrays["visible"].tolist() == [255]


def test_a_store_continues_where_it_ended(tmp_path: Path) -> None:
    at_once = write_store(tmp_path / "one", range(5))
    in_parts = write_store(tmp_path / "two", range(2))
    write_store(in_parts, range(5))
    assert contents(at_once) == contents(in_parts)


def lose_half_a_line(folder: Path) -> None:
    index = folder / "clips.jsonl"
    index.write_bytes(index.read_bytes()[:-20])


def lose_the_line(folder: Path) -> None:
    index = folder / "clips.jsonl"
    index.write_bytes(b"".join(index.read_bytes().splitlines(keepends=True)[:-1]))


def begin_another_clip(folder: Path) -> None:
    for name in ("detections/xy.bin", "truth/pose.bin"):
        with (folder / name).open("ab") as file:
            file.write(b"half a row")


@pytest.mark.parametrize("kill", [lose_half_a_line, lose_the_line, begin_another_clip])
def test_incomplete_clips_of_a_killed_run_are_cut_off(kill: Callable[[Path], None], tmp_path: Path) -> None:
    wanted = contents(write_store(tmp_path / "whole", range(4)))
    killed = write_store(tmp_path / "killed", range(3))
    kill(killed)
    kept = 3 if kill is begin_another_clip else 2
    store = read_store(killed)  # readable before the incomplete clip is cut off
    assert (len(store.clips), len(store)) == (kept, kept * FRAMES)
    with StoreWriter(killed, SETTINGS) as writer:
        assert writer.done == set(range(kept))
    assert contents(killed) == contents(write_store(tmp_path / "kept", range(kept)))
    write_store(killed, range(4))
    assert contents(killed) == wanted


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such lock")
def test_a_second_writer_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    with StoreWriter(tmp_path, SETTINGS) as writer:
        add(writer, 0)
        with pytest.raises(OutputError, match="another program writes footage to it"):
            StoreWriter(tmp_path, SETTINGS)
        add(writer, 1)
    assert [clip.number for clip in read_store(tmp_path).clips] == [0, 1]
    with StoreWriter(tmp_path, SETTINGS) as writer:
        assert writer.done == {0, 1}


@pytest.mark.skipif(os.name == "nt", reason="Windows needs special rights for links")
def test_a_link_in_a_store_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    store = tmp_path / "store"
    with StoreWriter(store, SETTINGS):
        pass
    (store / "truth" / "root.bin").unlink()
    (store / "truth" / "root.bin").symlink_to(victim)
    with pytest.raises(OutputError, match="cannot be written"):
        StoreWriter(store, SETTINGS)
    assert victim.read_text() == "precious"


@pytest.mark.parametrize("name", ["clips.jsonl", "truth/root.bin", "videos/000000.mp4"])
def test_a_users_own_files_are_not_taken_for_a_store(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    with pytest.raises(OutputError, match="is no store of footage; choose another folder"):
        StoreWriter(tmp_path, SETTINGS)
    assert path.read_text() == "mine"
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == [path]


def test_a_full_disk_leaves_the_finished_clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = contents(write_store(tmp_path / "whole", range(2)))

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with StoreWriter(tmp_path / "full", SETTINGS) as writer:
        add(writer, 0)
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", full)
            with pytest.raises(OutputError, match="the disk is full; finished clips are kept"):
                add(writer, 1)
    assert len(read_store(tmp_path / "full").clips) == 1
    assert contents(write_store(tmp_path / "full", range(2))) == wanted


@pytest.mark.parametrize(("name", "value"), [("seed", 1), ("frames", 6), ("detector", "other"), ("pictures", 2)])
def test_other_settings_are_refused(name: str, value: Any, tmp_path: Path) -> None:
    before = contents(write_store(tmp_path, range(1)))
    with pytest.raises(InputError, match=f"made with {name} .*, not {value}; choose another folder"):
        write_store(tmp_path, range(2), **{name: value})
    assert contents(tmp_path) == before


def test_clips_of_a_wrong_shape_are_bugs(tmp_path: Path) -> None:
    whole = made_up(0)
    detections = pack_detections(whole["xy"][..., :17, :], whole["score"][..., :17], whole["state"], whole["visible"])
    truth = pack_truth(*(whole[name] for name in ("joints", "pose", "translation", "rotation", "camera_translation")))
    with StoreWriter(tmp_path, SETTINGS) as writer, pytest.raises(ValueError, match="detections/xy: wanted"):
        writer.append(recipe(0), detections, truth)
    assert len(read_store(tmp_path).clips) == 0


def spoil_settings(folder: Path) -> None:
    path = folder / "store.json"
    path.write_text(path.read_text().replace("footage 1", "footage 99"))


def spoil_line(folder: Path) -> None:
    path = folder / "clips.jsonl"
    path.write_text("{oops\n" + path.read_text())


def forget_actors(folder: Path) -> None:
    path = folder / "clips.jsonl"
    path.write_text(path.read_text().replace("actors", "players"))


def shorten(folder: Path) -> None:
    with (folder / "detections" / "score.bin").open("r+b") as file:
        file.truncate(10)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (spoil_settings, "is not of the format"),
        (spoil_line, "line 1 is damaged"),
        (forget_actors, "line 1 is not a clip"),
        (shorten, r"score\.bin has fewer rows than clips\.jsonl lists"),
    ],
)
def test_damage_is_named(spoil: Callable[[Path], None], message: str, tmp_path: Path) -> None:
    folder = write_store(tmp_path / "store", range(2))
    spoil(folder)
    with pytest.raises(InputError, match=message):
        read_store(folder)
    with pytest.raises(InputError, match=message):
        write_store(folder, range(3))


def test_other_folders_are_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no footage"):
        read_store(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        write_store(tmp_path / "file", range(1))


def test_detections_read_without_truth(tmp_path: Path) -> None:
    folder = write_store(tmp_path, range(2))
    for path in (folder / "truth").iterdir():
        path.unlink()
    (folder / "truth").rmdir()
    store = read_store(folder)
    assert len(store) == 2 * FRAMES
    with pytest.raises(InputError, match="vidmotion data unpack"):
        store.person(store.clips[0], 0)


def test_a_summary_counts_each_person_once(tmp_path: Path) -> None:
    write_store(tmp_path, range(2))
    write_store(tmp_path, range(3), people=2)
    lines = {line.name: line for line in summarise(read_store(tmp_path))}
    assert [lines[name].clips for name in ("all", "class walk", "people 1", "people 2")] == [4, 4, 2, 2]
    seen = np.concatenate([made_up(0)["state"][0], made_up(1)["state"][0], *made_up(2, 2)["state"]]) == SEEN
    assert lines["all"].seen == pytest.approx(seen.mean())
    assert lines["all"].minutes == pytest.approx(4 * FRAMES / 30 / 60)
    hidden, open_view = lines["partly hidden"], lines["in full view"]
    assert hidden.minutes + open_view.minutes == pytest.approx(lines["all"].minutes)
