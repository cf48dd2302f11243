"""Is a batch with two workers twice as fast as with one, and is a clip lost when a worker or the batch is killed?

    python -m benchmarks.speed.batch_workers [VIDEO] [--clips 100] [--frames 60] [--runs one two ...]

Cuts short clips from a video, no two alike, and runs `vidmotion batch` on them in each of these ways:

    one, two                                    one or two processes of this machine
    ray                                         two workers of Ray, on this machine (extra `batch`)
    cluster                                     a cluster of two nodes with one core each, on this machine
    two-killed, ray-killed, cluster-killed      the same; `kill -9` of a worker when a quarter of the clips is done, and
                                                of `batch` at half; then the same command again

`--batch '--no-hands --camera still'` gives `batch` more options, to be quicker where only the kills count.

First it prints how many times as much two processes multiply matrices as one does: all that this machine can give. Then
for each way the seconds that all of it took, clips per hour, how many times as fast as `one`, the seconds of work for a
clip (median), which part of the workers' time was work and no start or waiting, and the CPU time where it is known. At
the end of each line, what became of the clips: how many have a file, how many were done more than once, and how many
files are the same, to the byte, as those of the first way. Exits with 1 if a clip is lost or was done twice.

Needs /proc, so Linux, and two cores that have nothing else to do: the load at the start of each run is printed.
"""

import argparse
import json
import os
import secrets
import shlex
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from vidmotion.video.reader import open_video
from vidmotion.video.writer import VideoWriter

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "samples" / "walk_wave.mp4"
PLAIN = ("one", "two", "two-killed")
RAY = ("ray", "cluster", "ray-killed", "cluster-killed")
WORKERS = (b"spawn_main", b"ray::_Served")
"""In the command lines of workers: of processes, and of Ray."""


@dataclass
class Outcome:
    """What a run did."""

    name: str
    load: float
    """Of the machine, before the run."""
    wall: float = 0.0
    """Seconds, from the first command to the end of the last one."""
    cpu: float | None = None
    """Seconds, of `batch` and its processes; None where they are not all its own, or were killed."""
    code: int = 0
    done: Counter[str] = field(default_factory=Counter)
    """How often each clip was done, by the journal."""
    seconds: list[float] = field(default_factory=list)
    """Of work, for each clip."""
    files: dict[str, bytes] = field(default_factory=dict)

    def problems(self, clips: int) -> list[str]:
        twice = sum(count > 1 for count in self.done.values())
        found = [f"exit code {self.code}"] if self.code else []
        found += [f"{clips - len(self.files)} without a file"] if len(self.files) != clips else []
        found += [f"{clips - len(self.done)} not done"] if len(self.done) != clips else []
        return found + ([f"{twice} done more than once"] if twice else [])


def cut_clips(video: Path, folder: Path, count: int, frames: int) -> None:
    """Clips of so many frames, which begin at different frames of a video."""
    with open_video(video) as source:
        pictures = [frame.rgb for frame in source]
        fps = source.fps
    starts = len(pictures) - frames + 1
    if starts < count:
        raise SystemExit(f"{video}: has {len(pictures)} frames, too few for {count} different clips of {frames}")
    height, width = pictures[0].shape[:2]
    for number in range(count):
        start = number * (starts - 1) // max(count - 1, 1)
        with VideoWriter(folder / f"{number:03}.mp4", Fraction(fps), (width, height)) as writer:
            for picture in pictures[start : start + frames]:
                writer.write(picture)


def environment() -> dict[str, str]:
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, "RAY_USAGE_STATS_ENABLED": "0"}


def machine_ratio() -> float:
    """How many times as much two processes get done as one, if they share nothing but the machine."""
    code = "import numpy as np; a = np.ones((400, 400), np.float32)\nfor _ in range(500): a @ a"
    single = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

    def seconds(count: int) -> float:
        began = time.monotonic()
        running = [subprocess.Popen([sys.executable, "-c", code], env=single) for _ in range(count)]
        for process in running:
            process.wait()
        return time.monotonic() - began

    return 2 * min(seconds(1) for _ in range(3)) / min(seconds(2) for _ in range(3))


def start_batch(clips: Path, out: Path, options: list[str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "vidmotion", "batch", str(clips), "-o", str(out), "-q", *options]
    return subprocess.Popen(command, env=environment())


def journal(out: Path) -> Iterator[dict[str, Any]]:
    """The lines about clips that are done."""
    path = out / "batch.jsonl"
    text = path.read_text() if path.exists() else ""
    for line in text.splitlines(keepends=True):
        state = json.loads(line) if line.endswith("\n") else {}
        if state.get("state") == "done":
            yield state


def workers_below(ancestors: list[int]) -> list[int]:
    """The workers among the descendants of processes."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(entry.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(entry.parent.name))
    found, left = [], list(ancestors)
    while left:
        below = children.get(left.pop(), [])
        found += [one for one in below if _is_worker(one)]
        left += below
    return found


def _is_worker(process: int) -> bool:
    try:
        command = Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False
    return any(name in command for name in WORKERS)


def wait_for(condition: Callable[[], bool], batch: subprocess.Popen[bytes]) -> None:
    while not condition():
        if batch.poll() is not None:
            raise SystemExit(f"the batch ended too early, with code {batch.returncode}")
        time.sleep(0.3)


def kill_both(begin: Callable[[], subprocess.Popen[bytes]], out: Path, clips: int, nodes: list[int]) -> None:
    """Run a batch until half of the clips are done, and kill one of its workers on the way, itself at the end."""
    batch = begin()
    wait_for(lambda: len(list(journal(out))) >= clips // 4, batch)
    worker = workers_below([batch.pid, *nodes])[0]
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: len(list(journal(out))) >= clips // 2, batch)
    workers = workers_below([batch.pid, *nodes])
    batch.kill()
    batch.wait()
    began = time.monotonic()
    while any(map(_is_worker, workers)) and time.monotonic() - began < 60:
        time.sleep(0.05)
    left = sum(map(_is_worker, workers))
    print(f"  killed worker {worker}, then `batch` after {len(list(journal(out)))} clips;", end=" ")
    print(f"{left} of {len(workers)} workers left after {time.monotonic() - began:.1f} s")


def run_way(name: str, clips: Path, out: Path, cluster: tuple[list[int], str], more: list[str]) -> Outcome:
    nodes, address = cluster
    engine, _, killed = name.partition("-")
    options = {"one": ["-j", "1"], "two": ["-j", "2"], "ray": ["-j", "2", "--ray", "local"]}
    begin = partial(start_batch, clips, out, options.get(engine, ["--ray", address]) + more)
    count = len(list(clips.iterdir()))
    outcome = Outcome(name, os.getloadavg()[0])
    began = time.monotonic()
    if killed:
        kill_both(begin, out, count, nodes)
    batch = begin()
    _, status, usage = os.wait4(batch.pid, 0)
    outcome.wall = time.monotonic() - began
    outcome.code = batch.returncode = os.waitstatus_to_exitcode(status)
    if name in PLAIN and not killed:
        outcome.cpu = usage.ru_utime + usage.ru_stime
    outcome.done = Counter(line["clip"] for line in journal(out))
    outcome.seconds = [line["result"]["seconds"] for line in journal(out)]
    outcome.files = {path.name: path.read_bytes() for path in out.glob("*.json")}
    return outcome


@contextmanager
def two_nodes() -> Iterator[tuple[list[int], str]]:
    """The processes and the address of a cluster of two nodes with one core each, which nobody else can use."""
    os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    nodes: list[subprocess.Popen[str]] = []
    try:
        nodes.append(_start_node("--head", f"--port={port}", "--include-dashboard=false"))
        nodes.append(_start_node(f"--address=127.0.0.1:{port}"))
        yield [node.pid for node in nodes], f"127.0.0.1:{port}"
    finally:
        for node in reversed(nodes):
            node.terminate()
            node.communicate()
        del os.environ["RAY_AUTH_MODE"], os.environ["RAY_AUTH_TOKEN"]


def _start_node(*which: str) -> subprocess.Popen[str]:
    """Three tries: Ray gives up a node whose parts need more than 15 s to start, as on a busy machine."""
    command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", *which]
    command += ["--node-ip-address=127.0.0.1", "--num-cpus=1", "--num-gpus=0", "--object-store-memory=100000000"]
    for _ in range(3):
        node = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert node.stdout is not None
        for line in node.stdout:
            if "--block" in line:  # it says that it runs until it is ended
                return node
        node.wait()
    raise SystemExit("a node of Ray did not start in three tries")


def describe(outcome: Outcome, first: Outcome, one: Outcome | None, clips: int) -> str:
    workers = 1 if outcome.name == "one" else 2
    ratio = f"{one.wall / outcome.wall:5.2f}" if one is not None else "     "
    busy = sum(outcome.seconds) / (workers * outcome.wall)
    cpu = "        " if outcome.cpu is None else f"{outcome.cpu:6.0f} s"
    same = sum(first.files.get(name) == content for name, content in outcome.files.items())
    return (
        f"{outcome.name:15} {outcome.wall:6.0f} s {3600 * clips / outcome.wall:7.0f}/h {ratio} "
        f"{statistics.median(outcome.seconds):7.2f} s {busy:6.0%} {cpu}  {outcome.load:5.1f}  "
        f"{len(outcome.files):5} {sum(count > 1 for count in outcome.done.values()):5} {same:5}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path, nargs="?", default=SAMPLE)
    parser.add_argument("--clips", type=int, default=100)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--runs", nargs="+", choices=(*PLAIN, *RAY), help="default: all; without Ray, the first three")
    parser.add_argument("--batch", default="", metavar="OPTIONS", type=shlex.split)
    args = parser.parse_args()
    runs = args.runs or (*PLAIN, *(RAY if find_spec("ray") else ()))
    outcomes: dict[str, Outcome] = {}
    with tempfile.TemporaryDirectory() as folder:
        clips = Path(folder, "clips")
        clips.mkdir()
        cut_clips(args.video, clips, args.clips, args.frames)
        print(f"{args.clips} clips of {args.frames} frames, {os.cpu_count()} cores; two processes alone: ", end="")
        print(f"{machine_ratio():.2f} times one (load {os.getloadavg()[0]:.1f})")
        print(f"{'':15}   wall     clips  ratio   a clip  busy   CPU time   load  files twice  same", flush=True)
        for name in runs:
            with two_nodes() if name.startswith("cluster") else _no_nodes() as cluster:
                outcomes[name] = run_way(name, clips, Path(folder, name), cluster, args.batch)
            print(describe(outcomes[name], outcomes[runs[0]], outcomes.get("one"), args.clips), flush=True)
    wrong = [f"{name}: {problem}" for name, one in outcomes.items() for problem in one.problems(args.clips)]
    if wrong:
        raise SystemExit("\n".join(wrong))


@contextmanager
def _no_nodes() -> Iterator[tuple[list[int], str]]:
    yield [], ""


if __name__ == "__main__":
    main()
