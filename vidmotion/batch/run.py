"""Runs a batch: gives each clip that is not done to a worker, and notes what becomes of it."""

from __future__ import annotations

import dataclasses
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from vidmotion.batch.journal import Book, Journal, PartsRead, Record, State
from vidmotion.batch.lift_file import Outputs
from vidmotion.batch.part_queue import PartQueue
from vidmotion.batch.results import Results
from vidmotion.batch.sources import Clip, ClipTask, PartsToRead, PartTask
from vidmotion.batch.workers import Ended, Work, Workers
from vidmotion.choices import Device
from vidmotion.errors import DiskFullError, VidmotionError
from vidmotion.processes import usable_cores
from vidmotion.settings import Settings

if TYPE_CHECKING:
    from vidmotion.batch.ray_workers import RayWorkers


@dataclass(frozen=True)
class RunOptions:
    """How a batch runs, which does not change its results."""

    jobs: int | None
    """Number of processes; None takes one for each core of the machine, or of the cluster."""
    timeout: float
    """Seconds without progress after which a clip is given up."""
    retries: int
    """How often a clip is tried again when its process crashed, or after an error that was not foreseen."""
    ray: str | None = None
    """The processes are Ray's: on this machine (`local`), or on the cluster of this address. None needs no Ray."""
    gpus: int = 0
    """That the processes share; 0 leaves it to the settings' device, and on Ray to the CPU."""


class Reporter(Protocol):
    """Is told what happens."""

    def begin(self, left: int, total: int) -> None:
        """Called before the first clip, with the number of clips to do and of all."""

    def finished(self, record: Record, rate: float, left: int) -> None:
        """Called when a clip is done or has failed for good, with the clips per hour and the number that is left."""

    def retried(self, record: Record, reason: str) -> None:
        """Called when a clip, or a part of it, has failed and is tried again."""

    def part_finished(self, record: Record, parts: PartsRead) -> None:
        """Called when a part of a long clip was read."""


def run_batch(
    clips: Sequence[Clip],
    settings: Settings,
    outputs: Outputs,
    results: Results,
    options: RunOptions,
    reporter: Reporter,
) -> Book:
    """Lift all clips that are not done yet, also those of earlier runs in the same place. Failed ones are tried again.

    Whatever ends this process, what is done stays done, and the next call goes on.

    Args:
        results: where they go; its folder is that of `outputs`.

    Returns:
        the states of all clips.

    Raises:
        InputError: the batch in this place has other settings, or the cluster cannot be joined.
        MissingExtraError: Ray is asked for and not installed.
        OutputError: another batch runs in this place, or the states cannot be written.
        DiskFullError: a disk is full; what is done stays done.
        VidmotionError: a network cannot be loaded.
    """
    with Journal(results.folder, _common(settings, outputs), results.current_states, results.name) as journal:
        journal.add(clips)
        results.begin()
        try:
            there = dataclasses.replace(settings, device=Device.cuda) if options.gpus else settings
            _Run(journal, outputs.overwrite, options, reporter, results).run(results.loader(there, outputs))
        except BaseException as error:
            with suppress(VidmotionError):  # the first error says more
                results.finish(journal.book)
            if isinstance(error, DiskFullError):
                raise _with_disk(error) from None
            raise
        results.finish(journal.book)
        return journal.book


def _with_disk(error: DiskFullError) -> DiskFullError:
    """The error, with the disk and what to do."""
    disk = next((one for one in error.path.parents if one.is_mount()), "it") if isinstance(error.path, Path) else "it"
    return DiskFullError(
        error.path,
        f"finished clips are kept, and the others wait; free some space on {disk} and run the same command again",
    )


def _common(settings: Settings, outputs: Outputs) -> dict[str, Any]:
    """What the results of all clips depend on, as the journal keeps it."""
    values = dataclasses.asdict(settings)
    values |= {"formats": sorted(outputs.formats), "markers": outputs.markers, "bones": outputs.bones}
    body = settings.body_model
    return values | {"body_model": None if body is None else str(body.resolve())}


class _Run:
    """One run of a batch."""

    def __init__(
        self, journal: Journal, overwrite: bool, options: RunOptions, reporter: Reporter, results: Results
    ) -> None:
        self._journal, self._overwrite, self._options, self._reporter = journal, overwrite, options, reporter
        self._results = results
        # A clip that was begun and not finished may be what ended the last run: others first.
        self._queue = deque(
            sorted(journal.book.of(State.waiting, State.begun, State.failed), key=lambda one: one.tries)
        )
        self._parts = PartQueue(options.retries)
        self._tries: dict[str, int] = {}
        self._left = len(self._queue)
        self._began = time.monotonic()
        self._finished = 0

    def run(self, load: Callable[[], Work]) -> None:
        """Do everything that is to be done."""
        self._reporter.begin(self._left, len(self._journal.book.records))
        if not self._left:
            return
        with self._workers(load) as workers:
            while self._left:
                while workers.has_room and (task := self._next()) is not None:
                    workers.submit(task)
                for ended in workers.wait():
                    self._take(ended)
                    if self._parts.waiting:
                        workers.grow(self._parts.waiting + len(self._queue))
                self._results.update()

    def _workers(self, load: Callable[[], Work]) -> Workers | RayWorkers:
        options = self._options
        if options.ray is None:
            most = options.jobs or usable_cores()
            return Workers(load, min(most, self._left), options.timeout, options.gpus, most)
        from vidmotion.batch.ray_workers import RayWorkers

        return RayWorkers(load, options.jobs, self._left, options.timeout, options.ray, options.gpus)

    def _next(self) -> ClipTask | PartTask | None:
        """What to do next: parts of long clips that are begun come first."""
        return self._parts.next() or (self._begin(self._queue.popleft()) if self._queue else None)

    def _begin(self, record: Record) -> ClipTask:
        task = ClipTask(record.name, record.clip, self._overwrite or record.tries > 0)
        self._tries[record.name] = self._tries.get(record.name, 0) + 1
        self._journal.begin(record)
        return task

    def _take(self, ended: Ended) -> None:
        task, record = ended.task, self._journal.book.records[ended.task.name]
        if isinstance(task, PartTask):
            self._take_part(task, ended, record)
        elif isinstance(ended.value, PartsToRead):
            done = self._parts.divide(task, ended.value)
            stage = str(ended.value.works[0].stage)
            self._journal.read_parts(record, PartsRead(stage, done, ended.value.total))
        else:
            self._take_clip(ended, record)

    def _take_part(self, task: PartTask, ended: Ended, record: Record) -> None:
        if not self._parts.knows(task):
            return  # its clip has failed meanwhile
        if not ended.reason:
            parts = PartsRead(str(task.work.stage), *self._parts.finish(task, ended.value["seconds"]))
            self._journal.read_parts(record, parts)
            self._reporter.part_finished(record, parts)
        elif ended.again and self._parts.try_again(task):
            self._reporter.retried(record, ended.reason)
        else:
            self._take_clip(dataclasses.replace(ended, again=False), record)

    def _take_clip(self, ended: Ended, record: Record) -> None:
        seconds = self._parts.drop(record.name)
        if not ended.reason:
            self._journal.finish(record, ended.value | {"seconds": round(ended.value["seconds"] + seconds, 2)})
        elif ended.again and self._tries[record.name] <= self._options.retries:
            self._reporter.retried(record, ended.reason)
            self._queue.append(record)
            return
        else:
            self._journal.fail(record, ended.reason)
        self._left -= 1
        self._finished += 1
        rate = 3600 * self._finished / (time.monotonic() - self._began)
        self._reporter.finished(record, rate, self._left)
