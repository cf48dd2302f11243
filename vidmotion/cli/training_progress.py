"""How a training run shows on the terminal: a bar with speed and time left, and a line of news each minute."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from vidmotion.cli.console import console, note
from vidmotion.errors import StoppedError

NEWS_SECONDS = 60


class TrainingProgress:
    """A progress bar that is called after each step; the first call gives the step at which the run begins."""

    def __init__(self, bar: Progress, steps: int, quiet: bool) -> None:
        self._bar, self._steps, self._quiet = bar, steps, quiet
        self._task = bar.add_task("train", total=steps, start=False, loss="", rate="")
        self._begun, self._told = False, time.monotonic()

    def __call__(self, step: int, values: dict[str, float]) -> None:
        """Show the step and, if there are any, its values."""
        if not self._begun:
            # Steps of an earlier run count as done, not as done fast.
            self._begun = True
            self._bar.reset(self._task, total=self._steps, completed=step)
            return
        self._bar.update(self._task, completed=step)
        if values:
            loss, rate = f"loss {values['loss']:.4g}", f"{values['frames_per_s']:.0f} frames/s"
            self._bar.update(self._task, loss=loss, rate=rate)
        if values and not self._quiet and time.monotonic() - self._told > NEWS_SECONDS:
            self._told = time.monotonic()
            note(f"step {step}: " + ", ".join(f"{name} {value:.4g}" for name, value in values.items()))


@contextmanager
def training_progress(steps: int, quiet: bool) -> Iterator[TrainingProgress]:
    """A bar while stderr is a terminal, lines otherwise; nothing if quiet. Of several processes one speaks."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[loss]}"),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    silent = quiet or not speaks()
    with Progress(*columns, console=console, transient=True, disable=silent or not sys.stderr.isatty()) as bar:
        try:
            yield TrainingProgress(bar, steps, silent)
        except StoppedError:
            if speaks():
                raise
            raise typer.Exit(1) from None


def speaks() -> bool:
    """Whether this is the only process of the run, or the first of those that torchrun started."""
    return os.environ.get("RANK", "0") == "0"
