"""Results of a batch at a URL: workers write to a folder of their machine, from which each clip's files are uploaded.

The states are written on this machine first, and uploaded every few seconds. So they are complete at the URL too, but
for the last seconds of a run that was killed, and any machine can go on.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from vidmotion.batch.journal import FILE as JOURNAL
from vidmotion.batch.journal import Book, State, parse_journal
from vidmotion.batch.layout import LOGS, PICTURES
from vidmotion.batch.remote import url_name
from vidmotion.batch.remote_folder import RemoteFolder
from vidmotion.batch.summary import FILE as TABLE
from vidmotion.batch.summary import write_summary
from vidmotion.batch.summary_page import FILE as PAGE
from vidmotion.batch.summary_page import write_page
from vidmotion.errors import InputError, MissingExtraError, OutputError, VidmotionError

if TYPE_CHECKING:
    from vidmotion.batch.lift_file import Outputs
    from vidmotion.batch.workers import Work
    from vidmotion.settings import Settings

_PAUSE = 2.0
"""Seconds between two uploads of the states, at least."""
_SHARE = 20
"""And so many times the seconds that the last one took, as the batch waits for it."""
_OUTAGE = 30.0
"""Seconds after an upload that failed."""


def working_folder(url: str, parent: Path | None) -> Path:
    """The folder of this machine for the results of one URL.

    Args:
        parent: in which it is; None takes the user's cache folder.
    """
    parent = parent or platformdirs.user_cache_path("vidmotion", appauthor=False) / "batch"
    key = hashlib.sha256(url.rstrip("/").encode()).hexdigest()[:12]
    return parent / key / (url_name(url.rstrip("/")) or "results")


def read_remote_journal(url: str) -> Book:
    """The states of the batch at a URL, whether it runs or not.

    Raises:
        MissingExtraError: fsspec, or its package for the place, is not installed.
        InputError: there is none, or its file is damaged or cannot be read.
    """
    remote = RemoteFolder(url)
    content = remote.read(JOURNAL)
    if content is None:
        raise InputError(f"{url}: no batch has run there; check the URL")
    return parse_journal(remote.url_of(JOURNAL), content)


class _TakenOverError(OutputError):
    """Another batch writes to the URL."""


class RemoteResults:
    """Results at a URL."""

    def __init__(self, url: str, parent: Path | None = None, overwrite: bool = False) -> None:
        """Make the folder; nothing is written yet.

        Args:
            parent: of the working folder; None takes the user's cache folder.
            overwrite: whether the URL may hold other things.

        Raises:
            MissingExtraError: fsspec, or its package for the place, is not installed.
            InputError: it is no URL that fsspec knows.
            OutputError: the working folder cannot be made.
        """
        self._remote, self._overwrite = RemoteFolder(url), overwrite
        self._remote.check()
        self._folder = working_folder(url, parent).resolve()
        _make(self._folder)
        self._uploaded: int | None = None
        """Bytes of the states at the URL, as far as this batch knows."""
        self._next = 0.0

    @property
    def folder(self) -> Path:
        """The working folder, on each machine."""
        return self._folder

    @property
    def name(self) -> str:
        """The URL."""
        return self._remote.url

    def current_states(self, own: bytes) -> bytes:
        """Those at the URL, unless our own go on from them.

        Raises:
            MissingExtraError: fsspec, or its package for the place, is not installed.
            InputError: the URL cannot be read, or there is no batch, but something else.
        """
        there = self._remote.read(JOURNAL)
        if there is None and not self._overwrite and not self._remote.is_empty():
            raise InputError(f"{self.name}: there are files and no batch; write to an empty place, or pass `overwrite`")
        self._uploaded = None if there is None else len(there)
        if there is not None and own.startswith(there):
            return own
        self._remove_all_but_states()  # of a batch that another machine went on with, or nobody
        return there or b""

    def begin(self) -> None:
        """Upload the states, to see whether that is possible.

        Raises:
            OutputError: it is not.
        """
        self._upload_states()

    def update(self) -> None:
        """Upload the states from time to time. If that fails, it is tried again later.

        Raises:
            OutputError: another batch was started there meanwhile.
        """
        if time.monotonic() < self._next or self._states.stat().st_size == self._uploaded:
            return
        try:
            self._upload_states()
        except _TakenOverError:
            raise
        except VidmotionError:
            self._next = time.monotonic() + _OUTAGE

    def finish(self, book: Book) -> None:
        """Upload the states, the table, the page, and logs of workers that crashed.

        Raises:
            InputError, OutputError: that fails.
        """
        self._upload_states()
        self._fetch_pictures()
        write_summary(self._folder, book)
        write_page(self._folder, book)
        logs = sorted(path for path in (self._folder / LOGS).rglob("*.log") if path.is_file())
        for path in (*logs, self._folder / TABLE, self._folder / PAGE):
            self._remote.upload(path.relative_to(self._folder).as_posix(), path)
        self._remote.remove_incomplete()
        if len(book.of(State.done)) == len(book.records):
            shutil.rmtree(self._folder.parent, ignore_errors=True)

    def loader(self, settings: Settings, outputs: Outputs) -> Callable[[], Work]:
        """A function that loads the networks."""
        return partial(_load, self._remote, settings, outputs)

    @property
    def _states(self) -> Path:
        return self._folder / JOURNAL

    def _upload_states(self) -> None:
        began = time.monotonic()
        if self._remote.size(JOURNAL) != self._uploaded:
            raise _TakenOverError(
                f"{self.name}: another batch was started there and goes on with the clips; this one ends"
            )
        size = self._states.stat().st_size
        self._remote.upload(JOURNAL, self._states)
        self._uploaded = size
        now = time.monotonic()
        self._next = now + max(_PAUSE, _SHARE * (now - began))

    def _fetch_pictures(self) -> None:
        """Those of clips that other machines did."""
        missing = [name for name in self._remote.files(PICTURES) if not (self._folder / name).exists()]
        with suppress(InputError):  # the page is without them
            self._remote.download(missing, self._folder)

    def _remove_all_but_states(self) -> None:
        for path in self._folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif path != self._states:
                path.unlink()


def _make(folder: Path) -> None:
    """Make the working folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot be made on {platform.node()} ({error.strerror}); name another folder with `work`"
        ) from None


def _load(remote: RemoteFolder, settings: Settings, outputs: Outputs) -> Work:
    """What a worker does; imported there, so that the process that waits stays small.

    Raises:
        MissingExtraError: fsspec, or its package for the place, is not installed on this machine.
        InputError: this machine cannot read the URL.
        OutputError: it reads another place, or the working folder cannot be made.
    """
    try:
        is_there = remote.size(JOURNAL) is not None
    except (InputError, MissingExtraError) as error:
        raise type(error)(f"on {platform.node()}: {error}") from None
    if not is_there:
        raise OutputError(
            f"{remote.url}: is another place on {platform.node()}; write to one that all machines of the cluster reach"
        )
    _make(outputs.folder)
    from vidmotion.batch.clip_lifter import ClipLifter
    from vidmotion.batch.uploading import Uploading

    return Uploading(ClipLifter(settings, outputs), remote, outputs.folder)
