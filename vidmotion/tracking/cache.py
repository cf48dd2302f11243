"""2D people of videos that were looked at before, kept by the content of the file: no detector runs twice.

A file lies in the user's cache folder for each video, detector and section; it may be deleted at any time.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import platformdirs

import vidmotion
from vidmotion.errors import InputError, OutputError, VideoError
from vidmotion.io.scene.formats import export, load
from vidmotion.types import Scene

REVISION = 2
"""Of how people are found and followed; what an earlier one kept is not used again."""


def kept_folder() -> Path:
    """Where 2D people are kept; it need not exist yet."""
    return platformdirs.user_cache_path("vidmotion", appauthor=False) / "detections"


def remembered(video: Path, settings: Mapping[str, object], detect: Callable[[], Scene]) -> Scene:
    """The people of a video: as they are kept, or else as `detect` finds them, which is kept then.

    Args:
        settings: what, beside the video, the people depend on.

    Raises:
        VideoError: the video cannot be read.
        VidmotionError: as `detect`.
    """
    path = kept_folder() / f"{_key(video, settings)}.npz"
    if path.is_file():
        # What is damaged is made again.
        with contextlib.suppress(InputError):
            return load(path)
    scene = detect()
    # A cache that cannot be written to is none, and no reason to fail.
    with contextlib.suppress(OSError, OutputError):
        path.parent.mkdir(parents=True, exist_ok=True)
        export(scene, path)
    return scene


def _key(video: Path, settings: Mapping[str, object]) -> str:
    told = json.dumps([vidmotion.__version__, REVISION, video.name, dict(settings)], sort_keys=True, default=str)
    try:
        with video.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise VideoError(f"{video}: cannot be read ({error.strerror})") from None
    return hashlib.sha256((content + told).encode()).hexdigest()
