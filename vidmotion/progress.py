"""How the pipeline reports progress and messages to its caller. Standard library only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Task(Protocol):
    """One step of the work, while it runs."""

    def advance(self, done: int) -> None:
        """Called with the number of frames done so far."""


class Progress(Protocol):
    """Receives the tasks and messages of the pipeline."""

    def task(self, name: str, total: int | None) -> AbstractContextManager[Task]:
        """Called when a task begins; the context ends with the task.

        Args:
            total: frames of the task; None if not known.
        """

    def message(self, text: str) -> None:
        """Called with one line of text for the user."""

    def detail(self, text: str) -> None:
        """Called with one line for users who want to know more: what was chosen and why."""


class NoProgress:
    """A `Progress` that ignores everything."""

    @contextmanager
    def task(self, name: str, total: int | None) -> Iterator[Task]:
        """Yield a task that ignores its progress."""
        yield _IgnoredTask()

    def message(self, text: str) -> None:
        """Do nothing."""

    def detail(self, text: str) -> None:
        """Do nothing."""


class _IgnoredTask:
    def advance(self, done: int) -> None:
        pass
