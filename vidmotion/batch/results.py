"""Where the results of a batch go: a folder, to which the workers write. For a URL, see `remote_results.py`."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from vidmotion.batch.journal import FILE as JOURNAL
from vidmotion.batch.summary import write_summary
from vidmotion.batch.summary_page import write_page
from vidmotion.errors import OutputError

if TYPE_CHECKING:
    from vidmotion.batch.journal import Book
    from vidmotion.batch.lift_file import Outputs
    from vidmotion.batch.workers import Work
    from vidmotion.settings import Settings


class Results(Protocol):
    """The place of the results, and of the states of a batch."""

    @property
    def folder(self) -> Path:
        """Of the states on this machine, to which the workers write."""

    @property
    def name(self) -> str:
        """Of the place, as the user knows it."""

    def current_states(self, own: bytes) -> bytes:
        """The states that count, when `own` are those in the folder."""

    def begin(self) -> None:
        """Called before the work, when the states are written.

        Raises:
            OutputError: results cannot be written there.
        """

    def update(self) -> None:
        """Called often while the batch runs.

        Raises:
            OutputError: the batch cannot go on.
        """

    def finish(self, book: Book) -> None:
        """Called when the batch ends, whatever ended it.

        Raises:
            OutputError: something cannot be written.
        """

    def loader(self, settings: Settings, outputs: Outputs) -> Callable[[], Work]:
        """What a worker calls once; what that returns does the tasks."""


@dataclass(frozen=True)
class FolderResults:
    """Results in a folder that all workers see."""

    folder: Path

    @property
    def name(self) -> str:
        """The folder."""
        return str(self.folder)

    def current_states(self, own: bytes) -> bytes:
        """Those in the folder."""
        return own

    def begin(self) -> None:
        """Do nothing."""

    def update(self) -> None:
        """Do nothing."""

    def finish(self, book: Book) -> None:
        """Write the table and the page.

        Raises:
            OutputError: one cannot be written.
        """
        write_summary(self.folder, book)
        write_page(self.folder, book)

    def loader(self, settings: Settings, outputs: Outputs) -> Callable[[], Work]:
        """A function that loads the networks."""
        return partial(_load, settings, outputs)


def _load(settings: Settings, outputs: Outputs) -> Work:
    """What a worker does; imported there, so that the process that waits stays small.

    Raises:
        OutputError: the folder of the batch is not there, on another machine.
    """
    if not (outputs.folder / JOURNAL).is_file():
        raise OutputError(
            f"{outputs.folder}: is not there on {platform.node()}; write to a folder that all machines of the cluster "
            "share, and read videos from one; or write to a URL"
        )
    from vidmotion.batch.clip_lifter import ClipLifter

    return ClipLifter(settings, outputs)
