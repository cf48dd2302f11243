"""The table of a batch: a row for each clip."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from vidmotion.batch.journal import OWN, Book, Record
from vidmotion.batch.sources import COLUMNS, OPTIONS
from vidmotion.io.atomic import write_text
from vidmotion.io.plain_text import inert_cell

FILE = f"{OWN}.csv"
_HEADER = ("clip", *COLUMNS, "state", "tries", "seconds", "frames", "people", "files", "reason")


def write_summary(folder: Path, book: Book) -> None:
    """Write the table into the folder of the batch.

    Raises:
        OutputError: it cannot be written.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEADER)
    for record in book.records.values():
        writer.writerow([inert_cell(str(value)) for value in _row(record)])
    write_text(folder / FILE, text.getvalue())


def _row(record: Record) -> list[object]:
    options, result = record.clip.options, record.result
    return [
        record.name,
        record.clip.video,
        *(options.get(name, "") for name in OPTIONS),
        record.state,
        record.tries,
        *(result.get(name, "") for name in ("seconds", "frames", "people")),
        " ".join(result.get("files", ())),
        record.reason,
    ]
