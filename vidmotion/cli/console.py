"""Talking to the user: progress and messages on stderr, errors as one line."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from vidmotion.cli.option_names import with_options
from vidmotion.errors import VidmotionError
from vidmotion.io.plain_text import visible, visible_lines
from vidmotion.progress import Task


class _PlainConsole(Console):
    """Shows texts as they are, without obeying control characters in them."""

    def render_str(self, text: str, **options: Any) -> Text:
        """The text, to be printed or measured."""
        return super().render_str(visible_lines(text), **options)


console = _PlainConsole(stderr=True, highlight=False, soft_wrap=True)

results = _PlainConsole(highlight=False, markup=False, width=None if sys.stdout.isatty() else 200)
"""Results go to stdout; a pipe has no width that tables would have to fit."""


def fail(message: str) -> None:
    """Print one line that says what is wrong and what to do."""
    console.print(Text.assemble(("error: ", "bold red"), visible(with_options(message))))


def note(message: str) -> None:
    """Print one line of news."""
    console.print(Text(visible(message)))


def describe(error: Exception) -> str:
    """One line for an error that ends one of several pieces of work; of a bug, the traceback is printed first."""
    if isinstance(error, VidmotionError):
        return str(error)
    traceback.print_exception(error)
    return f"unexpected {type(error).__name__}: {' '.join(str(error).split())}"


def counted(count: int, one: str, many: str = "") -> str:
    """A count with its noun: "1 person", "2 people". The plural is `one` with an s unless it is given."""
    return f"{count} {one if count == 1 else many or one + 's'}"


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
    """Tasks as bars while stderr is a terminal, messages as lines. Remembers how long each task took."""

    def __init__(self, quiet: bool = False, verbose: bool = False) -> None:
        """Remember how much to print.

        Args:
            quiet: print nothing.
            verbose: print details too.
        """
        self.quiet, self.verbose = quiet, verbose and not quiet
        self.seconds: dict[str, float] = {}
        self.frames: dict[str, int] = {}

    @contextmanager
    def task(self, name: str, total: int | None) -> Iterator[Task]:
        """Show a bar while the task runs."""
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

    def message(self, text: str) -> None:
        """Print a line unless quiet."""
        if not self.quiet:
            note(with_options(text))

    def detail(self, text: str) -> None:
        """Print a line if verbose."""
        if self.verbose:
            note(text)

    def timings(self) -> None:
        """Print how long each task took, as a detail."""
        for name, seconds in self.seconds.items():
            rate = self.frames[name] / max(seconds, 1e-6)
            self.detail(f"  {name}: {seconds:.1f} s, {rate:.0f} frames/s")
