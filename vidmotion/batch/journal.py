"""The states of all clips of a batch: a file of JSON lines in the folder of its results, to which lines are only added.

A clip is added, begun, and then done or has failed. The last line about a clip says its state. A line that a killed
process did not complete is no line. While a batch runs, it holds the lock of the file.
"""

from __future__ import annotations

import dataclasses
import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from vidmotion.batch.remote import is_url
from vidmotion.batch.sources import Clip
from vidmotion.errors import InputError, OutputError
from vidmotion.io.atomic import append, open_for_appending, output_error
from vidmotion.io.json_text import parse_json
from vidmotion.io.targets import make_folder

FILE = "batch.jsonl"
FORMAT = "vidmotion batch 1"
OWN = "batch"
"""What the names of the batch's own files begin with; no clip has it."""
_ID = re.compile(r"\.[0-9]+$")
"""Of a person, in the name of a file that holds one."""


class State(StrEnum):
    """Where a clip stands."""

    waiting = "waiting"
    begun = "begun"
    """And not finished: it is being lifted, or was when the batch ended."""
    done = "done"
    failed = "failed"


@dataclass(frozen=True)
class PartsRead:
    """How far a long clip is."""

    stage: str
    """What is read of its parts, a value of `vidmotion.batch.divided.Stage`."""
    done: int
    """Number of parts that were read."""
    total: int


@dataclass
class Record:
    """What is known of one clip."""

    name: str
    """What the names of its results begin with, below the folder of the batch; no other clip has it."""
    clip: Clip
    state: State = State.waiting
    tries: int = 0
    """How often it was begun."""
    reason: str = ""
    """Why it failed."""
    result: dict[str, Any] = field(default_factory=dict)
    """Of a clip that is done: `seconds` of work, `frames`, `people`, and `files` below the folder of the batch."""
    parts: PartsRead | None = None
    """Of a long clip that is begun."""


@dataclass
class Book:
    """All that a journal says."""

    settings: dict[str, Any] = field(default_factory=dict)
    """Of the batch; a clip may have its own."""
    records: dict[str, Record] = field(default_factory=dict)
    """By name."""
    began: float = 0.0
    """When the last run began; seconds since 1970."""
    last: float = 0.0
    """When the last clip was finished."""
    finished: int = 0
    """Clips that were finished in the last run."""

    @property
    def clips_per_hour(self) -> float:
        """Of the last run, until its last finished clip; 0 before there is one."""
        return 3600 * self.finished / max(self.last - self.began, 1e-3) if self.finished else 0.0

    def of(self, *states: State) -> list[Record]:
        """The clips in one of these states."""
        return [record for record in self.records.values() if record.state in states]

    def read_line(self, line: dict[str, Any]) -> None:
        """Take in what a line says.

        Raises:
            KeyError, TypeError, ValueError: it is no line of a journal.
        """
        if "format" in line:
            if line["format"] != FORMAT:
                raise ValueError
            self.settings = dict(line["settings"])
        elif "run" in line:
            self.began, self.finished = float(line["run"]), 0
        elif "video" in line:
            video = line["video"] if is_url(line["video"]) else Path(line["video"])
            clip = Clip(video, line["stem"], dict(line["options"]))
            self.records[line["clip"]] = Record(line["clip"], clip)
        elif "stage" in line:
            parts = PartsRead(str(line["stage"]), int(line["done"]), int(line["total"]))
            self.records[line["clip"]].parts = parts
        else:
            self._read_state(self.records[line["clip"]], line)

    def _read_state(self, record: Record, line: dict[str, Any]) -> None:
        record.state, record.parts = State(line["state"]), None
        record.reason, record.result = str(line.get("reason", "")), dict(line.get("result", {}))
        if record.state is State.begun:
            record.tries += 1
        else:
            self.finished += 1
            self.last = float(line["time"])


def read_journal(folder: Path) -> Book:
    """The states of the batch in a folder, whether it runs or not.

    Raises:
        InputError: there is none, or its file is damaged.
    """
    path = folder / FILE
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{folder}: no batch has run in this folder; check the name") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the permissions") from None
    return parse_journal(str(path), content)


class Journal:
    """The open journal of the batch that runs."""

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, Any],
        current: Callable[[bytes], bytes] = lambda own: own,
        name: str = "",
    ) -> None:
        """Open the journal of a folder; both are made if they are missing.

        Args:
            current: called when no other batch can write: the content that counts, instead of that of the file.
            name: of the place of the results, for messages; the folder by default.

        Raises:
            InputError: the batch in this folder has other settings, or its file is damaged.
            OutputError: another batch runs in the folder, or it cannot be written to.
        """
        make_folder(folder)
        self._path = folder / FILE
        try:
            self._file = open_for_appending(self._path)
        except BlockingIOError:
            raise OutputError(
                f"{name or folder}: another batch runs in it; wait for its end, or write to another folder"
            ) from None
        except OSError as error:
            raise output_error(self._path, error) from None
        try:
            self.book = self._read(current)
            self._begin(name or str(folder), json.loads(json.dumps(settings)))
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, clips: Iterable[Clip]) -> None:
        """Add the clips that the batch does not have yet, each with a name of its own.

        Raises:
            OutputError: the journal cannot be written.
        """
        known = {_key(record.clip) for record in self.book.records.values()}
        names = _Names(self.book.records)
        for clip in clips:
            if _key(clip) not in known:
                known.add(_key(clip))
                line = {"clip": names.take(clip.stem), "video": str(clip.video), "stem": clip.stem}
                self._write({**line, "options": clip.options})

    def begin(self, record: Record) -> None:
        """Note that a clip is given to a worker.

        Raises:
            OutputError: the journal cannot be written.
        """
        self._write_state(record, State.begun)

    def read_parts(self, record: Record, parts: PartsRead) -> None:
        """Note how many parts of a long clip were read.

        Raises:
            OutputError: the journal cannot be written.
        """
        self._write({"clip": record.name, **dataclasses.asdict(parts)})

    def finish(self, record: Record, result: Mapping[str, Any]) -> None:
        """Note that the files of a clip are complete.

        Raises:
            OutputError: the journal cannot be written.
        """
        self._write_state(record, State.done, result=dict(result))

    def fail(self, record: Record, reason: str) -> None:
        """Note that a clip has failed.

        Raises:
            OutputError: the journal cannot be written.
        """
        self._write_state(record, State.failed, reason=reason)

    def _write_state(self, record: Record, state: State, **more: Any) -> None:
        self._write({"clip": record.name, "state": state, "time": round(time.time(), 2), **more})

    def _write(self, line: dict[str, Any]) -> None:
        self._append((json.dumps(line) + "\n").encode())
        self.book.read_line(line)

    def _append(self, content: bytes) -> None:
        try:
            append(self._file, content)
        except OSError as error:
            raise output_error(
                self._path, error, "finished clips are kept; free some space and run the same command again"
            ) from None

    def _read(self, current: Callable[[bytes], bytes]) -> Book:
        """What is in the file, or counts instead; a line that was cut off is removed from it."""
        self._file.seek(0)
        own = self._file.read()
        own = own[: own.rfind(b"\n") + 1]
        content = current(own)
        kept = len(own) if content == own else 0
        self._file.truncate(kept)
        self._file.seek(kept)
        self._append(content[kept:])
        return parse_journal(str(self._path), content)

    def _begin(self, name: str, settings: dict[str, Any]) -> None:
        if not self.book.of(State.done):  # nothing depends on the settings yet
            self._write({"format": FORMAT, "settings": settings})
        for key, before in self.book.settings.items():
            if before != settings.get(key):
                raise InputError(
                    f"{name}: the batch in it has {_shown(key, before)}, not {_shown(key, settings.get(key))}; "
                    "run it with the same options, or write to another folder"
                )
        self._write({"run": round(time.time(), 2)})


class _Names:
    """Names of results, of which no two could give one file: case does not tell them apart, nor do ids of people."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken: set[str] = set()
        self._bases: set[str] = set()
        self._numbers: dict[str, int] = {}
        for name in (OWN, *taken):
            self._add(name.casefold())

    def take(self, stem: str) -> str:
        """The name for a clip: its stem, with a number if another clip has that name."""
        name = stem
        while self._meets(name.casefold()):
            self._numbers[stem] = self._numbers.get(stem, 1) + 1
            name = f"{stem}-{self._numbers[stem]}"
        self._add(name.casefold())
        return name

    def _add(self, name: str) -> None:
        self._taken.add(name)
        self._bases |= _bases(name)

    def _meets(self, name: str) -> bool:
        return name in self._bases or not _bases(name).isdisjoint(self._taken)


def _bases(name: str) -> set[str]:
    """The names of clips that could have a file in common with a clip of this name: NAME.ID.amass.npz."""
    base = name.removesuffix(".amass")
    return {name, base, _ID.sub("", base)}


def _key(clip: Clip) -> str:
    return json.dumps([str(clip.video), sorted(clip.options.items())])


def _shown(name: str, value: Any) -> str:
    return f"`{name}` {', '.join(map(str, value)) if isinstance(value, list) else value}"


def parse_journal(name: str, content: bytes) -> Book:
    """The states that the content of a journal tells.

    Args:
        name: of the file, for messages.

    Raises:
        InputError: it is damaged.
    """
    book = Book()
    for number, line in enumerate(content[: content.rfind(b"\n") + 1].splitlines(), start=1):
        try:
            book.read_line(parse_json(line))
        except (AttributeError, KeyError, TypeError, ValueError):
            raise InputError(
                f"{name}, line {number}: is damaged; write to another folder, or remove the line"
            ) from None
    return book
