"""Imports the files of one format into a packed folder: finds them, reads them one by one, skips damaged ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from vidmotion.data.importers.amass import read_amass
from vidmotion.data.importers.amc import read_amc
from vidmotion.data.importers.bvh import read_bvh
from vidmotion.data.importers.coco2d import read_coco
from vidmotion.data.importers.file_table import FileRow, read_table
from vidmotion.data.importers.h36m import read_h36m
from vidmotion.data.importers.importer import Importer, ImportFile, ImportOptions
from vidmotion.data.importers.ntu import read_ntu
from vidmotion.data.packed_writer import NewClip, PackedWriter
from vidmotion.errors import InputError, VidmotionError

IMPORTERS = {
    "bvh": Importer(".bvh", read_bvh),
    "amc": Importer(".amc", read_amc),
    "amass": Importer(".npz", read_amass, skipped=("shape.npz", "stagei.npz")),
    "h36m": Importer(".pkl", read_h36m),
    "ntu": Importer(".pkl", read_ntu),
    "coco2d": Importer(".json", read_coco),
}


@dataclass(frozen=True)
class ImportResult:
    """The outcome of an import."""

    clips: int
    """Number of clips that were written."""
    frames: int
    """Number of frames of these clips."""
    failed: int
    """Number of files that could not be read completely."""


def import_files(
    importer: Importer,
    paths: list[Path],
    folder: Path,
    overwrite: bool,
    options: ImportOptions,
    advance: Callable[[int], None],
    fail: Callable[[str], None],
    note: Callable[[str], None],
) -> ImportResult:
    """Read files and folders of files into a packed folder.

    Args:
        advance: called with the number of frames that are done.
        fail: called with a message of one line for each file that could not be read; the other files are kept.
        note: called at the end with a line for each thing that was found or assumed, and the files that it is about.

    Raises:
        InputError: a path does not exist, there is no file of the format, the table cannot be used, or a subject is
            named for two splits.
        OutputError: the folder exists or cannot be written.
    """
    if both := sorted(options.val & options.test):
        raise InputError(f"{', '.join(both)}: named for both val and test; name each subject for one")
    notes: dict[str, list[Path]] = defaultdict(list)
    files = list(find(importer, paths, lambda path, text: notes[text].append(path)))
    table = read_table(options.table, files) if options.table else {}
    failed, unposed, splits = 0, list[Path](), defaultdict[str, set[str]](set)
    with PackedWriter(folder, overwrite) as writer:
        for file in files:
            try:
                row = table.get(file.path, FileRow())
                subject = row.subject or _subject(file, options)
                own = replace(options, up=row.up or options.up, unit=row.unit or options.unit)
                for clip in importer.read(file, own):
                    described = _described(clip, subject, row, options)
                    writer.append(described)
                    splits[described.subject].add(described.split)
                    advance(writer.frames)
                    unposed += [file.path] if clip.rotations is None else []
            except Exception as error:
                # A file may be damaged in ways that no reader foresees, and must not take the others along.
                if isinstance(error, VidmotionError) and not isinstance(error, InputError):
                    raise
                failed += 1
                fail(_failure(file.path, error))
    if writer.lost_rotations:
        notes["has no rotations, so those of the others are left out; import such files to another folder"] = unposed
    for text, about in notes.items():
        note(f"{_listed(about)}: {text}")
    for text in _split_notes(splits, options):
        note(text)
    return ImportResult(writer.clips, writer.frames, failed)


def _split_notes(splits: dict[str, set[str]], options: ImportOptions) -> Iterator[str]:
    """What is odd about the splits: a network that is measured on whom it learned from looks too good."""
    for subject in sorted(splits):
        if subject and len(splits[subject]) > 1 and options.split_rule == "xsub":
            yield f"{subject} is in the splits {', '.join(sorted(splits[subject]))}; give each subject one split"
    if unknown := sorted((options.val | options.test) - splits.keys()):
        yield f"no clip is of {', '.join(unknown)}, named for val or test; the subjects are {', '.join(sorted(splits))}"


def _subject(file: ImportFile, options: ImportOptions) -> str:
    """The subject that the user's pattern finds; "" without a pattern."""
    if options.subjects is None:
        return ""
    match = options.subjects.search(file.given)
    if match is None or not match[1]:
        raise InputError(f"the pattern of `subjects` finds nothing in {file.given!r}")
    return match[1]


def _described(clip: NewClip, subject: str, row: FileRow, options: ImportOptions) -> NewClip:
    """A clip with what the user knows of it, in place of what the reader took."""
    return replace(
        clip,
        subject=subject or clip.subject,
        split=row.split or (options.split_of(subject) if subject else clip.split),
        label=row.label or clip.label,
        description=row.description or clip.description,
    )


def _failure(path: Path, error: Exception) -> str:
    """One line that says why a file could not be read."""
    detail = str(error) if isinstance(error, InputError) else f"is damaged, or has another layout ({_reason(error)})"
    detail = " ".join(detail.split())
    return detail if detail.startswith(str(path)) else f"{path}: {detail}"


def _reason(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "it needs more memory than there is"
    return f"{type(error).__name__}: {error}"[:300]


def _listed(paths: list[Path]) -> str:
    first, others = paths[0], len(set(paths)) - 1
    return f"{first} and {others} more" if others else str(first)


def find(importer: Importer, paths: list[Path], note: Callable[[Path, str], None]) -> Iterator[ImportFile]:
    """Files that are given by path, and the files of the format below given folders.

    Hidden files and folders, whose names begin with a dot, are left out: macOS writes a `._walk.bvh` beside walk.bvh.

    Args:
        note: what the files' notes go to, with the file's path.

    Raises:
        InputError: a path does not exist, or there is no file of the format.
    """
    found = False
    for path in paths:
        if not path.exists():
            raise InputError(f"{path}: no such file or folder")
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            below = file.relative_to(path) if path.is_dir() else Path(file.name)
            if any(part.startswith(".") for part in below.parts):
                continue
            mine = file.suffix.lower() == importer.suffix and not file.name.endswith(importer.skipped)
            if path.is_dir() and not (mine and file.is_file()):
                continue
            found = True
            given = below if path.is_dir() else path
            yield ImportFile(file, below.with_suffix("").as_posix(), given.as_posix(), partial(note, file))
    if not found:
        raise InputError(
            f"{', '.join(map(str, paths))}: no {importer.suffix} files there; give the folder that contains them"
        )
