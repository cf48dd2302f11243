"""The verbs of the public API that need more than one room."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vidmotion.pipeline import Pipeline, Settings
from vidmotion.types import Scene


def detect(video: Path | str, **settings: Any) -> Scene:
    """The people of a video in 2D: a scene whose people have tracks and no motion.

    Args:
        settings: fields of `Settings`, such as `detector="blazepose-heavy"`.

    Raises:
        VidmotionError: see `Pipeline.detect`.
    """
    return Pipeline(Settings(**settings)).detect(video)


def lift(source: Path | str | Scene, **settings: Any) -> Scene:
    """The people of a video, or of a scene that `detect` made, in 3D.

    Args:
        settings: fields of `Settings`, such as `lift=LiftSettings(height=1.82)`.

    Raises:
        VidmotionError: see `Pipeline.lift`.
    """
    return Pipeline(Settings(**settings)).lift(source)


def render(scene: Scene, path: Path | str, video: Path | str | None = None) -> None:
    """Draw a scene as an H.264 mp4: the skeletons over the video beside the turning 3D skeletons.

    Args:
        video: the file that the scene was made of; None draws the 3D view alone.

    Raises:
        VideoError: the video cannot be read.
        OutputError: the file cannot be written.
    """
    from vidmotion.rendering import render as draw

    draw(scene, Path(path), None if video is None else Path(video))
