"""Processes that each load something once and then do one task after the other, watched by the process that asks.

A task may crash its process, or hang: the process is ended and replaced, and the others go on. Processes end with the
one that started them, whatever ended that. Does not depend on what the tasks are.
"""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any, Self

from vidmotion.errors import DiskFullError, VidmotionError
from vidmotion.processes import one_thread_per_process

Alive = Callable[[], None]
"""Called by a task that makes progress."""
Work = Callable[[Any, Alive], Any]
"""Does one task, and returns what the other process is told."""
_SEEN = "CUDA_VISIBLE_DEVICES"
_BEAT = 0.5
"""Seconds between two signs of life."""
_PATIENCE = 5.0
"""Seconds that a process has to clean up."""


@dataclass(frozen=True)
class Ended:
    """A task that is over."""

    task: Any
    value: Any = None
    """What the work returned."""
    reason: str = ""
    """Why it failed; empty if it did not."""
    again: bool = False
    """Whether another try may succeed: the process crashed, or an error was not foreseen."""


class Workers:
    """So many processes. Used as a context: all of them are ended at its end."""

    def __init__(self, load: Callable[[], Work], count: int, timeout: float, gpus: int = 0, most: int = 0) -> None:
        """Remember what to start; `__enter__` starts the processes.

        Args:
            load: called once in each process; it is sent there, as are the tasks.
            most: processes to which `grow` may add.
            timeout: seconds without a sign of life after which a task is given up.
            gpus: that the processes take in turn, one each; 0 lets all of them see every GPU.
        """
        self._load, self._count, self._timeout, self._most = load, count, timeout, max(most, count)
        self._gpus = _visible_gpus(gpus)
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        try:
            self._start(self._count)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def grow(self, tasks: int) -> None:
        """Start more processes, as there are so many tasks beside those that are done now."""
        busy = sum(worker.task is not None for worker in self._workers)
        self._start(min(busy + tasks, self._most))

    def _start(self, count: int) -> None:
        for number in range(len(self._workers), count):
            self._workers.append(_Worker(self._load, self._gpus[number % len(self._gpus)]))

    @property
    def has_room(self) -> bool:
        """Whether a process waits for a task."""
        return any(worker.is_free for worker in self._workers)

    def submit(self, task: Any) -> None:
        """Give a task to a process that is free."""
        next(worker for worker in self._workers if worker.is_free).begin(task)

    def wait(self) -> list[Ended]:
        """Wait until a task is over, or a process is ready for the first one.

        Raises:
            VidmotionError: a process could not load what it needs.
            DiskFullError: a disk is full.
        """
        busy = [worker for worker in self._workers if worker.task is not None]
        until = min((worker.heard + self._timeout for worker in busy), default=None)
        wait(
            [worker.connection for worker in self._workers],
            None if until is None else max(0.0, until - time.monotonic()),
        )
        ended = []
        for worker in list(self._workers):
            end = worker.look(self._timeout)
            if end is not None:
                ended.append(end)
            if worker.is_gone:
                self._replace(worker)
        return ended

    def _replace(self, worker: _Worker) -> None:
        worker.end()
        self._workers.remove(worker)
        self._workers.append(_Worker(self._load, worker.gpu))

    def _end(self) -> None:
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            worker.end()


class _Worker:
    """One process, from the other side."""

    def __init__(self, load: Callable[[], Work], gpu: str | None) -> None:
        self.gpu = gpu
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, load, gpu), daemon=True)
        with one_thread_per_process(), _ctrl_c_held_back():
            self.process.start()
        theirs.close()
        self.task: Any = None
        self.heard = 0.0
        self.is_gone = False
        self._ready = False

    @property
    def is_free(self) -> bool:
        return self._ready and self.task is None

    def begin(self, task: Any) -> None:
        self.task, self.heard = task, time.monotonic()
        with suppress(OSError):  # the process has just died: `look` finds that out
            self.connection.send(task)

    def look(self, timeout: float) -> Ended | None:
        """Read what the process says; its task, if that is over."""
        try:
            while self.connection.poll():
                end = self._hear(*self.connection.recv())
                if end is not None:
                    return end
        except (EOFError, OSError):
            return self._died()
        if self.task is not None and time.monotonic() - self.heard > timeout:
            self.process.kill()
            self.is_gone = True
            return self._over(reason=f"no progress for {timeout:g} s; it was given up (`timeout`)")
        return None

    def end(self) -> None:
        self._join()
        self.connection.close()

    def _join(self) -> None:
        self.process.join(_PATIENCE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()

    def _hear(self, kind: str, what: Any) -> Ended | None:
        self.heard = time.monotonic()
        if kind == "ready":
            self._ready = True
        elif kind == "refused":
            raise what
        elif kind == "ended":
            value, reason, again = what
            return self._over(value=value, reason=reason, again=again)
        return None

    def _over(self, **what: Any) -> Ended:
        task, self.task = self.task, None
        return Ended(task, **what)

    def _died(self) -> Ended | None:
        self.is_gone = True
        self._join()
        how = _describe_exit(self.process.exitcode or 0)
        if not self._ready:
            raise VidmotionError(
                f"a process {how} while it loaded the networks; if the memory was full, use fewer `jobs`"
            )
        return None if self.task is None else self._over(reason=f"its process {how}", again=True)


def _describe_exit(code: int) -> str:
    if code >= 0:
        return f"ended with code {code}"
    with suppress(ValueError):
        return f"was ended by {signal.Signals(-code).name}"
    return f"was ended by signal {-code}"


@contextmanager
def _ctrl_c_held_back() -> Iterator[None]:
    """Processes started inside this block never get Ctrl-C, which a terminal sends to all of them; this one does."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows; `_serve` ignores it as soon as it runs
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _visible_gpus(count: int) -> list[str | None]:
    """The first GPUs that this program may see, as CUDA names them; [None] for no choice."""
    if not count:
        return [None]
    seen = os.environ.get(_SEEN)
    names = seen.split(",") if seen else map(str, range(count))
    return [*names][:count]


def _serve(connection: Connection, load: Callable[[], Work], gpu: str | None) -> None:
    """What a process does: load, then one task after the other, until the other side is gone."""
    if gpu is not None:
        os.environ[_SEEN] = gpu
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # temporary files are removed
    sys.unraisablehook = _ignore_interrupt
    faulthandler.enable()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(KeyboardInterrupt, EOFError, BrokenPipeError):
        try:
            work = load()
            connection.send(("ready", None))
            while True:
                connection.send(("ended", do_task(work, connection.recv(), _heartbeat(connection))))
        except VidmotionError as error:
            connection.send(("refused", error))


def _ignore_interrupt(ignored: sys.UnraisableHookArgs) -> None:
    """The end may come while a destructor runs, which can only be told."""
    if not isinstance(ignored.exc_value, KeyboardInterrupt):
        sys.__unraisablehook__(ignored)


def do_task(work: Work, task: Any, alive: Alive) -> tuple[Any, str, bool]:
    """What the work returned; or why it failed, and whether another try may succeed.

    Raises:
        DiskFullError: no other task can succeed.
    """
    try:
        return work(task, alive), "", False
    except DiskFullError:
        raise
    except VidmotionError as error:
        return None, str(error), False
    except Exception as error:  # noqa: BLE001  # not even a bug takes the other tasks along
        return None, f"unexpected {type(error).__name__}: {' '.join(str(error).split())}", True


def _heartbeat(connection: Connection) -> Alive:
    last = time.monotonic()

    def alive() -> None:
        nonlocal last
        if time.monotonic() - last > _BEAT:
            last = time.monotonic()
            connection.send(("alive", None))

    return alive


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
