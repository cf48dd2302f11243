"""The processes of `workers.py` as actors of Ray, on this machine or on all machines of a cluster.

Needs the extra `batch`. Each actor takes one core. The actors end with the program that started them, whatever ended
that. Does not depend on what the tasks are.
"""

from __future__ import annotations

import logging
import math
import os
import platform
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self

import vidmotion
from vidmotion.batch.workers import Ended, Work, do_task
from vidmotion.errors import DiskFullError, InputError, MissingExtraError, VidmotionError, WeightsError
from vidmotion.processes import usable_cores

LOCAL, AUTO = "local", "auto"
"""Addresses, as Ray names them: a cluster of this machine alone, which ends with the batch; the one it belongs to."""
_LOOK = 1.0
"""Seconds between two questions to an actor about its progress."""
_REACHED = 5.0
"""Seconds in which a cluster must answer."""
_STARTS = 3
"""Tries to start Ray on this machine: on a busy one its parts need more than the 15 s that Ray gives them at first."""
_STORE = 128 << 20
"""Bytes of Ray's memory for values; the actors return a few words for each clip."""


def require_ray() -> ModuleType:
    """Ray itself.

    Raises:
        MissingExtraError: it is not installed.
    """
    # Must be set before the import: a batch on this machine reports nothing to anybody.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise MissingExtraError("`ray` needs Ray: pip install 'vidmotion[batch]', or leave it out") from None
    return ray


def check_address(address: str) -> None:
    """Make sure that Ray is installed, and that an address has a form that it can have.

    Raises:
        MissingExtraError: it is not installed.
        InputError: the address has another form.
    """
    require_ray()
    if address not in (LOCAL, AUTO):
        _host_and_port(address)


class RayWorkers:
    """As `vidmotion.batch.workers.Workers`: each actor loads once and then does one task after the other."""

    def __init__(
        self, load: Callable[[], Work], jobs: int | None, most: int, timeout: float, address: str, gpus: int
    ) -> None:
        """Remember what to start; `__enter__` connects to the cluster and starts the actors.

        Args:
            load: called once in each actor.
            jobs: number of actors; None takes one for each core of the cluster.
            most: more actors are of no use, until `grow` is called.
            timeout: seconds without a sign of life after which a task is given up.
            address: `LOCAL`, `AUTO`, or HOST:PORT of a cluster that this machine belongs to.
            gpus: that all actors share; 0 runs them on the CPU.

        Raises:
            MissingExtraError: Ray is not installed.
        """
        self._ray = require_ray()
        self._load, self._jobs, self._most, self._timeout = load, jobs, most, timeout
        self._address, self._gpus = address, gpus
        self._options: dict[str, Any] = {}
        self._actors: list[_Actor] = []
        self._limit = 0

    def __enter__(self) -> Self:
        """Connect, and start the actors.

        Raises:
            InputError: there is no such cluster, it has another version of Ray or Python, or not so many GPUs.
        """
        _connect(self._ray, self._address, self._jobs, self._gpus)
        try:
            have = self._ray.cluster_resources()
            if have.get("GPU", 0) < self._gpus:
                raise InputError(f"`gpus` {self._gpus}: the cluster has {have.get('GPU', 0):g}; ask for fewer")
            count = min(self._jobs or max(int(have.get("CPU", 1)), 1), self._most)
            self._options = {"num_cpus": 1, "num_gpus": _share(self._gpus, count)}
            # The actors share the GPUs as they are so many.
            self._limit = count if self._gpus else self._jobs or max(int(have.get("CPU", 1)), 1)
            self._actors = [self._start() for _ in range(count)]
        except BaseException:
            self._ray.shutdown()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for actor in self._actors:
            actor.end()
        self._ray.shutdown()

    def grow(self, tasks: int) -> None:
        """Start more actors, as there are so many tasks beside those that are done now."""
        busy = sum(actor.task is not None for actor in self._actors)
        self._actors += [self._start() for _ in range(len(self._actors), min(busy + tasks, self._limit))]

    @property
    def has_room(self) -> bool:
        """Whether an actor waits for a task."""
        return any(actor.is_free for actor in self._actors)

    def submit(self, task: Any) -> None:
        """Give a task to an actor that is free."""
        next(actor for actor in self._actors if actor.is_free).begin(task)

    def wait(self) -> list[Ended]:
        """Wait until a task is over, an actor is ready for its first one, or a second has passed.

        Raises:
            VidmotionError: an actor could not load what it needs.
            DiskFullError: a disk is full, of any of the machines.
        """
        calls = [actor.call for actor in self._actors if actor.call is not None]
        self._ray.wait(calls, num_returns=1, timeout=min(_LOOK, self._timeout / 4))
        ended = []
        for number, actor in enumerate(self._actors):
            end = actor.look(self._timeout)
            if end is not None:
                ended.append(end)
            if actor.is_gone:
                if actor.reason and not any(one.is_ready for one in self._actors):
                    raise VidmotionError(
                        f"a Ray worker ended while it loaded the networks ({actor.reason}); install the same vidmotion "
                        "on all machines of the cluster; if the memory was full, use fewer `jobs`"
                    )
                actor.end()
                self._actors[number] = self._start()
        return ended

    def _start(self) -> _Actor:
        return _Actor(self._ray, self._load, self._options)


class _Actor:
    """One actor, from the other side."""

    def __init__(self, ray: ModuleType, load: Callable[[], Work], options: dict[str, Any]) -> None:
        self._ray = ray
        kind = ray.remote(max_restarts=0, concurrency_groups={"watch": 1}, **options)(_Served)
        self._handle = kind.remote()
        self.call: Any = self._handle.load.remote(load, vidmotion.__version__, str(Path.cwd()))
        """What it is doing, as a reference of Ray; None if it is free."""
        self.task: Any = None
        self.is_ready = self.is_gone = False
        self.reason = ""
        """Why it ended before it was ready."""
        self._heard = 0.0
        self._question: Any = None

    @property
    def is_free(self) -> bool:
        return self.is_ready and self.call is None

    def begin(self, task: Any) -> None:
        self.task, self._heard = task, time.monotonic()
        self.call = self._handle.do.remote(task)

    def look(self, timeout: float) -> Ended | None:
        """See what the actor has done; its task, if that is over."""
        if self.call is not None and self._is_answered(self.call):
            return self._take()
        if self.task is None:
            return None
        self._ask()
        if time.monotonic() - self._heard <= timeout:
            return None
        self.is_gone = True
        return self._over(reason=f"no progress for {timeout:g} s; it was given up (`timeout`)")

    def end(self) -> None:
        self._ray.kill(self._handle)

    def _take(self) -> Ended | None:
        call, self.call = self.call, None
        try:
            answer = self._ray.get(call)
        except self._ray.exceptions.RayError as error:
            self.is_gone = True
            reason = _in_one_line(error)
            if self.task is not None:
                return self._over(reason=f"its Ray worker ended: {reason}", again=True)
            self.reason = reason
            return None
        if isinstance(answer, VidmotionError):
            raise answer
        if self.task is not None:
            value, reason, again = answer
            return self._over(value=value, reason=reason, again=again)
        self.is_ready = True
        return None

    def _over(self, **what: Any) -> Ended:
        task, self.task = self.task, None
        return Ended(task, **what)

    def _ask(self) -> None:
        """Ask for how long the task has made no progress, and read the answer to the last question."""
        if self._question is not None and self._is_answered(self._question):
            with suppress(self._ray.exceptions.RayError):  # the actor has died: its call says so
                self._heard = time.monotonic() - self._ray.get(self._question)
            self._question = None
        if self._question is None:
            self._question = self._handle.quiet_for.options(concurrency_group="watch").remote()

    def _is_answered(self, reference: Any) -> bool:
        return bool(self._ray.wait([reference], timeout=0)[0])


class _Served:
    """What runs in the actor."""

    def __init__(self) -> None:
        self._work: Work | None = None
        self._heard = time.monotonic()

    def load(self, load: Callable[[], Work], version: str, folder: str) -> VidmotionError | None:
        """Load; an error if that cannot be."""
        if vidmotion.__version__ != version:
            return InputError(
                f"{platform.node()} has vidmotion {vidmotion.__version__}, not {version}; install the same version on "
                "all machines of the cluster"
            )
        with suppress(OSError):  # relative paths mean the same there, if that machine has the folder at all
            os.chdir(folder)
        try:
            self._work = load()
        except WeightsError as error:
            return WeightsError(f"on {platform.node()}: {error}")
        except VidmotionError as error:
            return error
        return None

    def do(self, task: Any) -> tuple[Any, str, bool] | VidmotionError:
        """Do one task, as `do_task`; an error if no other one can succeed."""
        assert self._work is not None
        self._alive()
        try:
            return do_task(self._work, task, self._alive)
        except DiskFullError as error:
            return DiskFullError(f"{platform.node()}: {error.path}", error.args[1])

    def quiet_for(self) -> float:
        """Seconds since the last sign of life."""
        return time.monotonic() - self._heard

    def _alive(self) -> None:
        self._heard = time.monotonic()


def _connect(ray: ModuleType, address: str, jobs: int | None, gpus: int) -> None:
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    if address == LOCAL:
        # The loopback address works without a network, too.
        options |= {"num_cpus": jobs or usable_cores(), "include_dashboard": False, "object_store_memory": _STORE}
        options |= {"_node_ip_address": "127.0.0.1"} | ({} if gpus else {"num_gpus": 0})
    else:
        _check_reachable(address)
    for left in reversed(range(_STARTS if address == LOCAL else 1)):
        try:
            with _termination_kept():
                ray.init(address, **options)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # Ray raises what comes, bare `Exception` too
            ray.shutdown()
            if not left:
                raise InputError(_refusal(address, error)) from None
        else:
            return


def _refusal(address: str, error: BaseException) -> str:
    reason = _in_one_line(error)
    if "Version mismatch" in str(error):
        return f"`ray` {address}: {reason}; install the cluster's versions of Ray and Python here, or these ones there"
    if address == LOCAL:
        return f"Ray does not start on this machine ({reason}); leave `ray` out: `jobs` needs no Ray"
    return (
        f"`ray` {address}: no cluster can be joined ({reason}); run this on one of its machines, after `ray start`, "
        "and with RAY_AUTH_MODE=token if the cluster asks for a token"
    )


def _check_reachable(address: str) -> None:
    """Refuse at once what Ray would wait for by minutes."""
    try:
        found = _found() if address == AUTO else address
        socket.create_connection(_host_and_port(found), _REACHED).close()
    except OSError as error:
        raise InputError(
            f"`ray` {address}: nothing answers there ({error.strerror or error}); start the cluster with `ray start`, "
            "or check the address"
        ) from None


def _found() -> str:
    """The address of the cluster that this machine belongs to, as Ray finds it; it may have ended without notice.

    Raises:
        ConnectionError: there is none.
    """
    from ray._private.services import get_ray_address_from_environment

    return str(get_ray_address_from_environment(AUTO, None))


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise InputError(f"`ray` {address!r}: wanted local, auto, or HOST:PORT of a cluster, such as 10.0.0.1:6379")
    return host.strip("[]"), int(port)


def _share(gpus: int, count: int) -> float:
    """The GPU that one of `count` actors takes: at most one, and so much that all of them fit on `gpus`."""
    return 1 / math.ceil(count / gpus) if gpus else 0


def _in_one_line(error: BaseException) -> str:
    """The first sentence or two of an error of Ray, which may be pages long."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else f"{text[:200]}..."


@contextmanager
def _termination_kept() -> Iterator[None]:
    """Ray takes SIGTERM for itself; it means again what it meant before, at the latest at the end of the block."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    except SystemExit as end:
        if end.code == signal.SIGTERM:  # what Ray makes of the signal
            signal.signal(signal.SIGTERM, before)
            signal.raise_signal(signal.SIGTERM)
        raise
    finally:
        signal.signal(signal.SIGTERM, before)
