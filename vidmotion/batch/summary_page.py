"""The summary of a batch as a page: a row for each clip, with a small picture of its people.

One file that loads nothing and runs nothing. Whatever comes from names of files and from messages is text.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from contextlib import suppress
from html import escape
from pathlib import Path
from urllib.parse import quote

from vidmotion.batch.journal import OWN, Book, Record, State
from vidmotion.batch.layout import thumbnail_path
from vidmotion.io.atomic import write_text
from vidmotion.io.plain_text import visible

FILE = f"{OWN}.html"
_ORDER = (State.failed, State.begun, State.waiting, State.done)
"""What needs attention comes first."""
_HEADER = ("", "clip", "state", "people", "frames", "work, s", "files, or reason of the failure")
_STYLE = """
:root { color-scheme: light dark; font: 15px/1.4 system-ui, sans-serif }
body { margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th { text-align: left; white-space: nowrap; position: sticky; top: 0; background: Canvas; z-index: 1 }
th, td { padding: .35rem .7rem; border-bottom: 1px solid #8884; vertical-align: middle }
td:first-child { width: 160px; padding-left: 0 }
td:nth-child(2) { min-width: 12rem }
td:nth-child(2), td:last-child { overflow-wrap: anywhere }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
img { display: block; max-width: 160px; max-height: 120px; border-radius: 4px }
.failed td:nth-child(3) { color: #c22; font-weight: 600 }
.begun td:nth-child(3), .waiting td:nth-child(3) { opacity: .6 }
"""


def write_page(folder: Path, book: Book) -> None:
    """Write the page into the folder of the batch.

    Raises:
        OutputError: it cannot be written.
    """
    write_text(folder / FILE, _page(folder, book))


def _page(folder: Path, book: Book) -> str:
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    rows = "\n".join(_row(folder, record) for state in _ORDER for record in book.of(state))
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">
<meta name="viewport" content="width=device-width">
<title>{_text(folder.name)} - vidmotion batch</title>
<style>{_STYLE}</style>
<h1>{_text(folder.name)}</h1>
<p>{_counts(book)}</p>
<table>
<thead><tr>{"".join(f"<th>{name}</th>" for name in _HEADER)}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
</html>
"""


def _counts(book: Book) -> str:
    counts = ((state, len(book.of(state))) for state in reversed(_ORDER))
    return f"{len(book.records)} clips: " + ", ".join(f"{count} {state}" for state, count in counts if count)


def _row(folder: Path, record: Record) -> str:
    result = record.result
    numbers = "".join(
        f'<td class="number">{_text(str(result.get(name, "")))}</td>' for name in ("people", "frames", "seconds")
    )
    return (
        f'<tr class="{record.state}"><td>{_picture(folder, record)}</td><td>{_text(record.name)}</td>'
        f"<td>{record.state}</td>{numbers}<td>{_text(record.reason) or _links(result.get('files', ()))}</td></tr>"
    )


def _picture(folder: Path, record: Record) -> str:
    if record.state is State.done:
        with suppress(OSError):
            content = base64.b64encode(thumbnail_path(folder, record.name).read_bytes()).decode()
            return f'<img alt="" src="data:image/jpeg;base64,{content}">'
    return ""


def _links(files: Iterable[str]) -> str:
    return ", ".join(f'<a href="./{quote(name)}">{_text(Path(name).name)}</a>' for name in files)


def _text(text: str) -> str:
    return escape(visible(text))
