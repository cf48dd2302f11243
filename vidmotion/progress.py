"""What the pipeline tells of its progress. Standard library only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Stage(Protocol):
    """One step of the work under way."""

    def advance(self, done: int) -> None:
        """Say how many frames are done so far."""


class Progress(Protocol):
    """Hears of stages and of things worth a line."""

    def stage(self, name: str, total: int | None) -> AbstractContextManager[Stage]:
        """A stage of `total` frames, None if not known."""

    def say(self, text: str) -> None:
        """One line for the user."""


class _Still:
    def advance(self, done: int) -> None:
        pass


class Quiet:
    """Progress that nobody watches."""

    @contextmanager
    def stage(self, name: str, total: int | None) -> Iterator[Stage]:
        yield _Still()

    def say(self, text: str) -> None:
        pass
