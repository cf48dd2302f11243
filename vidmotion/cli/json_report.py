"""Figures for programs: JSON files, written whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vidmotion.io.atomic import write_text


def write_report(path: Path, content: Any) -> None:
    """Write a tree of plain values.

    Raises:
        OutputError: the file cannot be written.
    """
    write_text(path, json.dumps(content, indent=1) + "\n")
