"""The parts of long clips that are still to be read, and what is known of those that were.

A clip is divided by its task, which comes again when all parts were read. Does not depend on what reading is.
"""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vidmotion.batch.sources import ClipTask, PartsToRead, PartTask

if TYPE_CHECKING:
    from vidmotion.batch.divided import PartWork


@dataclass
class _Divided:
    """A clip whose parts are read."""

    task: ClipTask
    left: set[PartWork]
    total: int
    finished: set[PartWork] = field(default_factory=set)


class PartQueue:
    """The tasks of all clips that were divided."""

    def __init__(self, retries: int) -> None:
        """Begin without any.

        Args:
            retries: how often a part is tried again.
        """
        self._retries = retries
        self._queue: deque[ClipTask | PartTask] = deque()
        self._clips: dict[str, _Divided] = {}
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._tries: Counter[tuple[str, PartWork]] = Counter()

    @property
    def waiting(self) -> int:
        """Number of tasks that wait."""
        return len(self._queue)

    def next(self) -> ClipTask | PartTask | None:
        """The next task: a part, or a clip whose parts were all read; None if there is none."""
        return self._queue.popleft() if self._queue else None

    def divide(self, task: ClipTask, parts: PartsToRead) -> int:
        """Read parts of a clip, and then do its task again: the number of those that were read before."""
        self._clips[task.name] = _Divided(task, set(parts.works), parts.total)
        self._queue.extend(PartTask(task, work) for work in parts.works)
        return parts.total - len(parts.works)

    def knows(self, task: PartTask) -> bool:
        """Whether the clip of a part still waits for it."""
        divided = self._clips.get(task.name)
        return divided is not None and task.work in divided.left

    def finish(self, task: PartTask, seconds: float) -> tuple[int, int]:
        """Note that a part was read in so many seconds: the number of those that were, and of all."""
        divided = self._clips[task.name]
        divided.left.remove(task.work)
        divided.finished.add(task.work)
        self._seconds[task.name] += seconds
        if not divided.left:
            del self._clips[task.name]
            whole = divided.task
            self._queue.appendleft(dataclasses.replace(whole, finished=whole.finished | divided.finished))
        return divided.total - len(divided.left), divided.total

    def try_again(self, task: PartTask) -> bool:
        """Whether a part that failed is tried again."""
        key = task.name, task.work
        self._tries[key] += 1
        if self._tries[key] > self._retries:
            return False
        self._queue.append(task)
        return True

    def drop(self, name: str) -> float:
        """Forget a clip that is over: seconds that its parts took."""
        self._clips.pop(name, None)
        self._queue = deque(task for task in self._queue if task.name != name)
        return self._seconds.pop(name, 0.0)
