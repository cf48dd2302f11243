"""`run.json` in a run's folder: its data, first weights and settings, so that `--resume` needs none of them again."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidmotion.errors import InputError
from vidmotion.io.atomic import write_text
from vidmotion.io.json_text import parse_json
from vidmotion.train.config import RecipeConfig

NAME = "run.json"
KEYS = ("recipe", "data", "from", "settings", "classes")


@dataclass(frozen=True, eq=False)
class RunFile:
    """What a run was started with."""

    recipe: str
    data: list[Path]
    """Absolute."""
    start: Path | None
    """Absolute path of the weights to begin with."""
    settings: dict[str, Any]
    """By name, in groups such as `noise`."""
    classes: list[str]
    """Of the action head, in the order of its scores; none without one."""

    @classmethod
    def of(cls, recipe: str, data: list[Path], start: Path | None, config: RecipeConfig, classes: list[str]) -> RunFile:
        """Of a run that begins."""
        return cls(
            recipe,
            [folder.absolute() for folder in data],
            None if start is None else start.absolute(),
            dataclasses.asdict(config),
            classes,
        )

    def write(self, folder: Path) -> None:
        """Write it into the folder of the run.

        Raises:
            OutputError: it cannot be written.
        """
        record = {
            "recipe": self.recipe,
            "data": [str(path) for path in self.data],
            "from": None if self.start is None else str(self.start),
            "settings": self.settings,
            "classes": self.classes,
        }
        write_text(folder / NAME, json.dumps(record, indent=2) + "\n")

    @classmethod
    def read(cls, folder: Path) -> RunFile | None:
        """That of a folder; None if the run is from a version that wrote none.

        Raises:
            InputError: it is damaged.
        """
        try:
            text = (folder / NAME).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise InputError(f"cannot read {folder / NAME}: {error}") from None
        try:
            record = parse_json(text)
            recipe, data, start, settings, classes = (record[key] for key in KEYS)
            if not isinstance(recipe, str) or not isinstance(settings, dict):
                raise TypeError
            start = None if start is None else Path(start)
            return cls(recipe, [Path(path) for path in data], start, settings, [str(name) for name in classes])
        except (ValueError, KeyError, TypeError):
            raise InputError(f"{folder / NAME} is damaged; delete it and name data and settings again") from None
