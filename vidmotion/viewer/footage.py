"""The video of a page: whether it is the right one, how its clock relates to the scene's, and its type for browsers."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidmotion.errors import InputError
from vidmotion.rendering.frames import check_same, has_true_rate, rotation_of
from vidmotion.types import Scene
from vidmotion.video import open_video

LARGEST_EMBEDDED = 256 << 20
"""Bytes; a browser's texts end at about twice as many characters."""


@dataclass(frozen=True)
class Footage:
    """A video file that belongs to a scene."""

    path: Path
    offset: float
    """Seconds of the file's own clock at which the scene's time is 0."""
    rate: float
    """Seconds of the file per second of the scene: not 1 if the user stated another frame rate."""
    rotate: int
    """Degrees clockwise by which the pictures of the file are turned."""

    @classmethod
    def of(cls, scene: Scene, path: Path) -> Footage:
        """The video of a scene.

        Raises:
            VideoError: it cannot be read.
            InputError: it is not the video of this scene, or not a file that a browser can play.
        """
        rotate = rotation_of(scene)
        with open_video(path, rotate=rotate) as video:
            check_same(scene, video)
            if not path.is_file():
                raise InputError(f"{path}: a page plays video files only; leave `video` out")
            rate = float(scene.fps / video.fps) if has_true_rate(scene) else 1.0
            return cls(path, video.offset, rate, rotate)

    @property
    def kind(self) -> str:
        """The media type, as the suffix tells it. Browsers play MOV as MP4."""
        found = mimetypes.guess_type(self.path.name)[0] or "video/mp4"
        return "video/mp4" if found == "video/quicktime" else found

    @property
    def embeddable(self) -> bool:
        """Whether the file is small enough to be part of a page."""
        return self.path.stat().st_size <= LARGEST_EMBEDDED

    def check_embeddable(self) -> None:
        """Check that the file is small enough to be part of a page.

        Raises:
            InputError: it is not.
        """
        if not self.embeddable:
            size = self.path.stat().st_size
            raise InputError(
                f"{self.path}: has {size >> 20} MiB, and a page may contain {LARGEST_EMBEDDED >> 20}; "
                "pass `link_video` to leave it beside the page"
            )

    def header(self) -> dict[str, Any]:
        """The part of the page's header that relates the clocks and pictures."""
        return {"media": {"offset": self.offset, "rate": self.rate}, "rotate": self.rotate}
