"""Where a batch keeps what, in the folder of its results."""

from __future__ import annotations

from pathlib import Path

from vidmotion.batch.sources import ClipTask, PartTask

LOGS = "logs"
"""The folder of the clips' logs."""
PICTURES = ".thumbnails"
"""The folder of the small pictures."""
PARTS = ".parts"
"""The folder of what was found in parts of long videos; of each video until it is done."""
COPIES = ".copies"
"""The folder of copies of videos that are named by a URL; of each video until it is done."""


def log_path(folder: Path, task: ClipTask | PartTask) -> Path:
    """The log of a clip, or of a part of one.

    Args:
        folder: that of the batch; likewise below.
    """
    return folder / LOGS / f"{f'{task.name}.{task.work}' if isinstance(task, PartTask) else task.name}.log"


def thumbnail_path(folder: Path, name: str) -> Path:
    """Where the small picture of a clip is."""
    return folder / PICTURES / f"{name}.jpg"


def parts_path(folder: Path, name: str) -> Path:
    """The folder of what was found in parts of a clip."""
    return folder / PARTS / name


def copies_path(folder: Path, name: str) -> Path:
    """The folder of the copy of a clip's video."""
    return folder / COPIES / name
