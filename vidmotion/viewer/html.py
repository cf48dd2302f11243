"""Puts a page together: its own source, three.js, and data as base64. Does not depend on scenes.

A page loads nothing and sends nothing: its Content-Security-Policy allows its own scripts by their hashes, and media
from where the caller says. Data cannot end the element that holds it.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).parent / "page"
SCRIPTS = (
    "data.js", "clock.js", "colors.js", "picture.js", "tape.js", "figure.js", "space.js", "timeline.js",
    "curves.js", "controls.js", "main.js",
)  # fmt: skip
"""In the order in which they use each other."""
LATER = ("bodies", "angles")
"""Blocks at the end of the file: the page is shown before the browser has read them."""
_MARK = re.compile(r"@@([A-Z]+)@@")


def page_html(
    header: Mapping[str, Any], blocks: Mapping[str, bytes], media: str = "blob:", connect: str = "'none'"
) -> bytes:
    """The page, UTF-8.

    Args:
        header: what the page's scripts read as JSON; any text in it is shown as text.
        blocks: bytes by the name under which the scripts find them.
        media: from where the video may come, in the words of a Content-Security-Policy.
        connect: from where blocks may come that the page does not contain.
    """
    parts = {
        "POLICY": html.escape(policy(media, connect)),
        "TITLE": html.escape(f"{header['source']} - vidmotion"),
        "STYLE": _read("style.css"),
        "DATA": "\n".join([_json(header), *(_base64(*one) for one in blocks.items() if one[0] not in LATER)]),
        "LATER": "\n".join(_base64(*one) for one in blocks.items() if one[0] in LATER),
        "THREE": _three(),
        "SCRIPT": _script(),
    }
    # In one pass: what is put in is not searched again.
    return _MARK.sub(lambda mark: parts[mark[1]], _read("index.html")).encode()


def policy(media: str, connect: str) -> str:
    """The Content-Security-Policy of a page."""
    scripts = " ".join(map(_hash, (_three(), _script())))
    return (
        f"default-src 'none'; script-src {scripts}; style-src {_hash(_read('style.css'))}; "
        f"img-src data: blob:; media-src {media}; connect-src {connect}; base-uri 'none'; form-action 'none'"
    )


def _json(header: Mapping[str, Any]) -> str:
    text = json.dumps(header, allow_nan=False).replace("<", "\\u003c")
    return f'<script type="application/json" id="data-header">{text}</script>'


def _base64(name: str, content: bytes) -> str:
    return f'<script type="text/plain" id="data-{html.escape(name)}">{base64.b64encode(content).decode()}</script>'


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _read(name: str) -> str:
    return (SOURCE / name).read_text(encoding="utf-8")


@cache
def _script() -> str:
    return '"use strict";\n' + "\n".join(map(_read, SCRIPTS))


@cache
def _three() -> str:
    return f"/*! three.js\n{_read('three.LICENSE.txt')}*/\n{_read('three.bundle.js')}"
