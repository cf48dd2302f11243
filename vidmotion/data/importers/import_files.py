"""Imports the files of one format into a packed folder: finds them, reads them one by one, skips damaged ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vidmotion.data.importers.amass import read_amass
from vidmotion.data.importers.amc import read_amc
from vidmotion.data.importers.bvh import read_bvh
from vidmotion.data.importers.coco2d import read_coco
from vidmotion.data.importers.h36m import read_h36m
from vidmotion.data.importers.importer import Importer, ImportFile, ImportOptions
from vidmotion.data.importers.ntu import read_ntu
from vidmotion.data.packed_writer import PackedWriter
from vidmotion.errors import InputError

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
) -> ImportResult:
    """Read files and folders of files into a packed folder.

    Args:
        advance: called with the number of frames that are done.
        fail: called with a message of one line for each file that could not be read; the other files are kept.

    Raises:
        InputError: a path does not exist, or there is no file of the format.
        OutputError: the folder exists or cannot be written.
    """
    files = list(find(importer, paths))
    failed = 0
    with PackedWriter(folder, overwrite) as writer:
        for file in files:
            try:
                for clip in importer.read(file, options):
                    writer.append(clip)
                    advance(writer.frames)
            except InputError as error:
                failed += 1
                detail = str(error)
                fail(detail if detail.startswith(str(file.path)) else f"{file.path}: {detail}")
    return ImportResult(writer.clips, writer.frames, failed)


def find(importer: Importer, paths: list[Path]) -> Iterator[ImportFile]:
    """Files that are given by path, and the files of the format below given folders.

    Raises:
        InputError: a path does not exist, or there is no file of the format.
    """
    found = False
    for path in paths:
        if not path.exists():
            raise InputError(f"{path}: no such file or folder")
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            mine = file.suffix.lower() == importer.suffix and not file.name.endswith(importer.skipped)
            if path.is_dir() and not (mine and file.is_file()):
                continue
            found = True
            below = file.relative_to(path) if path.is_dir() else Path(file.name)
            yield ImportFile(file, below.with_suffix("").as_posix())
    if not found:
        raise InputError(
            f"{', '.join(map(str, paths))}: no {importer.suffix} files there; give the folder that contains them"
        )
