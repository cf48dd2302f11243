"""The clips of a batch: from video files, from folders, and from manifests with options for each clip.

A manifest is a CSV file with a header, or a JSONL file with an object in each line. `video` is a URL, or a path from
the folder of the manifest. `height`, `fov`, `person`, `start` and `end` are optional and have the meaning of the
settings.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NoReturn

from vidmotion.batch.remote import find_files, is_url, url_name
from vidmotion.errors import InputError
from vidmotion.io.folders import VIDEO_SUFFIXES
from vidmotion.io.json_text import parse_json
from vidmotion.settings import Settings

if TYPE_CHECKING:
    from vidmotion.batch.divided import PartWork

OPTIONS = ("height", "fov", "person", "start", "end")
"""The settings that a manifest may give for each clip."""
COLUMNS = ("video", *OPTIONS)
MANIFESTS = (".csv", ".jsonl")


@dataclass(frozen=True)
class Clip:
    """A video, or a part of one, and how it is lifted."""

    video: Path | str
    """Absolute path, or URL."""
    stem: str
    """What the names of its results should begin with: of a video in a folder, its path there without the suffix."""
    options: dict[str, float] = field(default_factory=dict)
    """Settings that differ from those of the batch, by name."""

    def settings(self, common: Settings) -> Settings:
        """The settings of this clip.

        Raises:
            InputError: an option is out of range.
        """
        options: dict[str, Any] = self.options
        return replace(common, **options)


@dataclass(frozen=True)
class ClipTask:
    """One clip to lift."""

    name: str
    """Of its results, below the folder of the batch."""
    clip: Clip
    overwrite: bool
    """Whether its files may exist: the clip was begun before, or the user allows it."""
    finished: frozenset[PartWork] = frozenset()
    """Of a long video: the parts that were read for it."""


@dataclass(frozen=True)
class PartTask:
    """One part of a long video to read."""

    of: ClipTask
    work: PartWork

    @property
    def name(self) -> str:
        """That of the clip."""
        return self.of.name


@dataclass(frozen=True)
class PartsToRead:
    """What the task of a long video gives first: parts of it to be read, all of one stage."""

    works: tuple[PartWork, ...]
    total: int
    """The number of parts of this video; the others were read before."""


def find_clips(sources: Sequence[Path | str], patterns: Sequence[str], common: Settings) -> list[Clip]:
    """The clips of all sources, in their order; of a folder and those in it, by name.

    Args:
        sources: paths, and URLs as texts.
        patterns: for the names of files in folders, such as "*.mp4"; without any, the usual suffixes of videos.
        common: the settings of the batch, with which the options of each clip have to agree.

    Raises:
        InputError: a source is missing or cannot be read, a manifest is wrong, or there is no clip.
    """
    clips = [clip for source in sources for clip in _clips_of(source, patterns, common)]
    if not clips:
        raise InputError("there is no clip: name videos, folders that contain some, or manifests")
    return clips


def _clips_of(source: Path | str, patterns: Sequence[str], common: Settings) -> Iterable[Clip]:
    if isinstance(source, str) and is_url(source):
        return _at_url(source, patterns)
    source = Path(source)
    if source.is_dir():
        return _in_folder(source, patterns)
    if not source.exists():
        raise InputError(f"{source}: no such file or folder; check the spelling")
    if source.suffix.lower() in MANIFESTS:
        clips = list(_in_manifest(source, common))
        if not clips:
            raise InputError(f"{source}: there is no clip in this manifest; add a line for each video")
        return clips
    return [Clip(_real(source), source.stem)]


def _in_folder(folder: Path, patterns: Sequence[str]) -> list[Clip]:
    found = [path for path in _files_below(folder) if _is_wanted(path.name, patterns)]
    if not found:
        wanted = ", ".join(patterns or sorted(VIDEO_SUFFIXES))
        raise InputError(f"{folder}: no video in this folder ({wanted}); choose others with `pattern`")
    return [Clip(_real(path), path.relative_to(folder).with_suffix("").as_posix()) for path in found]


def _at_url(url: str, patterns: Sequence[str]) -> list[Clip]:
    files = find_files(url)
    if [name for _, name in files] != [url_name(url)]:  # a folder
        shown = (file for file in files if not any(part.startswith(".") for part in PurePosixPath(file[1]).parts))
        files = [(file, name) for file, name in shown if _is_wanted(PurePosixPath(name).name, patterns)]
    if not files:
        wanted = ", ".join(patterns or sorted(VIDEO_SUFFIXES))
        raise InputError(f"{url}: no video in this folder ({wanted}); choose others with `pattern`")
    return [Clip(file, PurePosixPath(name).with_suffix("").as_posix()) for file, name in files]


def _files_below(folder: Path) -> Iterator[Path]:
    """All files in a folder and below, by name; hidden files and folders are left out, links to folders too."""

    def refuse(error: OSError) -> NoReturn:
        raise InputError(f"{error.filename}: cannot be read ({error.strerror}); check the permissions") from None

    for parent, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(parent, name) for name in sorted(files) if not name.startswith("."))


def _is_wanted(name: str, patterns: Sequence[str]) -> bool:
    if patterns:
        return any(fnmatch(name, pattern) for pattern in patterns)
    return Path(name).suffix.lower() in VIDEO_SUFFIXES


def _in_manifest(path: Path, common: Settings) -> Iterator[Clip]:
    read = _csv_rows if path.suffix.lower() == ".csv" else _json_rows
    try:
        for line, row in read(path):
            try:
                clip = _clip_of_row(path.parent, row)
                clip.settings(common)
            except InputError as error:
                raise InputError(f"{path}, line {line}: {error}") from None
            yield clip
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the permissions") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not a text in UTF-8; save it as such") from None


def _csv_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        try:
            reader = csv.DictReader(file, strict=True)
            _check_columns(f"{path}", reader.fieldnames or ())
            for row in reader:
                if None in row:
                    raise InputError(
                        f"{path}, line {reader.line_num}: has more cells than the header; check its commas"
                    )
                yield reader.line_num, {name: _value(name, text) for name, text in row.items() if text}
        except csv.Error as error:
            raise InputError(f"{path}: is not a CSV file ({error}); check its quotes") from None


def _value(name: str, text: str) -> Any:
    """The value of a cell: a number where it is one, as the settings refuse what is none."""
    if name == "video":
        return text
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _json_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig") as file:
        for line, text in enumerate(file, start=1):
            if not text.strip():
                continue
            try:
                row = parse_json(text)
            except ValueError:
                row = None
            if not isinstance(row, dict):
                raise InputError(f'{path}, line {line}: wanted a JSON object, such as {{"video": "walk.mp4"}}')
            _check_columns(f"{path}, line {line}", row)
            yield line, {name: value for name, value in row.items() if value is not None}


def _check_columns(where: str, names: Iterable[str]) -> None:
    names = list(names)
    unknown = [name for name in names if name not in COLUMNS]
    if unknown:
        raise InputError(f"{where}: unknown column {unknown[0]!r}; wanted {', '.join(COLUMNS)}")
    if "video" not in names:
        raise InputError(f"{where}: there is no column `video`; it names the video of each clip")


def _clip_of_row(folder: Path, row: dict[str, Any]) -> Clip:
    video = row.pop("video", None)
    if not isinstance(video, str) or not video or "\0" in video:
        raise InputError(f"`video` {video!r}: wanted the path of a video")
    if is_url(video):
        return Clip(video, PurePosixPath(url_name(video)).stem, row)
    from vidmotion.video.numbered_pictures import video_stem

    above = Path(video).parent
    stem = video_stem(folder / video)
    return Clip(_real(folder / video), stem if _leads_out(above) else (above / stem).as_posix(), row)


def _real(path: Path) -> Path:
    """The absolute path without links. `Path.resolve` fails at a link to itself, which is for the clip to do."""
    return Path(os.path.realpath(path))


def _leads_out(folder: Path) -> bool:
    return folder.is_absolute() or ".." in folder.parts
