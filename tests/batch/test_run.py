"""Clips that fail: in which order and how often they are tried, with workers that only say what became of a clip."""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest

from vidmotion.batch import run as run_module
from vidmotion.batch.divided import PartWork, Stage
from vidmotion.batch.journal import PartsRead, Record, State, read_journal
from vidmotion.batch.lift_file import Outputs
from vidmotion.batch.results import FolderResults
from vidmotion.batch.run import RunOptions, run_batch
from vidmotion.batch.sources import Clip, ClipTask, PartsToRead, PartTask
from vidmotion.batch.workers import Ended
from vidmotion.choices import Format
from vidmotion.errors import DiskFullError, OutputError
from vidmotion.settings import Settings

DONE: dict[str, Any] = {"value": {"seconds": 1, "frames": 2, "people": 1, "files": []}}
CRASH: dict[str, Any] = {"reason": "crash", "again": True}
REFUSED: dict[str, Any] = {"reason": "no video"}
PARTS = [PartWork(Stage.people, number) for number in range(3)]
DIVIDED: dict[str, Any] = {"value": PartsToRead(tuple(PARTS), 3)}
READ: dict[str, Any] = {"value": {"seconds": 2.5}}


class Script:
    """Workers, one clip at a time, and what becomes of each clip in each try; and what was reported."""

    def __init__(self, **outcomes: list[dict[str, Any]]) -> None:
        self.outcomes = outcomes
        self.tasks: list[ClipTask | PartTask] = []
        self.given = 0
        self.workers = 1
        self.told: list[str] = []

    def __call__(self, *options: object) -> Self:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    @property
    def has_room(self) -> bool:
        return len(self.tasks) == self.given

    def grow(self, tasks: int) -> None:
        self.workers = max(self.workers, tasks)

    def submit(self, task: ClipTask | PartTask) -> None:
        self.tasks.append(task)

    def wait(self) -> list[Ended]:
        task, self.given = self.tasks[-1], len(self.tasks)
        outcome = self.outcomes[task.name].pop(0)
        if "raises" in outcome:
            raise outcome["raises"]
        return [Ended(task, **outcome)]

    def begin(self, left: int, total: int) -> None:
        pass

    def finished(self, record: Record, rate: float, left: int) -> None:
        self.told.append(f"{record.name} {record.state}, {left} left")

    def part_finished(self, record: Record, parts: PartsRead) -> None:
        self.told.append(f"{record.name} {parts.stage} {parts.done}/{parts.total}")

    def retried(self, record: Record, reason: str) -> None:
        self.told.append(f"{record.name} again: {reason}")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Script]:
    def begin(retries: int = 1, **outcomes: list[dict[str, Any]]) -> Script:
        script = Script(**outcomes)
        monkeypatch.setattr(run_module, "Workers", script)
        clips = [Clip(Path("/videos", f"{name}.mp4"), name) for name in sorted(outcomes)]
        options = RunOptions(1, 60, retries)
        run_batch(clips, Settings(), Outputs(tmp_path, (Format.json,)), FolderResults(tmp_path), options, script)
        return script

    return begin


def test_a_crash_is_tried_again_at_the_end_and_an_error_is_not(run: Callable[..., Script]) -> None:
    script = run(a=[CRASH, DONE], b=[REFUSED], c=[DONE])
    assert script.told == ["a again: crash", "b failed, 2 left", "c done, 1 left", "a done, 0 left"]


def test_retries_have_a_limit(run: Callable[..., Script], tmp_path: Path) -> None:
    assert run(a=[CRASH] * 9, retries=2).told == ["a again: crash", "a again: crash", "a failed, 0 left"]
    record = read_journal(tmp_path).records["a"]
    assert (record.tries, record.reason) == (3, "crash")
    assert run(a=[CRASH] * 9, retries=0).told == ["a failed, 0 left"]


def test_the_next_run_does_what_is_left_and_what_failed(run: Callable[..., Script]) -> None:
    run(a=[DONE], b=[REFUSED])
    script = run(a=[DONE], b=[DONE], c=[DONE])
    assert script.told == ["c done, 1 left", "b done, 0 left"]  # what was never begun comes first
    assert [task.overwrite for task in script.tasks if isinstance(task, ClipTask)] == [False, True]
    assert run(a=[], b=[], c=[]).tasks == []


def test_a_full_disk_ends_the_run_and_keeps_what_is_done(
    run: Callable[..., Script], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: object, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    run(a=[DONE], b=[REFUSED])
    monkeypatch.setattr("vidmotion.batch.journal.append", full)
    with pytest.raises(OutputError, match="the disk is full; finished clips are kept"):
        run(a=[], b=[DONE])
    assert [record.state for record in read_journal(tmp_path).records.values()] == ["done", "failed"]


def test_a_full_disk_of_a_worker_ends_the_run_and_the_others_wait(
    run: Callable[..., Script], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "is_mount", lambda path: path == tmp_path)
    full: dict[str, Any] = {"raises": DiskFullError(tmp_path / "more" / "b.json", "free some space")}
    with pytest.raises(DiskFullError) as caught:
        run(a=[DONE], b=[full], c=[])
    assert str(caught.value) == (
        f"{tmp_path / 'more' / 'b.json'}: the disk is full; finished clips are kept, and the others wait; "
        f"free some space on {tmp_path} and run the same command again"
    )
    states = {record.name: record.state for record in read_journal(tmp_path).records.values()}
    assert states == {"a": State.done, "b": State.begun, "c": State.waiting}
    assert run(a=[], b=[DONE], c=[DONE]).told == ["c done, 1 left", "b done, 0 left"]


def test_parts_that_were_read_are_told_of_a_clip_that_is_begun(run: Callable[..., Script], tmp_path: Path) -> None:
    stop: dict[str, Any] = {"raises": KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt):
        run(a=[DIVIDED, READ, READ, stop])
    assert read_journal(tmp_path).records["a"].parts == PartsRead("people", 2, 3)
    rest: dict[str, Any] = {"value": PartsToRead((PARTS[2],), 3)}
    with pytest.raises(KeyboardInterrupt):
        run(a=[rest, stop])
    assert read_journal(tmp_path).records["a"].parts == PartsRead("people", 2, 3)
    second: dict[str, Any] = {"value": PartsToRead((PartWork(Stage.second, 0),), 1)}
    script = run(a=[rest, READ, second, READ, DONE])
    assert script.told == ["a people 3/3", "a second 1/1", "a done, 0 left"]
    assert read_journal(tmp_path).records["a"].parts is None


def test_parts_of_a_long_clip_are_read_before_other_clips(run: Callable[..., Script], tmp_path: Path) -> None:
    script = run(a=[DIVIDED, READ, READ, READ, DONE], b=[DONE])
    assert script.told == [*(f"a people {done}/3" for done in (1, 2, 3)), "a done, 1 left", "b done, 0 left"]
    assert [task.work for task in script.tasks if isinstance(task, PartTask)] == PARTS
    assert [task.finished for task in script.tasks if isinstance(task, ClipTask)] == [set(), set(PARTS), set()]
    assert script.workers == 4  # three parts and another clip
    record = read_journal(tmp_path).records["a"]
    assert (record.tries, record.result["seconds"]) == (1, 1 + 3 * 2.5)


def test_a_part_that_crashes_is_tried_again_and_then_fails_its_clip(run: Callable[..., Script], tmp_path: Path) -> None:
    script = run(a=[DIVIDED, CRASH, READ, READ, READ, DONE], retries=1)
    assert script.told[0] == "a again: crash"
    assert script.told[-1] == "a done, 0 left"
    assert script.tasks[1] == script.tasks[4]
    script = run(b=[DIVIDED, READ, REFUSED], c=[DONE])
    assert script.told == ["b people 1/3", "b failed, 1 left", "c done, 0 left"]
    assert read_journal(tmp_path).records["b"].reason == "no video"
