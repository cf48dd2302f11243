"""The log of a run: a line of JSON every few steps, and the same values for TensorBoard where it is installed."""

from __future__ import annotations

import json
import math
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from vidmotion.io.atomic import append, open_for_appending, output_error
from vidmotion.io.json_text import parse_json


class Means:
    """Means of named values over some steps."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._counts: dict[str, int] = {}

    def add(self, values: dict[str, float]) -> None:
        """Add the values of a step."""
        for name, value in values.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
            self._counts[name] = self._counts.get(name, 0) + 1

    def take(self) -> dict[str, float]:
        """The means since the last call."""
        means = {name: total / self._counts[name] for name, total in self._sums.items()}
        self._sums, self._counts = {}, {}
        return means


class RunLog:
    """The log of a run, continued at `step`: lines of later steps, and one that was cut off, are dropped."""

    def __init__(self, path: Path, step: int) -> None:
        """Open the log.

        Raises:
            OutputError: it cannot be written, or another training writes to it.
        """
        self.path = path
        try:
            self._file = open_for_appending(path)
        except OSError as error:
            raise output_error(path, error) from None
        _cut(self._file, step)
        self._board = _board(path.parent, step)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if self._board is not None:
            with suppress(OSError):
                self._board.close()

    def write(self, step: int, values: dict[str, float]) -> None:
        """Add the values of a step.

        Raises:
            OutputError: the disk is full, or the like.
        """
        shown = {name: float(f"{value:.6g}") for name, value in values.items()}
        line = json.dumps({"step": step, "time": round(time.time()), **shown}) + "\n"
        try:
            append(self._file, line.encode())
        except OSError as error:
            raise output_error(self.path, error, "the last checkpoint is kept; continue with `resume=True`") from None
        if self._board is not None:
            with suppress(OSError):  # a copy; the log itself is written
                for name, value in values.items():
                    self._board.add_scalar(name, value, step)


def _cut(file: BinaryIO, step: int) -> None:
    """Drop what follows the lines up to a step: a resumed run does the later steps again."""
    file.seek(0)
    end = 0
    for line in file.read().splitlines(keepends=True):
        if not line.endswith(b"\n") or _logged_step(line) > step:
            break
        end += len(line)
    file.truncate(end)
    file.seek(end)


def _logged_step(line: bytes) -> float:
    """The step of a line of the log; infinity for a line that is damaged."""
    try:
        return float(parse_json(line)["step"])
    except (ValueError, KeyError, TypeError):
        return math.inf


def _board(folder: Path, step: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(folder, purge_step=step)
