"""From files of a format to a packed folder: finds them, reads them one by one, goes on after damaged ones."""

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
    """What came of an import."""

    clips: int
    frames: int
    failed: int
    """Files that could not be read, or not to their end."""


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
        advance: hears how many frames are done.
        fail: hears of each file that could not be read, in one line; the others are kept.

    Raises:
        InputError: there is no such file, or none of the format.
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
    """The files of a format among some files, and below some folders.

    Raises:
        InputError: a path is missing, or there are none.
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
            f"{', '.join(map(str, paths))}: no {importer.suffix} files there; name the folder that has them"
        )
