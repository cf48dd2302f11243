"""Figures for programs: JSON files, written whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vidmotion.io.atomic import written_whole


def write_report(path: Path, content: Any) -> None:
    """Write a tree of plain values.

    Raises:
        OutputError: the file cannot be written.
    """
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
