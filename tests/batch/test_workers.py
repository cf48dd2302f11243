"""Processes that crash, hang and fail, with work that does nothing else."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.batch import fake_work
from vidmotion.batch.workers import Ended, Work, Workers
from vidmotion.errors import DiskFullError, VidmotionError, WeightsError

pytestmark = pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")


def run(*tasks: str, count: int = 1, timeout: float = 30, load: Callable[[], Work] = fake_work.load) -> list[Ended]:
    ended: list[Ended] = []
    queue = list(tasks)
    with Workers(load, count, timeout) as workers:
        while len(ended) < len(tasks):
            while queue and workers.has_room:
                workers.submit(queue.pop(0))
            ended += workers.wait()
    return ended


def test_a_process_does_one_task_after_the_other() -> None:
    first, second = run("a", "b")
    assert (first.task, second.task) == ("a", "b")
    assert first.value.split()[-1] == second.value.split()[-1]


def test_a_crash_costs_its_own_task() -> None:
    crashed, done = run("crash", "b")
    assert (crashed.reason, crashed.again) == ("its process was ended by SIGKILL", True)
    assert (done.task, done.reason) == ("b", "")


def test_an_error_leaves_the_process() -> None:
    refused, bug, done = run("refuse", "bug", "a")
    assert (refused.reason, refused.again) == ("no video", False)
    assert (bug.reason, bug.again) == ("unexpected RuntimeError: a bug", True)
    assert done.reason == ""


def test_what_hangs_is_given_up_and_what_is_slow_is_not() -> None:
    hung, slow, done = run("hang", "slow", "a", timeout=1)
    assert (hung.reason, hung.again) == ("no progress for 1 s; it was given up (`timeout`)", False)
    assert (slow.reason, done.reason) == ("", "")


def test_two_processes_work_beside_each_other() -> None:
    ended = run("hang", "a", "b", count=2, timeout=3)
    assert [one.task for one in ended] == ["a", "b", "hang"]


def test_what_cannot_be_loaded_ends_the_run() -> None:
    with pytest.raises(WeightsError, match="no such network"):
        run("a", load=fake_work.refuse)
    with pytest.raises(VidmotionError, match="a process ended with code 3 while it loaded"):
        run("a", load=fake_work.crash)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="writes to a device that is always full")
def test_a_full_disk_ends_the_run() -> None:
    with pytest.raises(DiskFullError, match="/dev/full: the disk is full"):
        run("a", "fill", "b")


def test_tasks_clean_up_when_the_run_ends(tmp_path: Path) -> None:
    with Workers(fake_work.load, 1, 30) as workers:
        while not workers.has_room:
            workers.wait()
        path = tmp_path / "temporary"
        workers.submit(f"write {path}")
        until = time.monotonic() + 30
        while not (path.exists() and path.read_text()):
            assert time.monotonic() < until
            time.sleep(0.01)
        process = int(path.read_text())
    assert not path.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_each_process_sees_a_gpu_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7,9")
    ended: list[Ended] = []
    queue = [f"gpu {tmp_path}"] * 2
    with Workers(fake_work.load, 2, 30, gpus=2) as workers:
        while len(ended) < 2:
            while queue and workers.has_room:
                workers.submit(queue.pop())
            ended += workers.wait()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["4", "7"]
