"""Talking to the user: progress and messages on stderr, errors as one line."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from vidmotion.progress import Stage

console = Console(stderr=True, highlight=False, soft_wrap=True)

results = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 200)
"""What was asked for goes to stdout; a pipe has no width that tables would have to keep to."""


def fail(message: str) -> None:
    """Print one line that says what is wrong and what to do."""
    console.print(Text.assemble(("error: ", "bold red"), message))


def note(message: str) -> None:
    """Print one line of news."""
    console.print(Text(message))


class _Bar:
    def __init__(self, progress: Progress, task: TaskID, total: int | None) -> None:
        self._progress, self._task, self._total = progress, task, total
        self._started = time.monotonic()
        self.done = 0

    def advance(self, done: int) -> None:
        self.done = done
        rate = done / max(time.monotonic() - self._started, 1e-6)
        # The frame count of a file is an estimate: the bar never runs past its end.
        total = max(done, self._total) if self._total else None
        self._progress.update(self._task, completed=done, total=total, rate=f"{rate:.0f} frames/s")


class TerminalProgress:
    """Stages as bars while stderr is a terminal; lines of news unless quiet. Remembers the time of each stage."""

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet
        self.seconds: dict[str, float] = {}
        self.frames: dict[str, int] = {}

    @contextmanager
    def stage(self, name: str, total: int | None) -> Iterator[Stage]:
        columns = (
            TextColumn("{task.description:<7}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
        )
        started = time.monotonic()
        hidden = self.quiet or not sys.stderr.isatty()
        with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
            bar = _Bar(progress, progress.add_task(name, total=total, rate=""), total)
            yield bar
        self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - started
        self.frames[name] = self.frames.get(name, 0) + bar.done

    def say(self, text: str) -> None:
        if not self.quiet:
            note(text)
