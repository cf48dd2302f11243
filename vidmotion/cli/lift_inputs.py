"""The inputs of `vidmotion lift`: videos, saved 2D people, other programs' keypoints; each read when its turn comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from vidmotion.batch.lift_file import Job
from vidmotion.cli.parsing import parse_size
from vidmotion.errors import InputError

if TYPE_CHECKING:
    from vidmotion.types import Scene

Section = tuple[float | None, float | None]
"""Seconds at which to begin and to stop."""


@dataclass(frozen=True)
class VideoOptions:
    """The options that say how videos are read."""

    section: Section = (None, None)
    fps: float | None = None
    rotate: int = 0
    keep_uncertain: bool = False
    """Keep the tracks that seem to show nobody too."""


@dataclass(frozen=True)
class KeypointOptions:
    """The options for people that another program found."""

    path: Path | None
    skeleton: str | None
    size: str | None
    first_frame: int | None

    @property
    def used(self) -> list[str]:
        """The options that only make sense with --keypoints and were given."""
        options = {"--skeleton": self.skeleton, "--size": self.size, "--first-frame": self.first_frame}
        return [name for name, value in options.items() if value is not None]


def plan(videos: Sequence[Path], keypoints: KeypointOptions, options: VideoOptions) -> list[Job]:
    """What there is to do.

    Raises:
        typer.BadParameter: nothing is named, or the options do not go together.
    """
    if keypoints.path is not None:
        return [_of_keypoints(keypoints.path, videos, keypoints, options)]
    if keypoints.used:
        raise typer.BadParameter(f"{keypoints.used[0]} is for --keypoints")
    if not videos:
        raise typer.BadParameter("name a VIDEO, or --keypoints FILE")
    for video in videos:
        if _is_saved(video) and (options.fps or options.rotate):
            raise typer.BadParameter(f"{'--fps' if options.fps else '--rotate'} is for videos; {video} holds people")
    jobs = [_of_video(video) for video in _joined(videos)]
    _check_names(jobs)
    return jobs


def check_exist(jobs: Sequence[Job]) -> None:
    """A name that is spelled wrongly is told before hours of work on the others.

    Raises:
        InputError: a file is not there.
        VideoError: there are no such numbered pictures.
    """
    from vidmotion.video.numbered_pictures import find_numbered_pictures

    for path in (path for job in jobs for path in job.inputs):
        if not path.exists() and find_numbered_pictures(path) is None:
            raise InputError(f"{path}: no such file; check the spelling")


def _joined(videos: Sequence[Path]) -> list[Path]:
    """The videos; the pictures of one series, as a shell makes them of `seq/*.jpg`, are one video.

    Raises:
        typer.BadParameter: they are some of the pictures of their folder.
    """
    from vidmotion.video.numbered_pictures import find_numbered_pictures, group_series

    joined = dict.fromkeys(videos)
    for (folder, series), pictures in group_series(joined).items():
        if len(pictures) == 1:
            continue
        files = [file for _, file in pictures]
        pattern = folder / str(series)
        found = find_numbered_pictures(pattern)
        if found is None or set(found.files) != set(files):
            raise typer.BadParameter(
                f"only some of the pictures {pattern} are named: put a pattern in quotes, to lift them as one video, "
                "or name one picture at a time"
            )
        joined = {file: None for file in joined if file not in files} | {pattern: None}
    return list(joined)


def _of_video(path: Path) -> Job:
    def read() -> Path | Scene:
        from vidmotion.io.scene.formats import load

        if not _is_saved(path):
            return path
        try:
            return load(path)
        except InputError as error:
            raise InputError(f"{error}; read other programs' files with --keypoints {path}") from None

    from vidmotion.io.scene.formats import split_name
    from vidmotion.video.numbered_pictures import video_stem

    if _is_saved(path):
        return Job(split_name(path)[0], (path,), None, read)
    return Job(video_stem(path), (path,), path, read)


def _is_saved(path: Path) -> bool:
    from vidmotion.io.scene.formats import is_scene

    return is_scene(path)


def _of_keypoints(path: Path, videos: Sequence[Path], keypoints: KeypointOptions, options: VideoOptions) -> Job:
    if len(videos) > 1:
        raise typer.BadParameter("--keypoints go with one VIDEO at most")
    video = videos[0] if videos else None
    size, first = parse_size(keypoints.size), keypoints.first_frame or 0
    if video is not None and size:
        raise typer.BadParameter(f"--size is not needed: it comes from {video}")
    if options.rotate:
        raise typer.BadParameter("--rotate: with --keypoints no pictures are read")

    def read() -> Scene:
        from vidmotion.tracking.imported_keypoints import read_keypoints

        return read_keypoints(
            path,
            video,
            skeleton=keypoints.skeleton,
            fps=options.fps,
            size=size,
            first_frame=first,
            start=options.section[0],
            end=options.section[1],
            keep_uncertain=options.keep_uncertain,
        )

    from vidmotion.video.numbered_pictures import video_stem

    return Job(path.resolve().stem if video is None else video_stem(video), (path, *videos), video, read)


def _check_names(jobs: Sequence[Job]) -> None:
    seen: dict[str, Job] = {}
    for job in jobs:
        other = seen.setdefault(job.stem.casefold(), job)
        if other is not job:
            raise typer.BadParameter(
                f"{other.inputs[0]} and {job.inputs[0]} would write the same files; lift them into two folders"
            )
