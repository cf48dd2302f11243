"""Which clips folders and manifests mean, and how wrong ones are refused."""

import json
import os
from pathlib import Path

import pytest

from vidmotion.batch.sources import Clip, find_clips
from vidmotion.errors import InputError
from vidmotion.settings import Settings


def find(*sources: Path, patterns: tuple[str, ...] = ()) -> list[Clip]:
    return find_clips(sources, patterns, Settings())


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_folders_are_searched_and_keep_their_folders(tmp_path: Path) -> None:
    for name in ("b.mp4", "a/c.MOV", "a/notes.txt", ".hidden/d.mp4", "._b.mp4"):
        touch(tmp_path / name)
    clips = find(tmp_path)
    assert [clip.stem for clip in clips] == ["b", "a/c"]
    assert clips[1].video == tmp_path / "a" / "c.MOV"


def test_patterns_choose_files(tmp_path: Path) -> None:
    for name in ("x_left.mp4", "x_right.mp4", "y_left.ts"):
        touch(tmp_path / name)
    assert [clip.stem for clip in find(tmp_path, patterns=("*_left.*",))] == ["x_left", "y_left"]


def test_a_csv_manifest_has_options_for_each_clip(tmp_path: Path) -> None:
    manifest = tmp_path / "clips.csv"
    manifest.write_text("video,height,person,start\nday1/a.mp4,1.82,,0.5\n../b.mp4,,2,\n", encoding="utf-8-sig")
    first, second = find(manifest)
    assert (first.video, first.stem, first.options) == (
        tmp_path / "day1" / "a.mp4",
        "day1/a",
        {"height": 1.82, "start": 0.5},
    )
    assert (second.video, second.stem, second.options) == (tmp_path.parent / "b.mp4", "b", {"person": 2})
    assert first.settings(Settings(fov=40)) == Settings(fov=40, height=1.82, start=0.5)


def test_a_jsonl_manifest_is_the_same(tmp_path: Path) -> None:
    manifest = tmp_path / "clips.jsonl"
    manifest.write_text('{"video": "a.mp4", "fov": 70, "end": null}\n\n{"video": "a.mp4", "start": 3}\n')
    assert [clip.options for clip in find(manifest)] == [{"fov": 70}, {"start": 3}]


def test_numbered_pictures_are_named_in_a_manifest(tmp_path: Path) -> None:
    for number in range(3):
        touch(tmp_path / "seq" / f"cam_{number:03d}.jpg")
    manifest = tmp_path / "clips.jsonl"
    manifest.write_text("\n".join(json.dumps({"video": name}) for name in ("seq", "seq/cam_*.jpg")))
    assert [clip.stem for clip in find(manifest)] == ["seq", "seq/cam"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "video,hight\nx.mp4,1\n", "unknown column 'hight'; wanted video, height, fov, person, start, end"),
        ("a.csv", "", "there is no column `video`"),
        ("a.csv", "height\n1.8\n", "there is no column `video`"),
        ("a.csv", "video,height\nx.mp4,tall\n", "line 2: `height` 'tall': wanted 0.3 to 3 metres"),
        ("a.csv", "video,height\n,1.8\n", "line 2: `video` None: wanted the path"),
        ("a.csv", "video,height\nx.mp4,1,8\n", "line 2: has more cells than the header"),
        ("a.csv", "video,start,end\nx.mp4,3,2\n", "`end` 2 is not after `start` 3"),
        ("a.csv", "video\n\xff", "is not a text in UTF-8"),
        ("a.csv", "video\n", "a.csv: there is no clip in this manifest; add a line"),
        ("a.jsonl", "", "a.jsonl: there is no clip in this manifest"),
        ("a.jsonl", '{"video": "x.mp4"}\n["x"]\n', "line 2: wanted a JSON object"),
        ("a.jsonl", '{"video": "x.mp4", "height": "1.8"}\n', "line 1: `height` '1.8'"),
        ("a.jsonl", '{"video": "x.mp4", "hight": 1}\n', "line 1: unknown column 'hight'"),
        ("a.jsonl", '{"video": 3}\n', "`video` 3: wanted the path"),
    ],
)
def test_wrong_manifests_are_refused_in_one_line(tmp_path: Path, name: str, content: str, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(InputError, match=r"^.*\Z") as caught:
        find(path)
    assert message in str(caught.value)


def test_sources_without_clips_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no video in this folder"):
        find(tmp_path)
    with pytest.raises(InputError, match="no such file or folder"):
        find(tmp_path / "missing.mp4")


def test_an_unreadable_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / "a.mp4")
    touch(tmp_path / "closed" / "b.mp4")
    listed = os.scandir

    def scandir(path: str) -> object:
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(InputError, match=r"closed: cannot be read \(Permission denied\)"):
        find(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_that_leads_nowhere_is_a_clip_that_fails_later(tmp_path: Path) -> None:
    (tmp_path / "loop.mp4").symlink_to("loop.mp4")
    (tmp_path / "gone.mp4").symlink_to("nothing.mp4")
    assert [clip.stem for clip in find(tmp_path)] == ["gone", "loop"]
