"""`vidmotion batch` end to end on real pictures, with real processes, the real detector and weights."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Run, detector, vidmotion
from tests.faults.conftest import SECONDS, Start, disk, end, start, wait_for
from vidmotion.batch.journal import FILE, State, read_journal
from vidmotion.io.scene.formats import load

__all__ = ["detector", "disk", "start", "vidmotion"]
pytestmark = pytest.mark.usefixtures("detector")


def lines(out: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (out / FILE).read_text().splitlines(keepends=True) if line.endswith("\n")]


def done(out: Path) -> list[str]:
    return [str(line["clip"]) for line in lines(out) if line.get("state") == "done"] if (out / FILE).exists() else []


def results(out: Path) -> list[str]:
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("*.json"))


def workers_of(process: int) -> list[int]:
    found = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [int(one) for one in found if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]


def is_running(process: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return False


def test_clips_of_a_folder_are_lifted_and_failures_listed(
    clips: Path, tmp_path: Path, vidmotion: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    code, told = vidmotion("batch", clips, "-o", out, "-j", 2)
    assert code == 1
    assert "bad.mp4: cannot be read as a video" in told
    assert f"1 of 5 clips failed; all are listed in {out / 'batch.csv'}" in told
    assert "clips/h" in told
    assert results(out) == ["a.json", "b.json", "more/a.json", "more/c.json"]
    assert all(len(load(out / name).people) == 1 for name in results(out))
    with (out / "batch.csv").open(newline="") as file:
        rows = {row["clip"]: row for row in csv.DictReader(file)}
    assert [(name, rows[name]["state"]) for name in sorted(rows)] == [
        *((name, "done") for name in ("a", "b")),
        ("bad", "failed"),
        *((name, "done") for name in ("more/a", "more/c")),
    ]
    assert (rows["more/a"]["frames"], rows["more/a"]["files"]) == ("16", "more/a.json")
    assert not list(out.rglob("*.log"))
    assert vidmotion("lift", clips / "a.mp4", "-o", tmp_path / "lift", "-q")[0] == 0
    assert json.loads((out / "a.json").read_text()) == json.loads((tmp_path / "lift" / "a.json").read_text())
    vidmotion("batch", "--status", out)
    assert "4 of 5 clips done, 1 failed" in capsys.readouterr().out

    (clips / "bad.mp4").write_bytes((clips / "a.mp4").read_bytes())  # the same command again tries it once more
    assert vidmotion("batch", clips, "-o", out, "-j", 2, "-q") == (0, "")
    assert Counter(done(out)) == Counter(["a", "b", "bad", "more/a", "more/c"])


def test_a_manifest_gives_each_clip_its_options(half_second: Path, tmp_path: Path, vidmotion: Run) -> None:
    manifest, out = tmp_path / "clips.csv", tmp_path / "out"
    manifest.write_text(f"video,height,fov,end\n{half_second},1.5,40,\n{half_second},,,0.3\n")
    assert vidmotion("batch", manifest, "-o", out, "-j", 1, "--height", 1.9, "-q") == (0, "")
    first, second = (json.loads((out / f"{name}.json").read_text()) for name in ("half", "half-2"))
    assert (first["provenance"]["lift"]["height"], first["provenance"]["lift"]["fov"]) == (1.5, 40)
    assert (second["provenance"]["lift"]["height"], second["provenance"]["lift"]["fov"]) == (1.9, 55)
    assert first["frame_count"] == 16
    assert second["frame_count"] < 11


def test_files_of_others_are_kept(half_second: Path, tmp_path: Path, vidmotion: Run) -> None:
    (tmp_path / "half.json").write_text("mine")
    code, told = vidmotion("batch", half_second, "-o", tmp_path)
    assert (code, "exists already; pass -y" in told) == (1, True)
    assert (tmp_path / "half.json").read_text() == "mine"


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for processes in /proc")
def test_a_killed_worker_and_a_killed_driver_lose_nothing(clips: Path, tmp_path: Path, start: Start) -> None:
    (clips / "bad.mp4").unlink()
    out = tmp_path / "out"
    arguments = ("batch", clips, "-o", out, "-j", 2)
    driver = start(*arguments)
    wait_for(lambda: done(out), driver)
    code, told = end(start(*arguments))
    assert (code, "another batch runs in it" in told) == (1, True)
    workers = workers_of(driver.pid)
    assert len(workers) == 2
    os.kill(workers[0], signal.SIGKILL)
    wait_for(lambda: len(workers_of(driver.pid)) == 2 and workers[0] not in workers_of(driver.pid), driver)
    workers += workers_of(driver.pid)
    driver.send_signal(signal.SIGKILL)
    driver.communicate()
    until = time.monotonic() + 20
    while any(map(is_running, workers)):
        assert time.monotonic() < until
        time.sleep(0.05)
    code, told = end(start(*arguments))
    assert code == 0, told
    assert Counter(done(out)) == Counter(["a", "b", "more/a", "more/c"])
    assert results(out) == ["a.json", "b.json", "more/a.json", "more/c.json"]


def test_a_full_disk_ends_the_run_in_one_line(clips: Path, disk: Callable[[int], Path], start: Start) -> None:
    small = disk(1)
    (small / "fill").write_bytes(bytes(1_000_000))  # the states fit beside it, and no clip
    arguments = ("batch", clips / "more", "-o", small / "out", "-j", 1)
    code, told = end(start(*arguments))
    assert (code, told.count("error: ")) == (1, 1), told
    assert f"the disk is full; finished clips are kept, and the others wait; free some space on {small} and run" in told
    assert [record.state for record in read_journal(small / "out").records.values()] == [State.begun, State.waiting]
    (small / "fill").unlink()
    assert end(start(*arguments, "-q")) == (0, "")


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_ctrl_c_keeps_what_is_finished(clips: Path, tmp_path: Path, start: Start) -> None:
    out = tmp_path / "out"
    driver = start("batch", clips, "-o", out, "-j", 1)
    wait_for(lambda: done(out), driver)
    driver.send_signal(signal.SIGINT)
    code, told = end(driver)
    assert (code, told.count("error:") - told.count("error: bad")) == (130, 1)
    assert "interrupted; finished files are kept" in told
    assert results(out) == sorted(f"{name}.json" for name in done(out))
    assert len(read_journal(out).of(State.done)) == len(done(out))
    assert (out / "batch.csv").exists()
    assert not list(out.rglob("*.part"))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
def test_a_file_that_hangs_is_given_up(tmp_path: Path, vidmotion: Run) -> None:
    """A named pipe to which nobody writes."""
    os.mkfifo(tmp_path / "a.mp4")
    code, told = vidmotion("batch", tmp_path, "-o", tmp_path / "out", "-j", 1, "--timeout", 2)
    assert (code, "a: no progress for 2 s; it was given up (--timeout)" in told) == (1, True)


@pytest.mark.skipif(os.name == "nt", reason="runs a POSIX shell")
def test_a_batch_needs_no_standard_streams(half_second: Path, tmp_path: Path) -> None:
    command = f"exec {sys.executable} -m vidmotion batch {half_second} -o {tmp_path} -j 1 <&- >&- 2>&-"
    assert subprocess.run(["sh", "-c", command], check=False, timeout=SECONDS).returncode == 0
    assert results(tmp_path) == ["half.json"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name a SOURCE"),
        (("missing.mp4",), "name the folder for the results: -o DIR"),
        (("missing.mp4", "-o", "out"), "missing.mp4: no such file or folder"),
        ((".", "-o", "out"), "no video in this folder"),
        (("missing.mp4", "-o", "out", "--work", "w"), "--work w: only for results at a URL"),
        ((".", "--status", "out"), "--status DIR stands alone"),
        ((".", "-o", "out", "-f", "vtt"), "pass --head action too"),
    ],
)
def test_wrong_usage_is_refused_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vidmotion: Run, arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, told = vidmotion("batch", *arguments)
    assert (code, message in told) == (2, True), told
    assert not list(tmp_path.iterdir())


def test_weights_that_cannot_be_loaded_end_the_batch(half_second: Path, tmp_path: Path, vidmotion: Run) -> None:
    code, told = vidmotion("batch", half_second, "-o", tmp_path / "out", "--weights", "nonesuch")
    assert (code, "nonesuch" in told) == (2, True)
    code, told = vidmotion("batch", half_second, "-o", tmp_path / "out", "--weights", "other")  # as nothing is done
    assert (code, "other" in told) == (2, True)
