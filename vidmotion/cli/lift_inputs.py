"""The inputs of `vidmotion lift`: videos, saved 2D people, other programs' keypoints; each read when its turn comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from vidmotion.cli.parsing import parse_size
from vidmotion.errors import InputError

if TYPE_CHECKING:
    from vidmotion.types import Scene

Section = tuple[float | None, float | None]
"""Seconds at which to begin and to stop."""


@dataclass(frozen=True)
class Job:
    """One thing to lift."""

    named_after: Path
    """The results take their names from it."""
    inputs: tuple[Path, ...]
    """Files that no result may replace."""
    video: Path | None
    """What a film is drawn over; None draws the 3D view alone."""
    read: Callable[[], Path | Scene]
    """Gives the video in which to find people, or people in 2D."""


@dataclass(frozen=True)
class KeypointOptions:
    """The options for people that another program found."""

    path: Path | None
    skeleton: str | None
    fps: float | None
    size: str | None
    first_frame: int | None

    @property
    def used(self) -> list[str]:
        """The options that only make sense with --keypoints and were given."""
        options = {"--skeleton": self.skeleton, "--fps": self.fps, "--size": self.size}
        return [name for name, value in {**options, "--first-frame": self.first_frame}.items() if value is not None]


def plan(
    videos: Sequence[Path], keypoints: KeypointOptions, section: Section, keep_uncertain: bool = False
) -> list[Job]:
    """What there is to do.

    Args:
        keep_uncertain: keep the tracks of `keypoints` that seem to show nobody too.

    Raises:
        typer.BadParameter: nothing is named, or the options do not go together.
    """
    if keypoints.path is not None:
        return [_of_keypoints(keypoints.path, videos, keypoints, section, keep_uncertain)]
    if keypoints.used:
        raise typer.BadParameter(f"{keypoints.used[0]} is for --keypoints")
    if not videos:
        raise typer.BadParameter("name a VIDEO, or --keypoints FILE")
    _check_names(videos)
    return [_of_video(video) for video in videos]


def _of_video(path: Path) -> Job:
    def read() -> Path | Scene:
        from vidmotion.io.scene.formats import load

        if not _is_saved(path):
            return path
        try:
            return load(path)
        except InputError as error:
            raise InputError(f"{error}; read other programs' files with --keypoints {path}") from None

    return Job(path, (path,), None if _is_saved(path) else path, read)


def _is_saved(path: Path) -> bool:
    from vidmotion.io.scene.formats import READERS

    return path.suffix.lower() in READERS


def _of_keypoints(
    path: Path, videos: Sequence[Path], options: KeypointOptions, section: Section, keep_uncertain: bool
) -> Job:
    if len(videos) > 1:
        raise typer.BadParameter("--keypoints go with one VIDEO at most")
    video = videos[0] if videos else None
    size, first = parse_size(options.size), options.first_frame or 0
    if video is not None and (size or options.fps):
        raise typer.BadParameter(f"{'--size' if size else '--fps'} is not needed: it comes from {video}")

    def read() -> Scene:
        from vidmotion.tracking.imported_keypoints import read_keypoints

        return read_keypoints(
            path,
            video,
            skeleton=options.skeleton,
            fps=options.fps,
            size=size,
            first_frame=first,
            start=section[0],
            end=section[1],
            keep_uncertain=keep_uncertain,
        )

    return Job(video or path.resolve(), (path, *videos), video, read)


def _check_names(videos: Sequence[Path]) -> None:
    seen: dict[str, Path] = {}
    for video in videos:
        other = seen.setdefault(video.stem.casefold(), video)
        if other is not video:
            raise typer.BadParameter(f"{other} and {video} would write the same files; lift them into two folders")
