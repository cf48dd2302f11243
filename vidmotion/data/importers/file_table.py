"""A table of what the user knows about files to import: a CSV with a row for each file.

    file         path below the folder that is imported, or name; with or without suffix
    subject      the person; people are what splits keep apart
    class        class of the motion
    description  what happens, in words
    split        train, val or test
    up, unit     as the options of the same names

Every column but `file` may be missing, and every cell may be blank. Standard library only.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from vidmotion.choices import Split, Unit, Up
from vidmotion.data.importers.importer import ImportFile
from vidmotion.errors import InputError

COLUMNS = ("file", "subject", "class", "description", "split", "up", "unit")
_CHOICES = {"split": tuple(Split), "up": tuple(Up), "unit": tuple(Unit)}


@dataclass(frozen=True)
class FileRow:
    """What a table says of a file; blank cells are ""."""

    subject: str = ""
    label: str = ""
    """Class of the motion."""
    description: str = ""
    split: str = ""
    up: str = ""
    unit: str = ""


def read_table(path: Path, files: Sequence[ImportFile]) -> dict[Path, FileRow]:
    """The rows of a table by the path of their file. Cells may be separated by commas or semicolons.

    Raises:
        InputError: the table cannot be read, has an unknown column or value, or names no file, or one of several of
            the same name.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        first = text.partition("\n")[0]
        reader = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in first and "," not in first else ",")
        reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or ()]
        rows = [(reader.line_num, row) for row in reader]
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the name") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: is not CSV in UTF-8 ({error})") from None
    unknown = [name for name in reader.fieldnames if name not in COLUMNS]
    if unknown or "file" not in reader.fieldnames:
        what = f"has a column {unknown[0]!r}" if unknown else "has no column `file`"
        raise InputError(f"{path}: {what}; wanted {', '.join(COLUMNS)}")
    named = _by_name(files)
    table: dict[Path, FileRow] = {}
    for line, row in rows:
        cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
        try:
            file = _find(cells["file"], named)
            _check(cells)
            if file in table:
                raise InputError(f"{cells['file']!r} has a row already")
        except InputError as error:
            raise InputError(f"{path}, line {line}: {error}") from None
        table[file] = FileRow(*(cells[name] for name in COLUMNS[1:]))
    return table


def _by_name(files: Sequence[ImportFile]) -> dict[str, set[Path]]:
    """The files that each name may mean: paths below the folder and bare names, with and without suffix."""
    named = defaultdict(set)
    for file in files:
        given = PurePosixPath(file.given)
        for name in (given, given.with_suffix(""), given.name, given.stem):
            named[str(name)].add(file.path)
    return named


def _find(name: str, named: dict[str, set[Path]]) -> Path:
    found = named.get(str(PurePosixPath(name.replace("\\", "/"))), set())
    if len(found) != 1:
        raise InputError(
            f"{len(found)} files are called {name!r}; write the path below the folder"
            if found
            else f"there is no file {name!r} among those to import"
        )
    return next(iter(found))


def _check(cells: dict[str, str]) -> None:
    for column, choices in _CHOICES.items():
        if cells[column] and cells[column] not in choices:
            raise InputError(f"{column} is {cells[column]!r}; wanted {', '.join(choices)}")
