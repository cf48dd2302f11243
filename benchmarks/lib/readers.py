"""Runs another program that reads a file; its answer comes as JSON on stdout."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any


def ask(name: str, command: list[str], folder: Path) -> dict[str, Any] | None:
    """The answer of a reader. Prints the reason and returns None if it did not run."""
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
