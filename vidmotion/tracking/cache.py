"""A cache of the 2D people of videos, by the content of the file, so that no video is detected twice.

The user's cache folder holds one file for each video, detector and section; any of them may be deleted at any time.
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
from vidmotion.video.numbered_pictures import video_files

REVISION = 7
"""Revision of detection and tracking; entries of earlier revisions are not used."""


def detections_folder() -> Path:
    """Where the 2D people are cached; the folder may not exist yet."""
    return platformdirs.user_cache_path("vidmotion", appauthor=False) / "detections"


def cached_people(video: Path, settings: Mapping[str, object], detect: Callable[[], Scene]) -> Scene:
    """The people of a video, from the cache or else from `detect`, whose result is then cached.

    Args:
        settings: what the result depends on beside the video; values that JSON can hold, or their `str`.
        detect: called only if the cache has no readable entry.

    Raises:
        VideoError: the video cannot be read.
        VidmotionError: as `detect`.
    """
    path = detections_folder() / f"{_key(video, settings)}.npz"
    if path.is_file():
        # A damaged entry is replaced.
        with contextlib.suppress(InputError):
            return load(path)
    scene = detect()
    # An unwritable cache is no reason to fail.
    with contextlib.suppress(OSError, OutputError):
        path.parent.mkdir(parents=True, exist_ok=True)
        export(scene, path)
    return scene


def _key(video: Path, settings: Mapping[str, object]) -> str:
    description = json.dumps([vidmotion.__version__, REVISION, video.name, dict(settings)], sort_keys=True, default=str)
    try:
        content = "".join(_digest(file) for file in video_files(video))
    except OSError as error:
        raise VideoError(f"{video}: cannot be read ({error.strerror})") from None
    return hashlib.sha256((content + description).encode()).hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
