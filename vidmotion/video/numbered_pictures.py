"""A folder of numbered pictures as a video: `seq/`, `seq/cam1_*.jpg` or `seq/cam1_%04d.jpg`.

The number of a picture is the last one in its name. Numbers that are missing are missing frames: they leave a pause.
Does not depend on what the pictures show.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Generator, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import av
from av.video.frame import VideoFrame

from vidmotion.errors import VideoError
from vidmotion.io.folders import visible_files
from vidmotion.video.container import open_container

PICTURE_SUFFIXES = frozenset({
    ".bmp", ".dpx", ".exr", ".jp2", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tga", ".tif", ".tiff", ".webp"
})  # fmt: skip
DEFAULT_FPS = Fraction(30)
"""Frame rate of numbered pictures, which have none of their own."""
_SPARSE = 10
"""Times as many numbers missing as there are pictures: the numbers count something else, such as milliseconds."""
_SHOWN = 3
"""Of missing numbers, in a message."""
_NUMBERED = re.compile(r"(.*?)(\d+)(\D*)", re.DOTALL)
_WILD = re.compile(r"(\*|\?|%0?\d*d)")


class Series(NamedTuple):
    """What the names of a video's pictures have in common."""

    prefix: str
    suffix: str
    """With the end of the name: "_left.png"."""

    def __str__(self) -> str:
        return f"{self.prefix}*{self.suffix}"


@dataclass(frozen=True)
class NumberedPictures:
    """The pictures of one video, in order."""

    name: str
    """The name of the video: that of the folder, or of a pattern what the pictures' names begin with."""
    series: Series
    files: tuple[Path, ...]
    numbers: tuple[int, ...]
    """Of each file, rising."""
    others: int = 0
    """Number of other files in the folder."""

    @property
    def positions(self) -> tuple[int, ...]:
        """The place of each picture in the video, from 0; a place that is left out is a missing frame."""
        step = math.gcd(*(after - before for before, after in pairwise(self.numbers))) or 1
        positions = tuple((number - self.numbers[0]) // step for number in self.numbers)
        return positions if positions[-1] < (_SPARSE + 1) * len(positions) else tuple(range(len(positions)))

    def describe(self, fps: Fraction) -> str:
        """A line that says what is read, what is missing and what is left out."""
        count = len(self.files)
        parts = [f"{count} {'picture' if count == 1 else 'pictures'} {self.series} at {float(fps):g} frames/s"]
        places = set(self.positions)
        missing = [place for place in range(self.positions[-1]) if place not in places]
        if missing:
            shown = ", ".join(str(self._number_at(place)) for place in missing[:_SHOWN])
            parts.append(f"{len(missing)} missing ({shown}{', ...' if len(missing) > _SHOWN else ''})")
        if self.others:
            parts.append(f"{self.others} other {'file' if self.others == 1 else 'files'} left out")
        return "; ".join(parts)

    def _number_at(self, place: int) -> int:
        last = self.positions[-1]
        return self.numbers[0] + place * (self.numbers[-1] - self.numbers[0]) // last


def find_numbered_pictures(path: Path) -> NumberedPictures | None:
    """The pictures that a folder or a pattern means; None if `path` is neither.

    Raises:
        VideoError: there are none, there are those of several videos, or the folder cannot be read.
    """
    try:
        if path.is_dir():
            return _of_folder(path)
        if path.exists() or not _WILD.search(path.name):
            return None
        return _of_pattern(path)
    except OSError as error:
        raise VideoError(f"{path}: cannot be read ({error.strerror}); check the name and the permissions") from error


def video_stem(video: Path) -> str:
    """What the names of a video's results begin with; for numbered pictures, the name of their series or folder."""
    try:
        pictures = find_numbered_pictures(video)
    except VideoError:  # told when it is read
        return video.absolute().stem
    return video.stem if pictures is None else pictures.name


def video_files(path: Path) -> tuple[Path, ...]:
    """The files that a video consists of: itself, or its pictures with their numbers in order.

    Raises:
        VideoError: as `find_numbered_pictures`.
    """
    pictures = find_numbered_pictures(path)
    return (path,) if pictures is None else pictures.files


def group_series(files: Iterable[Path]) -> dict[tuple[Path, Series], list[tuple[int, Path]]]:
    """Numbered pictures by folder and series, each with its number, rising."""
    found: dict[tuple[Path, Series], list[tuple[int, Path]]] = defaultdict(list)
    for file in files:
        match = _NUMBERED.fullmatch(file.stem)
        if match and file.suffix.lower() in PICTURE_SUFFIXES and not file.name.startswith("."):
            found[file.parent, Series(match[1], match[3] + file.suffix)].append((int(match[2]), file))
    return {series: sorted(pictures) for series, pictures in found.items()}


def _of_folder(path: Path) -> NumberedPictures:
    files = visible_files(path)
    found = group_series(files)
    videos = {key: pictures for key, pictures in found.items() if len(pictures) > 1} or found
    if not videos:
        raise VideoError(
            f"{path}: is a folder without numbered pictures; give a video file in it, "
            "or lift all of them with `vidmotion batch`"
        )
    pictures = _only(path, videos)
    return replace(pictures, name=_folder_name(path), others=len(files) - len(pictures.files))


def _of_pattern(path: Path) -> NumberedPictures:
    folder = path.parent
    if not folder.is_dir():
        raise VideoError(f"{path}: there is no folder {folder}; check the spelling")
    parts = {"*": ".*", "?": "."}
    wanted = re.compile(
        "".join(
            parts.get(part, r"\d+") if _WILD.fullmatch(part) else re.escape(part) for part in _WILD.split(path.name)
        ),
        re.DOTALL,
    )
    found = group_series(file for file in visible_files(folder) if wanted.fullmatch(file.name))
    if not found:
        raise VideoError(f"{path}: no numbered picture has such a name; check the spelling")
    return _only(path, found)


def _folder_name(folder: Path) -> str:
    return folder.resolve().name or "pictures"


def _only(path: Path, found: dict[tuple[Path, Series], list[tuple[int, Path]]]) -> NumberedPictures:
    """The only series of those found."""
    if len(found) > 1:
        shown = ", ".join(str(series) for _, series in list(found)[:_SHOWN])
        raise VideoError(f"{path}: holds the pictures of several videos ({shown}); give the pattern of one, in quotes")
    (folder, series), pictures = next(iter(found.items()))
    numbers = [number for number, _ in pictures]
    if len(set(numbers)) < len(numbers):
        raise VideoError(f"{path}: several pictures have the same number; keep one of each")
    files = tuple(file for _, file in pictures)
    name = series.prefix.rstrip(" ._-") or _folder_name(folder)
    return NumberedPictures(name, series, files, tuple(numbers))


class SequencePictures:
    """The pictures of a sequence, decoded one after the other. Those of another size than the first are left out."""

    def __init__(self, path: Path, pictures: NumberedPictures) -> None:
        """Prepare to read.

        Args:
            path: what the user gave.
        """
        self.path = path
        self.name = pictures.name
        self.damage: str | None = None
        self.fps = DEFAULT_FPS
        self.pixel_aspect = Fraction(1)
        self.clock_start = Fraction(0)
        self.frame_count = len(pictures.files)
        self._pictures = pictures

    @property
    def duration(self) -> float:
        """Seconds at the default frame rate."""
        return float((self._pictures.positions[-1] + 1) / self.fps)

    def describe(self, fps: Fraction) -> str:
        """As `NumberedPictures.describe`."""
        return self._pictures.describe(fps)

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def decode(self) -> Generator[tuple[VideoFrame, Fraction | None], None, None]:
        """Every picture that can be decoded, with its time in seconds; others are skipped and noted in `damage`."""
        size: tuple[int, int] | None = None
        unreadable = odd = 0
        for place, file in zip(self._pictures.positions, self._pictures.files, strict=True):
            picture = _decode_picture(file)
            size = size or (None if picture is None else (picture.width, picture.height))
            if picture is None:
                unreadable += 1
            elif (picture.width, picture.height) != size:
                odd += 1
            else:
                yield picture, place / self.fps
            problems = [f"{unreadable} of the pictures cannot be decoded"] if unreadable else []
            problems += [f"{odd} of another size than the first left out"] if odd else []
            self.damage = " and ".join(problems) or None


def _decode_picture(file: Path) -> VideoFrame | None:
    try:
        with open_container(file) as container:
            return next(container.decode(video=0), None)
    except (av.FFmpegError, OSError, IndexError):
        return None
