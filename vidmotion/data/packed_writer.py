"""Writes packed folders (see `vidmotion.data.mocap`), clip by clip.

The folder appears only when it is complete: it is written to a temporary folder and then renamed. Where it replaces
another one, only packed motion is replaced. Needs numpy only. Does not depend on the formats that are imported.
"""

from __future__ import annotations

import csv
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np

from vidmotion.data.mocap import COLUMNS, ROTATION_STEP, SCORE_STEP, STEP
from vidmotion.errors import InputError, OutputError
from vidmotion.io.atomic import PendingFolder, check_writable, is_temporary, output_error
from vidmotion.model.normalization import FRAME_RATE
from vidmotion.types import Floats, check_shape

EXTRA = ("class", "scene", "person", "width", "height", "focal", "description")
"""Columns of the index besides `COLUMNS`."""
ARRAYS: dict[str, tuple[str, tuple[int, ...]]] = {
    "pos": ("<i2", (17, 3)),
    "root": ("<f4", (3,)),
    "rot": ("<i2", (22, 3)),
    "xy": ("<f4", (17, 2)),
    "score": ("|u1", (17,)),
}
"""Type and shape of one frame in each file."""
INDEX = "index.csv"
_LIMIT = 32767


@dataclass(frozen=True, eq=False)
class NewClip:
    """T frames of one person at `FRAME_RATE`, with 3D, 2D or both."""

    name: str
    subject: str
    split: str
    joints: Floats | None = None
    """(T, 17, 3) metres, in the world with Y up; beside `xy` in camera axes."""
    rotations: Floats | None = None
    """(T, 22, 3) radians, axis-angle, of SMPL's body joints in their parents' frames."""
    xy: Floats | None = None
    """(T, 17, 2) pixels from the picture's center, y down."""
    score: Floats | None = None
    """(T, 17) in 0..1; 0 where a point is missing."""
    label: str = ""
    """Class of the motion, or ""."""
    scene: str = ""
    """Clips of one scene show several people at the same time."""
    person: str = ""
    size: tuple[float, float] | None = None
    """Width and height of the picture in pixels."""
    focal: float | None = None
    """Pixels."""
    description: str = ""
    """What happens, in words, or ""."""

    def __post_init__(self) -> None:
        for name, shape in (("joints", (17, 3)), ("rotations", (22, 3)), ("xy", (17, 2)), ("score", (17,))):
            part = getattr(self, name)
            if part is not None:
                check_shape("NewClip", name, part, (len(self), *shape))
        if (self.xy is None) != (self.score is None) or (self.xy is None and self.joints is None):
            raise ValueError("NewClip: wanted joints, or xy and score, or all of them")

    def __len__(self) -> int:
        first = self.xy if self.joints is None else self.joints
        return 0 if first is None else len(first)


def pack(clip: NewClip) -> dict[str, np.ndarray]:
    """The arrays of a clip as they are stored.

    Raises:
        InputError: there are no frames, a number is not finite, or a joint is too far from the root to be stored.
    """
    parts = {"joints": clip.joints, "rotations": clip.rotations, "xy": clip.xy, "score": clip.score}
    if not len(clip):
        raise InputError(f"{clip.name} has no frames")
    for name, part in parts.items():
        if part is not None and not np.isfinite(part).all():
            raise InputError(f"{clip.name}: the array {name} holds a number that is not finite")
    packed: dict[str, Any] = {}
    if clip.joints is not None:
        steps = np.round((clip.joints - clip.joints[:, :1]) / STEP)
        if np.abs(steps).max() > _LIMIT:
            raise InputError(f"{clip.name}: a joint is {np.abs(steps).max() * STEP:.1f} m from the root; check `unit`")
        packed |= {"pos": steps, "root": clip.joints[:, 0]}
    if clip.rotations is not None:
        packed["rot"] = np.round(clip.rotations / ROTATION_STEP)
    if clip.xy is not None and clip.score is not None:
        seen = clip.score > 0
        level = np.clip(np.round(clip.score / SCORE_STEP), 1, 255)
        packed |= {"xy": clip.xy * seen[..., None], "score": np.where(seen, level, 0)}
    return {name: part.astype(ARRAYS[name][0]) for name, part in packed.items()}


class _NpyAppender:
    """Appends rows to an .npy file whose final length is not known."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, (self._dtype, self._row), self.rows = file, ARRAYS[name], 0
        self._header()

    def append(self, rows: np.ndarray) -> None:
        self._file.write(rows.tobytes())
        self.rows += len(rows)

    def finish(self) -> None:
        self._file.seek(0)
        self._header()

    def _header(self) -> None:
        # Numpy pads the header, so it keeps its length when the number of rows grows.
        shape = (self.rows, *self._row)
        record = {"descr": self._dtype, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._file, record)


class PackedWriter:
    """A context manager that appends clips to a new folder; without clips, or after an error, no folder is made."""

    def __init__(self, folder: Path, overwrite: bool) -> None:
        """Begin a folder.

        Raises:
            OutputError: the folder exists and may not be replaced, or cannot be written.
        """
        _check_free(folder, overwrite)
        self.folder, self.clips, self.frames = folder, 0, 0
        self._overwrite = overwrite
        self.lost_rotations = False
        """Whether some clips had rotations and others had not."""
        self._arrays: dict[str, _NpyAppender] = {}
        self._names: set[str] = set()
        self._pending, self._opened = PendingFolder(folder, INDEX, _is_array), ExitStack()
        try:
            self._pending.create()
            check_writable(self._pending.path / INDEX)
            index = (self._pending.path / INDEX).open("w", encoding="utf-8", errors="backslashreplace", newline="")
            self._index = csv.writer(self._opened.enter_context(index), lineterminator="\n")
            self._index.writerow((*COLUMNS, *EXTRA))
        except BaseException as error:
            self._discard()
            if isinstance(error, OSError):
                raise output_error(folder, error) from None
            raise

    def append(self, clip: NewClip) -> None:
        """Add a clip; after an `InputError` the folder is as it was before.

        If one of two clips has no rotations, those of the other are left out.

        Raises:
            InputError: as `pack`; or the clip has other arrays than those before, or the same name as one of them.
            OutputError: the folder cannot be written, for example because the disk is full.
        """
        parts = pack(clip)
        if clip.name in self._names:
            raise InputError(f"there are two clips {clip.name!r}; give each file a name of its own")
        try:
            if not self.clips:
                self._arrays = {name: self._open(name) for name in parts}
            if set(parts) - {"rot"} != set(self._arrays) - {"rot"}:
                raise InputError(f"{clip.name} holds {', '.join(parts)}, the clips before {', '.join(self._arrays)}")
            if ("rot" in parts) != ("rot" in self._arrays):
                parts.pop("rot", None)
                self._arrays.pop("rot", None)
                self.lost_rotations = True
            for name, part in parts.items():
                self._arrays[name].append(part)
            self._index.writerow(_row(clip, self.frames))
        except OSError as error:
            raise output_error(self.folder, error) from None
        self._names.add(clip.name)
        self.clips, self.frames = self.clips + 1, self.frames + len(clip)

    def _path(self, name: str) -> Path:
        return self._pending.path / f"{self.folder.absolute().name}_{name}.npy"

    def _open(self, name: str) -> _NpyAppender:
        return _NpyAppender(self._opened.enter_context(self._path(name).open("wb")), name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and self.clips:
                self._finish()
        except OSError as refused:
            raise output_error(self.folder, refused) from None
        finally:
            self._discard()

    def _finish(self) -> None:
        for array in self._arrays.values():
            array.finish()
        self._opened.close()
        if self.lost_rotations:
            self._path("rot").unlink(missing_ok=True)
        _check_free(self.folder, self._overwrite)  # another program may have written to it meanwhile
        self._pending.commit()

    def _discard(self) -> None:
        """Remove what is not committed."""
        # Closing writes what is still in a buffer, which fails where writing failed; the files go away anyway.
        with suppress(OSError):
            self._opened.close()
        self._pending.discard()


def _row(clip: NewClip, offset: int) -> tuple[Any, ...]:
    width, height = clip.size or ("", "")
    known = (clip.name, clip.subject, clip.split, offset, len(clip), FRAME_RATE)
    return (*known, clip.label, clip.scene, clip.person, width, height, clip.focal or "", clip.description)


def _check_free(folder: Path, overwrite: bool) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise OutputError(f"{folder} is a file; choose a folder for the output")
    inside = sorted(path for path in folder.iterdir() if not is_temporary(path))
    if inside and not overwrite:
        raise OutputError(f"{folder} exists already; pass `overwrite=True` to replace it, or choose another folder")
    foreign = [path for path in inside if not (_is_index(path) or _is_array(path))]
    if foreign:
        raise OutputError(f"{folder} holds {foreign[0].name}, which is no packed motion; choose another folder")


def _is_array(path: Path) -> bool:
    """Whether a file of a packed folder is one of its arrays, by its name and the type and shape of its rows."""
    name = path.stem.rpartition("_")[2]
    if path.suffix != ".npy" or name not in ARRAYS or path.is_symlink():
        return False
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError, OverflowError):
        return False
    dtype, row = ARRAYS[name]
    return isinstance(array, np.ndarray) and array.dtype == np.dtype(dtype) and array.shape[1:] == row


def _is_index(path: Path) -> bool:
    if path.name != INDEX or not path.is_file():
        return False
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        return tuple(file.readline(1000).rstrip("\n").split(","))[: len(COLUMNS)] == COLUMNS
