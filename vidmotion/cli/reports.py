"""Figures for programs: JSON files, written whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from vidmotion.errors import OutputError


def write_report(path: Path, content: Any) -> None:
    """Write a tree of plain values.

    Raises:
        OutputError: the file cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error.strerror}); name another file") from None
    finally:
        if temporary.parent.is_dir():
            temporary.unlink(missing_ok=True)
