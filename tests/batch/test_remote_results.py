"""Results at a URL: fsspec's memory in one process, and its local file system with real workers that are killed."""

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from tests.batch.test_batch import done, workers_of
from tests.cli.conftest import Run, detector, vidmotion
from tests.faults.conftest import Start, end, start, wait_for
from vidmotion.batch import run as run_module
from vidmotion.batch.divided import PartWork, Stage
from vidmotion.batch.journal import Book, PartsRead, Record, State
from vidmotion.batch.layout import copies_path, log_path, parts_path, thumbnail_path
from vidmotion.batch.lift_file import Outputs
from vidmotion.batch.remote_folder import RemoteFolder
from vidmotion.batch.remote_results import RemoteResults, read_remote_journal
from vidmotion.batch.run import RunOptions, run_batch
from vidmotion.batch.sources import Clip, ClipTask, PartTask
from vidmotion.batch.uploading import Uploading
from vidmotion.batch.workers import Ended, Work, do_task
from vidmotion.choices import Format
from vidmotion.errors import InputError, OutputError
from vidmotion.settings import Settings

__all__ = ["detector", "start", "vidmotion"]
fsspec = pytest.importorskip("fsspec")
URL = "memory://bucket/results"


@pytest.fixture
def bucket() -> Iterator[Any]:
    """The file system in memory, which is empty."""
    system = fsspec.filesystem("memory")
    yield system
    system.store.clear()
    system.pseudo_dirs[:] = [""]


class OneProcess:
    """A worker in the process of the test, which loads when it is started."""

    def __init__(self, load: Callable[[], Work], *options: object) -> None:
        self._load = load
        self._tasks: list[Any] = []

    def __enter__(self) -> Self:
        self._work = self._load()
        return self

    def __exit__(self, *error: object) -> None:
        pass

    @property
    def has_room(self) -> bool:
        return not self._tasks

    def submit(self, task: Any) -> None:
        self._tasks.append(task)

    def grow(self, tasks: int) -> None:
        pass

    def wait(self) -> list[Ended]:
        task = self._tasks.pop()
        value, reason, again = do_task(self._work, task, nothing)
        return [Ended(task, value, reason, again)]


class Silent:
    """Hears of everything and says nothing."""

    def begin(self, left: int, total: int) -> None:
        pass

    def finished(self, record: Record, rate: float, left: int) -> None:
        pass

    def retried(self, record: Record, reason: str) -> None:
        pass

    def part_finished(self, record: Record, parts: PartsRead) -> None:
        pass


def nothing() -> None:
    """No sign of life is wanted."""


def run(folder: Path, *clips: Path, overwrite: bool = False) -> Book:
    """A batch of one process, with a folder of this machine."""
    results = RemoteResults(URL, folder, overwrite)
    outputs = Outputs(results.folder, (Format.json,), overwrite=overwrite)
    named = [Clip(clip, clip.stem) for clip in clips]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_module, "Workers", OneProcess)
        return run_batch(named, Settings(), outputs, results, RunOptions(1, 60, 1), Silent())


def states(book: Book) -> dict[str, tuple[State, int]]:
    return {record.name: (record.state, record.tries) for record in book.records.values()}


def names(system: Any) -> list[str]:
    return sorted(path.removeprefix("/bucket/results/") for path in system.store)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_another_machine_goes_on_with_an_empty_disk(
    bucket: Any, half_second: Path, tmp_path: Path, detector: None
) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_text("no video")
    book = run(tmp_path / "one", half_second, bad)
    assert states(book) == {"half": (State.done, 1), "bad": (State.failed, 1)}
    assert names(bucket) == [".thumbnails/half.jpg", "batch.csv", "batch.html", "batch.jsonl", "half.json"]
    assert files(tmp_path / "one") == ["batch.csv", "batch.html", "batch.jsonl", "half.jpg"]
    assert b'src="data:image/jpeg;base64,' in bucket.cat("/bucket/results/batch.html")
    lifted = bucket.cat("/bucket/results/half.json")

    bad.write_bytes(half_second.read_bytes())
    book = run(tmp_path / "two", half_second, bad)
    assert states(book) == states(read_remote_journal(URL)) == {"half": (State.done, 1), "bad": (State.done, 2)}
    assert bucket.cat("/bucket/results/half.json") == lifted
    assert bucket.cat("/bucket/results/batch.html").count(b"data:image/jpeg") == 2  # one of them is of the other run
    assert files(tmp_path / "two") == []

    book = run(tmp_path / "one", half_second, bad)  # its own states are older
    assert states(book) == {"half": (State.done, 1), "bad": (State.done, 2)}


def test_a_clip_whose_upload_fails_is_tried_again_by_the_same_command(
    bucket: Any, half_second: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, detector: None
) -> None:
    put = type(bucket).put_file

    def refuse(self: object, file: str, *more: object) -> None:
        if file.endswith("half.json"):
            raise PermissionError("Forbidden:\nno such rights")
        put(self, file, *more)

    with monkeypatch.context() as patch:
        patch.setattr(type(bucket), "put_file", refuse)
        record = run(tmp_path, half_second).records["half"]
    reason = f"{URL}/half.json: cannot be written (Forbidden: no such rights); check the address and the credentials"
    assert (record.state, record.reason) == (State.failed, f"{reason}, and run the same command again")
    assert "half.json" not in files(tmp_path) + names(bucket)
    assert run(tmp_path, half_second).records["half"].state is State.done
    assert "half.json" in names(bucket)


def test_a_url_without_rights_is_refused_before_the_work(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise PermissionError("Access Denied")

    with monkeypatch.context() as patch:
        patch.setattr(type(bucket), "cat_file", refuse)
        with pytest.raises(InputError, match=r"cannot be read \(Access Denied\); check the address and the cred"):
            run(tmp_path, tmp_path / "a.mp4")
    monkeypatch.setattr(type(bucket), "put_file", refuse)
    with pytest.raises(OutputError, match=r"batch.jsonl: cannot be written \(Access Denied\); check the address and"):
        run(tmp_path, tmp_path / "a.mp4")
    assert names(bucket) == []


def test_a_working_folder_that_cannot_be_made_is_refused(bucket: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"cannot be made on .* \(Not a directory\); name another folder with `work`"):
        RemoteResults(URL, tmp_path / "file")


def test_other_files_are_kept(bucket: Any, tmp_path: Path) -> None:
    bucket.pipe("/bucket/results/mine.json", b"{}")
    with pytest.raises(InputError, match=f"{URL}: there are files and no batch"):
        run(tmp_path, tmp_path / "a.mp4")
    results = RemoteResults(URL, tmp_path, overwrite=True)
    assert results.current_states(b"") == b""
    bucket.mv("/bucket/results/mine.json", "/bucket/results/.uploads/1234")  # of an upload that was killed
    assert RemoteResults(URL, tmp_path).current_states(b"") == b""


def begun(folder: Path, own: bytes = b"") -> RemoteResults:
    """A batch whose states are at the URL."""
    results = RemoteResults(URL, folder)
    results.folder.mkdir(parents=True, exist_ok=True)
    (results.folder / "batch.jsonl").write_bytes(results.current_states(own) + b"{}\n")
    results.begin()
    return results


def test_a_batch_ends_when_another_one_is_started(bucket: Any, tmp_path: Path) -> None:
    first = begun(tmp_path / "one")
    second = begun(tmp_path / "two")
    with (first.folder / "batch.jsonl").open("ab") as file:
        file.write(b"{}\n")
    first._next = 0.0
    with pytest.raises(OutputError, match=f"{URL}: another batch was started there and goes on with the clips"):
        first.update()
    with pytest.raises(OutputError, match="another batch was started there"):
        first.finish(Book())
    second.update()
    second.finish(Book())
    assert bucket.cat("/bucket/results/batch.jsonl") == b"{}\n{}\n"


def test_own_states_count_if_they_go_on_from_those_at_the_url(bucket: Any, tmp_path: Path) -> None:
    results = begun(tmp_path)
    (results.folder / "a.json").touch()
    assert results.current_states(b"{}\nmore\n") == b"{}\nmore\n"
    assert files(tmp_path) == ["a.json", "batch.jsonl"]
    assert results.current_states(b"other\n") == b"{}\n"
    assert files(tmp_path) == ["batch.jsonl"]
    bucket.rm("/bucket", recursive=True)  # to begin anew
    assert results.current_states(b"{}\nmore\n") == b""


def test_a_state_that_cannot_be_uploaded_is_uploaded_later(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = begun(tmp_path)
    with (results.folder / "batch.jsonl").open("ab") as file:
        file.write(b"more\n")
    results.update()  # too early
    with monkeypatch.context() as patch:
        patch.setattr(type(bucket), "put_file", lambda *_: 1 / 0)
        results._next = 0.0
        results.update()
    assert bucket.cat("/bucket/results/batch.jsonl") == b"{}\n"
    results._next = 0.0
    results.update()
    assert bucket.cat("/bucket/results/batch.jsonl") == b"{}\nmore\n"


class Machine:
    """A worker with a disk of its own, whose tasks only write files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.uploading = Uploading(self._work, RemoteFolder(URL), folder)
        self.value: Any = {}
        self.writes: list[Path] = []
        self.removes: list[Path] = []
        self.had: list[str] = []

    def do(self, task: ClipTask | PartTask, value: Any = None, writes: Any = (), removes: Any = ()) -> None:
        self.value, self.writes, self.removes = value or {}, list(writes), list(removes)
        self.uploading(task, nothing)

    def _work(self, task: Any, alive: object) -> Any:
        self.had = files(self.folder)
        for path in self.writes:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.folder.name)
        for path in self.removes:
            path.unlink()
        return self.value


def test_machines_that_share_no_disk_read_parts_together(bucket: Any, tmp_path: Path) -> None:
    one, two = Machine(tmp_path / "one"), Machine(tmp_path / "two")
    clip = ClipTask("x/a", Clip(Path("a.mp4"), "x/a"), False)
    works = [PartWork(Stage.people, 0), PartWork(Stage.people, 1)]
    basis, *parts = (f"{name}" for name in ("basis.json", "people-0.npz", "people-1.npz"))
    one.do(clip, value=works, writes=[parts_path(one.folder, "x/a") / basis])
    one.do(PartTask(clip, works[0]), writes=[parts_path(one.folder, "x/a") / parts[0]])
    copy = copies_path(two.folder, "x/a") / "a.mp4"
    log = log_path(two.folder, PartTask(clip, works[1]))
    two.do(PartTask(clip, works[1]), writes=[parts_path(two.folder, "x/a") / parts[1], copy, log])
    assert two.had == [basis, parts[0]]
    assert not log.exists()
    finished = ClipTask(clip.name, clip.clip, False, frozenset(works))
    result, picture = one.folder / "x/a.json", thumbnail_path(one.folder, "x/a")
    one.do(finished, value={"files": ["x/a.json"]}, writes=[result, picture])
    assert one.had == [basis, *parts]
    assert names(bucket) == [".thumbnails/x/a.jpg", "logs/x/a.people-00001.log", "x/a.json"]
    assert not result.exists()
    two.do(ClipTask("b", clip.clip, False), value={"files": []})
    assert files(two.folder) == []


def test_parts_of_another_video_are_removed_everywhere(bucket: Any, tmp_path: Path) -> None:
    one, two = Machine(tmp_path / "one"), Machine(tmp_path / "two")
    clip = ClipTask("a", Clip(Path("a.mp4"), "a"), False)
    folder = parts_path(one.folder, "a")
    one.do(clip, value=[1], writes=[folder / "basis.json", folder / "people-0.npz", folder / ".vidmotion-1.part"])
    again = ClipTask("a", clip.clip, overwrite=True)
    folder = parts_path(two.folder, "a")
    two.do(again, value=[1], writes=[folder / "basis.json"], removes=[folder / "people-0.npz"])
    assert names(bucket) == [".parts/a/basis.json"]
    assert bucket.cat("/bucket/results/.parts/a/basis.json") == b"two"


def test_a_log_of_an_earlier_try_does_not_stay(bucket: Any, tmp_path: Path) -> None:
    one = Machine(tmp_path)
    clip = ClipTask("a", Clip(Path("a.mp4"), "a"), False)
    one.do(clip, value=[1], writes=[log_path(tmp_path, clip)])
    assert names(bucket) == ["logs/a.log"]
    one.do(ClipTask("a", clip.clip, overwrite=True), value={"files": []})
    assert names(bucket) == []


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for processes in /proc")
def test_a_killed_worker_and_a_killed_driver_lose_nothing(
    clips: Path, tmp_path: Path, start: Start, vidmotion: Run, capsys: pytest.CaptureFixture[str], detector: None
) -> None:
    (clips / "bad.mp4").unlink()
    url = f"file://{tmp_path}/out"
    arguments = ("batch", clips, "-o", url, "-j", 2, "--work")
    driver = start(*arguments, tmp_path / "one")
    wait_for(lambda: done(tmp_path / "out"), driver)
    workers = workers_of(driver.pid)
    os.kill(workers[0], signal.SIGKILL)
    wait_for(lambda: len(workers_of(driver.pid)) == 2 and workers[0] not in workers_of(driver.pid), driver)
    driver.send_signal(signal.SIGKILL)
    driver.communicate()
    finished = done(tmp_path / "out")
    code, told = end(start(*arguments, tmp_path / "two"))
    assert code == 0, told
    assert Counter(done(tmp_path / "out")) == Counter(["a", "b", "more/a", "more/c"])
    assert f"4 clips, {len(finished)} done before" in told
    found = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.json"))
    assert found == ["a.json", "b.json", "more/a.json", "more/c.json"]
    assert not (tmp_path / "out" / ".uploads").exists()
    assert files(tmp_path / "two") == []
    vidmotion("batch", "--status", url)
    assert "4 of 4 clips done" in capsys.readouterr().out
