"""Asks another program what it reads in a file: it answers on stdout as JSON, or is not there."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any


def ask(name: str, command: list[str], folder: Path) -> dict[str, Any] | None:
    """What a reader answers; None, and a line that says why, if it did not run."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    except FileNotFoundError:
        print(f"{name:16} not run: {command[0]} is not installed")
        return None
    except subprocess.CalledProcessError as error:
        print(f"{name:16} not run: {last_line(error.stderr)}")
        return None
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1]
