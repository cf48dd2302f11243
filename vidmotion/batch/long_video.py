"""One long video whose people are found by several processes: what `lift` does with `jobs`.

The result is that of `VideoDetection.run`, to the last bit (`divided.py`).
"""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import torch

from vidmotion.batch.divided import DividedDetection, PartWork, Stage
from vidmotion.batch.workers import Alive, Work, Workers
from vidmotion.detection import VideoDetection
from vidmotion.errors import VidmotionError
from vidmotion.pipeline import Pipeline
from vidmotion.progress import Task
from vidmotion.settings import Settings
from vidmotion.tracking.parts import LENGTH
from vidmotion.types import Scene

NEVER = 1e6
"""Seconds after which a process without a sign of life is given up: as `lift` does without processes, it waits."""


def detect_in_processes(detection: VideoDetection, jobs: int) -> Scene:
    """The people of a video in 2D, whose parts are read by several processes.

    Args:
        jobs: the most processes; 1 is this one.

    Raises:
        VidmotionError: as `VideoDetection.run`; or a process was ended.
    """
    if jobs == 1:
        return detection.run()
    with tempfile.TemporaryDirectory(prefix="vidmotion-") as folder:
        divided = DividedDetection.open(detection, Path(folder) / "parts")
        if divided is None:
            detection.progress.message(f"{detection.video.name}: one process reads it; `jobs` is for long video files")
            return detection.run()
        count = min(jobs, len(divided.parts))
        if count < jobs:
            detection.progress.message(
                f"{detection.video.name}: {count} processes read it, as it has so many parts of {LENGTH:g} s"
            )
        load = partial(_load, detection.settings, detection.video, detection.hands, Path(folder) / "parts")
        with Workers(load, count, NEVER) as workers:
            while not divided.files.is_whole and (works := divided.to_do()):
                _do_all(divided, works, workers)
        return divided.run()


def _do_all(divided: DividedDetection, works: Sequence[PartWork], workers: Workers) -> None:
    """Let the processes read some parts.

    Raises:
        VidmotionError: one of them failed.
    """
    detection, waiting = divided.detection, deque(works)
    with detection.open(divided.index) as frames:
        total = frames.frame_count
    name = "detect" if works[0].stage is Stage.people else detection.second_name
    with detection.progress.task(name, total) as task:
        left, done = len(works), 0
        while left:
            while waiting and workers.has_room:
                workers.submit(waiting.popleft())
            for ended in workers.wait():
                if ended.reason:
                    raise VidmotionError(f"{detection.video}: {ended.reason}")
                left, done = left - 1, done + ended.value
                task.advance(done)


def _load(settings: Settings, video: Path, hands: bool, folder: Path) -> Work:
    """What a process does: it reads one part after the other on one core, and tells how many frames each had."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    counter = _FrameCounter()
    divided = DividedDetection.open(Pipeline(settings, counter, threads=1).detection(video, hands), folder)

    def read(work: PartWork, alive: Alive) -> int:
        counter.alive, counter.frames = alive, 0
        if divided is not None:  # otherwise another process has found that it has to be read in one go
            divided.do(work)
        return counter.frames

    return read


@dataclass
class _FrameCounter:
    """A `Progress` that counts the frames of a part."""

    alive: Alive = lambda: None
    frames: int = 0

    @contextmanager
    def task(self, name: str, total: int | None) -> Iterator[Task]:
        """A task whose progress is a sign of life."""
        yield self

    def advance(self, done: int) -> None:
        """Note how far the part is."""
        self.frames = done
        self.alive()

    def message(self, text: str) -> None:
        """Do nothing: the first process tells."""

    def detail(self, text: str) -> None:
        """Do nothing."""
