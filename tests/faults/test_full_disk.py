"""A disk that is full: one line, nothing half written, and what was there stays."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.faults.conftest import Start, end, names, wait_for
from vidmotion.errors import OutputError
from vidmotion.video import Recording, VideoWriter, open_video

Disk = Callable[[int], Path]

ROOT = Path(__file__).parents[2]
SIZE = (320, 240)


def one_line(process: "subprocess.Popen[str]") -> str:
    code, told = end(process)
    assert code in (1, 2), told
    lines = [line for line in told.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, told
    return lines[0]


def fill(disk: Path, left: int) -> None:
    """Leave so many bytes."""
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    (disk / "fill").write_bytes(bytes(free - left))


def film(writer: VideoWriter) -> None:
    """Write more than 4 MiB."""
    pictures = np.random.default_rng(0).integers(0, 255, (300, SIZE[1], SIZE[0], 3), dtype=np.uint8)
    with writer:
        for picture in pictures:
            writer.write(picture)


def test_an_import(motions: Path, disk: Disk, start: Start) -> None:
    small = disk(1)
    fill(small, 100_000)  # it begins, and cannot end
    assert "the disk is full" in one_line(start("data", "import", "bvh", motions, "-o", small / "out", "-q"))
    assert names(small) == ["fill"]


def test_a_full_disk_is_noticed_before_the_work(disk: Disk, start: Start) -> None:
    small = disk(1)
    fill(small, 0)
    sample = ROOT / "samples" / "walk_wave.mp4"
    before = time.monotonic()
    assert "the disk is full" in one_line(start("detect", sample, "-o", small / "a.json", "-q"))
    assert time.monotonic() - before < 60
    assert names(small) == ["fill"]


def test_a_film_leaves_nothing_and_a_recording_what_plays(disk: Disk) -> None:
    small = disk(4)
    for kind, left in ((VideoWriter, []), (Recording, ["a.mp4"])):
        with pytest.raises(OutputError, match="the disk is full"):
            film(kind(small / "a.mp4", Fraction(30), SIZE))
        assert names(small) == left
    with open_video(small / "a.mp4") as video:
        assert len(list(video)) >= 29


def test_a_run_that_cannot_begin_leaves_nothing(mocap: Path, disk: Disk, start: Start) -> None:
    small = disk(10)
    arguments = ("train", "pose3d", "--data", mocap, "-o", small / "run", "--set", "frames=100", "-q")
    assert "checkpoint.pt: the disk is full" in one_line(start(*arguments))
    assert names(small / "run") == []


def test_a_run_that_cannot_save_keeps_its_checkpoint(mocap: Path, disk: Disk, start: Start) -> None:
    small = disk(36)  # room for the first checkpoint, and none for the next one beside it
    run = small / "run"
    process = start("train", "pose3d", "--data", mocap, "-o", run, "--set", "frames=100", "-q")
    wait_for((run / "log.jsonl").exists, process)
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    assert "checkpoint.pt: the disk is full" in one_line(process)
    assert [name for name in names(run) if "tfevents" not in name] == ["checkpoint.pt", "log.jsonl", "run.json"]
    assert torch.load(run / "checkpoint.pt", weights_only=True)["step"] == 0
