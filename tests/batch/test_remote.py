"""Videos by URL, on fsspec's file systems in memory and on the disk."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from vidmotion.batch.journal import Journal, read_journal
from vidmotion.batch.remote import fetch
from vidmotion.batch.sources import Clip, find_clips
from vidmotion.errors import InputError, MissingExtraError
from vidmotion.settings import Settings

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def bucket() -> Iterator[str]:
    """A folder in memory."""
    system = fsspec.filesystem("memory")
    for name in ("b.mp4", "a/c.MOV", "a/notes.txt", ".hidden/d.mp4", "a/._c.mp4"):
        system.pipe(f"/clips/{name}", name.encode() * 300_000)
    yield "memory://clips"
    system.rm("/clips", recursive=True)


def find(*sources: str, patterns: tuple[str, ...] = ()) -> list[Clip]:
    return find_clips(sources, patterns, Settings())


def nothing() -> None:
    """No sign of life is wanted."""


def test_a_folder_at_a_url_keeps_its_folders(bucket: str, tmp_path: Path) -> None:
    clips = find(bucket)
    assert [(clip.video, clip.stem) for clip in clips] == [
        ("memory:///clips/a/c.MOV", "a/c"),
        ("memory:///clips/b.mp4", "b"),
    ]
    assert [clip.stem for clip in find(bucket, patterns=("b.*",))] == ["b"]
    assert find(f"{bucket}/b.mp4") == [Clip(f"{bucket}/b.mp4", "b")]
    local = tmp_path / "x" / "e f.mp4"
    local.parent.mkdir()
    local.write_bytes(b"video")
    (clip,) = find(f"file://{tmp_path}")
    assert (clip.video, clip.stem) == (f"file://{local}", "x/e f")


def test_a_manifest_names_urls(tmp_path: Path) -> None:
    (tmp_path / "clips.csv").write_text("video,height\ns3://bucket/day 1/anna.mp4,1.68\n")
    assert find(str(tmp_path / "clips.csv")) == [Clip("s3://bucket/day 1/anna.mp4", "anna", {"height": 1.68})]


def test_urls_are_kept_in_the_states(tmp_path: Path) -> None:
    clip = Clip("s3://bucket/a.mp4", "a")
    with Journal(tmp_path, {}) as journal:
        journal.add([clip, clip])
    assert [record.clip for record in read_journal(tmp_path).records.values()] == [clip]


def test_a_video_is_copied_once(bucket: str, tmp_path: Path) -> None:
    signs: list[int] = []
    copy = fetch(f"{bucket}/b.mp4", tmp_path / "copies", lambda: signs.append(1))
    assert (copy, copy.read_bytes()) == (tmp_path / "copies" / "b.mp4", b"b.mp4" * 300_000)
    assert len(signs) == 2  # 1.5 MB
    copy.write_bytes(b"kept")
    assert fetch(f"{bucket}/b.mp4", tmp_path / "copies", nothing).read_bytes() == b"kept"
    assert [path.name for path in (tmp_path / "copies").iterdir()] == ["b.mp4"]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("memory://clips/missing.mp4", "no such file or folder; check the spelling"),
        ("memory://clips/..", "is no file; name the video itself"),
        ("nonesuch://a.mp4", "Protocol not known: nonesuch"),
        ("zip://a.mp4::memory://a.zip", "URLs in URLs are not read; name the file itself"),
    ],
)
def test_wrong_urls_are_refused_in_one_line(bucket: str, tmp_path: Path, url: str, message: str) -> None:
    with pytest.raises(InputError, match=r"^.*\Z") as caught:
        fetch(url, tmp_path, nothing)
    assert f"{url}: " in str(caught.value)
    assert message in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_sources_at_which_nothing_is_are_refused(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise PermissionError("Permission denied")

    with pytest.raises(InputError, match="memory://nothing: no such file or folder"):
        find("memory://nothing")
    with monkeypatch.context() as patch:
        patch.setattr("fsspec.implementations.memory.MemoryFileSystem.ls", refuse)
        with pytest.raises(InputError, match=r"memory://clips: cannot be read \(Permission denied\); check the"):
            find(bucket)
    with pytest.raises(InputError, match=r"no video in this folder \(\*\.avi\)"):
        find(bucket, patterns=("*.avi",))


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "s3fs" not in sys.modules:
        with pytest.raises(MissingExtraError, match=r"^s3://bucket/a\.mp4: .*s3fs"):
            fetch("s3://bucket/a.mp4", tmp_path, nothing)
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(MissingExtraError, match=re.escape("pip install 'vidmotion[remote]'")):
        fetch("s3://bucket/a.mp4", tmp_path, nothing)
