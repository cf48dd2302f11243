"""Renders, trains and evaluates in rounds, for days: starts or continues whatever is next, one process at a time.

    python weights/long_run.py FOLDER --mocap MOCAP [--hdm05 HDM05] [--rounds 10] [--clips 400]

A round renders more footage, trains on all of it from the network of the round before, and measures the result:

    FOLDER/footage/train, FOLDER/footage/test    stores; each round adds clips to the first
    FOLDER/round-03/                             the run; weights.safetensors when it is finished
    FOLDER/round-03/eval.json                    figures of `vidmotion eval pose3d`
    FOLDER/state.json                            the finished stages, with the time that they ended
    FOLDER/log.txt                               when stages began and ended

It may be killed at any time, and the same command continues: rendering keeps finished clips, training a checkpoint that
is at most two minutes old. Everything runs at the lowest priority.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO

from vidmotion.io.atomic import write_text

WEIGHTS = Path(__file__).parent
TEST_CLIPS = 60
SEEDS = {"train": 2711, "test": 77}
"""Of the clips of each split; a store is continued with its seed only."""
PRIORITY = 19


@dataclass(frozen=True)
class Stage:
    """A command that is finished once, and that continues if it is run again."""

    name: str
    arguments: tuple[str, ...]
    """Of vidmotion."""


def stages(folder: Path, mocap: Path, hdm05: Path | None, rounds: int, clips: int) -> Iterator[Stage]:
    """All stages in their order."""
    train, test = folder / "footage" / "train", folder / "footage" / "test"
    before = WEIGHTS / "motion-small.safetensors"
    yield _render("render test", mocap, test, "test", TEST_CLIPS)
    for number in range(1, rounds + 1):
        run = folder / f"round-{number:02d}"
        yield _render(f"render round {number}", mocap, train, "train", number * clips)
        resume = ("--resume",) if (run / "checkpoint.pt").exists() else ()
        data = _repeated("--data", train, mocap)
        start = ("--from", str(before), "--config", str(WEIGHTS / "recipes" / "rounds.toml"))
        seed = ("--set", f"seed={number}")
        yield Stage(f"train round {number}", ("train", "pose3d", *data, "-o", str(run), *start, *seed, "-q", *resume))
        before = run / "weights.safetensors"
        held_out = _repeated("--data", test, mocap)
        report = ("--weights", str(before), "--json", str(run / "eval.json"))
        yield Stage(f"evaluate round {number}", ("eval", "pose3d", *held_out, *report))
        if hdm05:
            report = ("--weights", str(before), "--split", "train", "--json", str(run / "eval-hdm05.json"))
            yield Stage(f"HDM05 round {number}", ("eval", "pose3d", "--data", str(hdm05), *report))


def _render(name: str, mocap: Path, store: Path, split: str, clips: int) -> Stage:
    where = ("--mocap", str(mocap), "-o", str(store), "--split", split, "--seed", str(SEEDS[split]))
    return Stage(name, ("data", "render", *where, "--clips", str(clips), "-j", str(os.cpu_count() or 1), "-q"))


def _repeated(option: str, *folders: Path) -> tuple[str, ...]:
    return tuple(part for folder in folders for part in (option, str(folder)))


def run_all(found: Callable[[], Iterator[Stage]], folder: Path, run: Callable[[Stage], int]) -> int:
    """Run the stages that are not finished, and remember those that end well. Returns the last exit code."""
    state, log = folder / "state.json", folder / "log.txt"
    finished: dict[str, str] = json.loads(state.read_text()) if state.exists() else {}
    for stage in found():
        if stage.name in finished:
            continue
        _log(log, f"{stage.name}: begins")
        code = run(stage)
        _log(log, f"{stage.name}: " + ("finished" if code == 0 else f"stopped with exit code {code}"))
        if code:
            return code
        finished[stage.name] = _now()
        write_text(state, json.dumps(finished, indent=2))
    return 0


def _log(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(f"{_now()}  {text}\n")


def _now() -> str:
    return datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")


def _run_stage(stage: Stage, output: TextIO, lock: TextIO) -> int:
    """Run a stage as a child that keeps the lock as long as it lives, even if this process is killed."""
    command = [sys.executable, "-m", "vidmotion", *stage.arguments]
    child = subprocess.Popen(
        command, stdout=output, stderr=output, cwd=WEIGHTS.parent, pass_fds=[lock.fileno()], start_new_session=True
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: child.terminate())
    _lower_session_priority(child.pid)
    return child.wait()


def _lower_session_priority(pid: int) -> None:
    """Linux may share the processor between sessions first; `nice` then counts only within one session."""
    with suppress(OSError):  # another system, or a process that has ended
        Path(f"/proc/{pid}/autogroup").write_text(str(PRIORITY))


def main() -> int:
    """Start or continue the rounds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--mocap", type=Path, required=True)
    parser.add_argument("--hdm05", type=Path, help="Motion capture to measure on only.")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--clips", type=int, default=400, help="New clips of footage in each round.")
    arguments = parser.parse_args()
    folder, mocap = arguments.folder.absolute(), arguments.mocap.absolute()
    hdm05 = arguments.hdm05.absolute() if arguments.hdm05 else None
    folder.mkdir(parents=True, exist_ok=True)
    os.nice(PRIORITY)  # children inherit it
    with (folder / "lock").open("w") as lock, (folder / "output.txt").open("a") as output:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"a long run goes on in {folder}; wait for it, or stop it", file=sys.stderr)
            return 1
        return run_all(
            lambda: stages(folder, mocap, hdm05, arguments.rounds, arguments.clips),
            folder,
            lambda stage: _run_stage(stage, output, lock),
        )


if __name__ == "__main__":
    sys.exit(main())
