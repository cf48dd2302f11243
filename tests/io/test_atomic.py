"""Files and folders appear complete or not at all, and nothing else is left or touched."""

import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from vidmotion.errors import OutputError
from vidmotion.io.atomic import (
    PendingFile,
    PendingFolder,
    _remove_litter,
    atomic_file,
    atomic_path,
    atomic_paths,
    check_writable,
    output_error,
    write_bytes,
    write_text,
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def pending_folder(target: Path) -> PendingFolder:
    """A folder whose files are index.csv and those that end in .npy."""
    return PendingFolder(target, "index.csv", lambda path: path.suffix == ".npy")


def fill(folder: PendingFolder, content: str) -> None:
    folder.create()
    for name in (f"{content}.npy", "index.csv"):
        (folder.path / name).write_text(content)


def test_the_target_appears_at_the_end(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")
    with atomic_file(target) as file:
        file.write(b"new")
        assert target.read_bytes() == b"old"
        assert len(names(tmp_path)) == 2
    assert target.read_bytes() == b"new"
    assert names(tmp_path) == ["a.bin"]


def test_text_is_utf8_with_its_own_line_ends(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "ä\n")
    assert (tmp_path / "a.txt").read_bytes() == b"\xc3\xa4\n"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_no_way_out_leaves_anything(tmp_path: Path, error: type[BaseException]) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")

    def fail() -> None:
        with atomic_file(target) as file:
            file.write(b"half")
            raise error

    with pytest.raises(error):
        fail()
    assert names(tmp_path) == ["a.bin"]
    assert target.read_bytes() == b"old"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_several_files_replace_their_targets_together(tmp_path: Path, error: type[BaseException]) -> None:
    targets = [tmp_path / "a", tmp_path / "b"]

    def fail() -> None:
        with atomic_paths(targets) as paths:
            paths[0].write_text("complete")
            raise error

    with pytest.raises(error):
        fail()
    assert names(tmp_path) == []
    with atomic_paths(targets) as paths:
        for path, text in zip(paths, "ab", strict=True):
            path.write_text(text)
        assert not any(target.exists() for target in targets)
    assert names(tmp_path) == ["a", "b"]
    assert [target.read_text() for target in targets] == ["a", "b"]


def test_two_threads_write_one_target(tmp_path: Path) -> None:
    target, barrier = tmp_path / "a.bin", threading.Barrier(2, timeout=10)

    def write(content: bytes) -> None:
        with atomic_file(target) as file:
            barrier.wait()  # both have their temporary file
            file.write(content)

    contents = [bytes([number]) * 100_000 for number in range(2)]
    threads = [threading.Thread(target=write, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert target.read_bytes() in contents
    assert names(tmp_path) == ["a.bin"]


def test_a_planted_link_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    # The names that earlier versions used, which anybody could foretell.
    planted = [f".a.bin.{os.getpid()}.part", f".vidmotion-{os.getpid()}-0.part", "a.part"]
    for name in planted:
        (tmp_path / name).symlink_to(victim)
    write_bytes(tmp_path / "a.bin", b"new")
    assert victim.read_text() == "precious"
    assert names(tmp_path) == sorted([*planted, "a.bin", "victim"])
    # Even the right name is refused.
    monkeypatch.setattr("vidmotion.io.atomic.secrets.token_hex", lambda size: "0" * 2 * size)
    (tmp_path / ".vidmotion-0000000000000000.part").symlink_to(victim)
    with pytest.raises(OutputError, match="cannot be written"):
        write_bytes(tmp_path / "b.bin", b"new")
    assert victim.read_text() == "precious"
    assert not (tmp_path / "b.bin").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_permissions_follow_the_umask(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        write_bytes(tmp_path / "a.bin", b"new")
        folder = pending_folder(tmp_path / "b")
        folder.create()
        folder.commit()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.bin").stat().st_mode) == mode
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o777 & ~umask


def test_errors_of_the_system_are_output_errors(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    for target in (tmp_path / "missing" / "a", tmp_path / "file" / "a", tmp_path / "folder"):
        with pytest.raises(OutputError, match=r"cannot be written \(.+\); write to another folder"):
            write_bytes(target, b"")
    assert names(tmp_path) == ["file", "folder"]


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught, atomic_path(tmp_path / "a"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert str(caught.value) == f"{tmp_path / 'a'}: the disk is full; free some space or write to another folder"
    assert names(tmp_path) == []
    assert str(output_error(Path("a"), OSError(errno.EACCES, "no"), "try b")) == "a: cannot be written (no); try b"


def test_the_longest_name(tmp_path: Path) -> None:
    write_bytes(tmp_path / ("a" * 255), b"new")
    assert names(tmp_path) == ["a" * 255]


def test_a_folder_replaces_its_own_files_in_another_one(tmp_path: Path) -> None:
    target = tmp_path / "new" / "packed"
    for content in ("one", "two"):
        folder = pending_folder(target)
        fill(folder, content)
        assert target.exists() == (content == "two")
        folder.commit()
        folder.discard()
        if content == "one":
            (target / "letter").write_text("dear")
    assert names(target) == ["index.csv", "letter", "two.npy"]
    assert (target / "index.csv").read_text() == "two"
    assert names(target.parent) == ["packed"]


def test_a_link_to_a_folder_stays_one(tmp_path: Path) -> None:
    (tmp_path / "packed").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "packed")
    folder = pending_folder(tmp_path / "link")
    fill(folder, "one")
    folder.commit()
    folder.discard()
    assert names(tmp_path / "packed") == ["index.csv", "one.npy"]
    assert (tmp_path / "link").is_symlink()


def test_a_folder_that_another_program_made_meanwhile_stays(tmp_path: Path) -> None:
    folder = pending_folder(tmp_path / "packed")
    fill(folder, "one")
    (tmp_path / "packed").mkdir()
    (tmp_path / "packed" / "letter").write_text("dear")
    with pytest.raises(OSError, match="not empty"):
        folder.commit()
    folder.discard()
    assert names(tmp_path) == ["packed"]
    assert names(tmp_path / "packed") == ["letter"]


def test_a_folder_that_is_not_committed_goes_away(tmp_path: Path) -> None:
    folder = pending_folder(tmp_path / "packed")
    fill(folder, "half")
    folder.discard()
    assert names(tmp_path) == []


@pytest.mark.parametrize("refused", ["old.npy", "new.npy", "index.csv"])
def test_a_folder_that_cannot_be_renamed_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    target = tmp_path / "packed"
    target.mkdir()
    for name in ("index.csv", "letter", "old.npy"):
        (target / name).write_text("old")
    folder = pending_folder(target)
    fill(folder, "new")
    rename = Path.rename

    def refuse(source: Path, to: Path) -> Path:
        if source.name == refused and to.parent != target / folder.path.name:
            raise PermissionError(errno.EACCES, "in use")
        return rename(source, to)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", refuse)
        with pytest.raises(PermissionError):
            folder.commit()
    folder.discard()
    assert names(target) == ["index.csv", "letter", "old.npy"]
    assert {(target / name).read_text() for name in names(target)} == {"old"}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such locks")
def test_what_dead_writers_left_is_removed_by_the_next_one(tmp_path: Path) -> None:
    alive = PendingFile(tmp_path / "alive")
    alive.create()
    (tmp_path / ".vidmotion-dead.part").write_text("half")
    (tmp_path / ".vidmotion-folder.part").mkdir()
    (tmp_path / ".vidmotion-folder.part" / "a.npy").write_text("half")
    (tmp_path / ".vidmotion-link.part").symlink_to(tmp_path / "mine")
    os.mkfifo(tmp_path / ".vidmotion-pipe.part")
    (tmp_path / "mine").write_text("precious")
    for path in tmp_path.iterdir():
        os.utime(path, (0, 0), follow_symlinks=False)
    (tmp_path / ".vidmotion-young.part").write_text("half")
    _remove_litter.cache_clear()
    write_bytes(tmp_path / "new", b"")
    assert names(tmp_path) == sorted([alive.path.name, ".vidmotion-link.part", ".vidmotion-young.part", "mine", "new"])
    assert (tmp_path / "mine").read_text() == "precious"
    alive.discard()


def test_what_cannot_be_written_is_noticed_before_the_work(tmp_path: Path) -> None:
    check_writable(tmp_path / "a")
    assert names(tmp_path) == []
    with pytest.raises(OutputError, match="missing/a: cannot be written"):
        check_writable(tmp_path / "missing" / "a")
