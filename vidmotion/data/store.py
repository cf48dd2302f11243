"""Stores of labelled footage: detections beside exact labels, in flat arrays that are mapped into memory. No pickle.

    store.json              the settings that all clips share (`StoreSettings`)
    clips.jsonl             a line for each clip, in the order of the rows: its recipe
                            (`vidmotion.data.synthetic.recipe`); readers need its number, frames,
                            size, actors and camera.focal
    detections/xy.bin       int16 (N, K, 2)   the detector's own points, steps of 1/16 pixel
    detections/score.bin    uint8 (N, K)      score times 255; 0: missing
    detections/state.bin    uint8 (N,)        0 not detected, 1 detected, 2 filled in by the tracker
    detections/visible.bin  uint8 (N,)        share of the body within the picture that nothing hides, times 255
    truth/joints.bin        int16 (N, 17, 3)  joint minus root in camera axes, steps of 0.1 mm
    truth/root.bin          float32 (N, 3)    root (joint 0) in camera axes, metres
    truth/pose.bin          int16 (N, 24, 3)  SMPL's local rotations, axis-angle, steps of 1e-4 rad; the first in the
                                              world
    truth/translation.bin   float32 (N, 3)    SMPL's `transl` in the world, metres
    truth/camera.bin        float32 (M, 3, 4) world to camera: rotation and, last, translation in metres

All numbers are little-endian. N counts people in frames: for each clip the frames of its first person, then those of
the next. M counts frames. Camera axes: x right, y down, z forward; world: Y up, the floor at y = 0. The exact 2D is not
stored: pixel = focal * (x, y) / z + size / 2.

A clip is part of the store when its line in clips.jsonl is complete: its arrays are written first. Numbers beyond the
last complete line are cut off the next time the store is written to. `detections/`, `store.json` and `clips.jsonl`
contain nothing of the motion capture; `truth/` follows from the recipes, the motion capture and the body.

Needs numpy only. Does not depend on detectors, bodies or pictures.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np

from vidmotion.errors import InputError, OutputError
from vidmotion.geometry.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from vidmotion.io.atomic import append, open_for_appending, output_error, write_text
from vidmotion.io.json_text import parse_json
from vidmotion.types import Bools, Camera, Floats, Ints

FORMAT = "vidmotion footage 1"
XY_STEP = 1 / 16
"""Pixels per unit of the stored points; a hundredth of a detector's error."""
LENGTH_STEP, ROTATION_STEP = 1e-4, 1e-4
"""Metres and radians per unit of the stored joints and rotations."""
NOBODY, SEEN, FILLED = 0, 1, 2
"""Values of `state`: the person is not detected, detected, or filled in by the tracker."""
_LIMIT = 32767

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class StoreSettings:
    """What all clips of a store have in common; footage with other settings needs another folder."""

    seed: int
    split: str
    frames: int
    """In each clip."""
    rate: int
    """Frames per second."""
    detector: str
    """Name of the detector."""
    skeleton: str
    """Name of the skeleton of the detector's points."""
    points: int
    """Number of the detector's points."""
    body: str
    """Name of the body model."""
    capture: str
    """Name of the motion capture."""
    pictures: int
    """Number of pictures that were available as backgrounds."""


def detection_arrays(points: int) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Type and shape of a row of each file in `detections/`."""
    return {"xy": ("<i2", (points, 2)), "score": ("|u1", (points,)), "state": ("|u1", ()), "visible": ("|u1", ())}


TRUTH_ARRAYS = {
    "joints": ("<i2", (17, 3)),
    "root": ("<f4", (3,)),
    "pose": ("<i2", (24, 3)),
    "translation": ("<f4", (3,)),
    "camera": ("<f4", (3, 4)),
}
"""Type and shape of a row of each file in `truth/`."""


def pack_detections(xy: Floats, score: Floats, state: Ints, visible: Floats) -> dict[str, np.ndarray]:
    """The detections of one clip as they are stored, (P * T, ...).

    Args:
        xy: (P, T, K, 2) pixels.
        score: (P, T, K) in 0..1.
        state: (P, T).
        visible: (P, T) in 0..1.
    """
    level = np.where(score > 0, np.clip(np.round(score * 255), 1, 255), 0)
    return {
        "xy": _flat(np.clip(np.round(xy / XY_STEP), -_LIMIT, _LIMIT), "<i2"),
        "score": _flat(level, "|u1"),
        "state": _flat(state, "|u1"),
        "visible": _flat(np.round(visible * 255), "|u1"),
    }


def pack_truth(
    joints: Floats, pose: Floats, translation: Floats, rotation: Floats, camera_translation: Floats
) -> dict[str, np.ndarray]:
    """The labels of one clip as they are stored.

    Args:
        joints: (P, T, 17, 3) metres in camera axes.
        pose: (P, T, 24, 3) radians.
        translation: (P, T, 3) metres.
        rotation: (T, 3, 3) world to camera.
        camera_translation: (T, 3) metres.
    """
    root = joints[:, :, :1]
    return {
        "joints": _flat(np.round((joints - root) / LENGTH_STEP), "<i2"),
        "root": _flat(root[:, :, 0], "<f4"),
        "pose": _flat(np.round(pose / ROTATION_STEP), "<i2"),
        "translation": _flat(translation, "<f4"),
        "camera": np.concatenate([rotation, camera_translation[..., None]], -1).astype("<f4"),
    }


def _flat(values: np.ndarray, dtype: str) -> np.ndarray:
    return values.reshape(-1, *values.shape[2:]).astype(dtype)


@dataclass(frozen=True, eq=False)
class StoredClip:
    """A clip of a store: its recipe, and where its rows are in the arrays."""

    recipe: Mapping[str, Any]
    """As `vidmotion.data.synthetic.recipe.ClipRecipe.to_json` returned it."""
    row: int
    """First row of the arrays with a row for each person in each frame."""
    frame: int
    """First row of the arrays with a row for each frame."""

    @property
    def number(self) -> int:
        """Number of the clip; with the seed it determines the recipe."""
        return int(self.recipe["number"])

    @property
    def frames(self) -> int:
        """Number of frames."""
        return int(self.recipe["frames"])

    @property
    def people(self) -> int:
        """Number of people."""
        return len(self.recipe["actors"])

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        width, height = self.recipe["size"]
        return int(width), int(height)

    @property
    def focal(self) -> float:
        """Pixels."""
        return float(self.recipe["camera"]["focal"])

    @property
    def camera(self) -> Camera:
        """The camera that filmed the clip; its own axes are the world of the stored joints."""
        return Camera.at_origin(self.focal, self.size)

    def rows(self, person: int) -> slice:
        """The rows of one person in the arrays."""
        start = self.row + person * self.frames
        return slice(start, start + self.frames)


@dataclass(frozen=True, eq=False)
class StoredPerson:
    """One person of a clip over T frames: detections and labels in pixels, metres and radians."""

    xy: Floats
    """(T, K, 2) pixels, detected points."""
    score: Floats
    """(T, K) in 0..1."""
    observed: Bools
    """(T,) whether the person was detected; False where a gap was filled in."""
    joints: Floats
    """(T, 17, 3) metres in camera axes."""
    exact: Floats
    """(T, 17, 2) pixels, the exact joints in the picture."""
    pose: Floats
    """(T, 24, 3) radians, axis-angle, of SMPL's joints in their parents' frames; the pelvis in camera axes."""


@dataclass(frozen=True, eq=False)
class Store:
    """An open store; its arrays are memory-mapped and contain the numbers as stored."""

    folder: Path
    settings: StoreSettings
    clips: tuple[StoredClip, ...]
    detections: Arrays
    truth: Arrays
    """Empty if there is no folder `truth/`."""

    def __len__(self) -> int:
        """Number of people in frames."""
        return len(self.detections["state"])

    def person(self, clip: StoredClip, person: int) -> StoredPerson:
        """One person of a clip.

        Raises:
            InputError: the store has no labels.
        """
        if not self.truth:
            raise InputError(f"{self.folder} holds no labels (truth/); `vidmotion data unpack` makes them")
        rows = clip.rows(person)
        joints = self.truth["joints"][rows] * LENGTH_STEP + self.truth["root"][rows, None]
        return StoredPerson(
            self.detections["xy"][rows] * XY_STEP,
            self.detections["score"][rows] / 255,
            self.detections["state"][rows] == SEEN,
            joints,
            clip.camera.to_pixels(joints),
            self._pose(clip, rows),
        )

    def _pose(self, clip: StoredClip, rows: slice) -> Floats:
        pose = self.truth["pose"][rows] * ROTATION_STEP
        camera = self.truth["camera"][clip.frame : clip.frame + clip.frames, :, :3]
        pose[:, 0] = matrix_to_axis_angle(camera @ axis_angle_to_matrix(pose[:, 0]))
        return pose


def is_store(folder: Path) -> bool:
    """Whether a folder looks like a store of footage."""
    return (folder / "store.json").is_file()


def read_store(folder: Path) -> Store:
    """Open a store for reading.

    Raises:
        InputError: the folder holds no store, the store has another format, or it is damaged.
    """
    settings = read_settings(folder)
    clips = tuple(_clips(_read_index(folder / "clips.jsonl")[0], folder))
    rows = sum(clip.people * clip.frames for clip in clips)
    frames = sum(clip.frames for clip in clips)
    detections = _map(folder / "detections", detection_arrays(settings.points), rows, frames)
    has_truth = (folder / "truth").is_dir()
    return Store(
        folder, settings, clips, detections, _map(folder / "truth", TRUTH_ARRAYS, rows, frames) if has_truth else {}
    )


def read_settings(folder: Path) -> StoreSettings:
    """The settings of a store.

    Raises:
        InputError: the folder holds no store, or one of another format.
    """
    path = folder / "store.json"
    try:
        return parse_settings(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{folder} holds no footage (store.json); `vidmotion data render` makes it") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{path} is not of the format {FORMAT!r}; render or unpack the footage again") from None


def parse_settings(text: str) -> StoreSettings:
    """The settings in the text of a store.json.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: the text has another format.
    """
    record = parse_json(text)
    if record.pop("format") != FORMAT:
        raise ValueError
    return StoreSettings(**record)


def _read_index(path: Path) -> tuple[list[dict[str, Any]], int]:
    """The complete lines of an index, and their length in bytes."""
    records: list[dict[str, Any]] = []
    size = 0
    if not path.is_file():
        return records, size
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break
            try:
                records.append(parse_json(line))
            except ValueError:
                raise InputError(
                    f"{path}, line {len(records) + 1} is damaged; render or unpack the footage again"
                ) from None
            size += len(line)
    return records, size


def _clips(records: list[dict[str, Any]], folder: Path) -> Iterator[StoredClip]:
    row = frame = 0
    for line, record in enumerate(records, start=1):
        clip = StoredClip(record, row, frame)
        try:
            row, frame = row + clip.people * clip.frames, frame + clip.frames
        except (KeyError, TypeError, ValueError):
            raise InputError(
                f"{folder / 'clips.jsonl'}, line {line} is not a clip; render or unpack the footage again"
            ) from None
        yield clip


def _map(folder: Path, arrays: dict[str, tuple[str, tuple[int, ...]]], rows: int, frames: int) -> Arrays:
    mapped = {}
    for name, (dtype, shape) in arrays.items():
        count = frames if name == "camera" else rows
        path = folder / f"{name}.bin"
        wanted = count * _row_size(dtype, shape)
        if not path.is_file() or path.stat().st_size < wanted:
            raise InputError(
                f"{path} has fewer rows than clips.jsonl lists; the footage is damaged, render or unpack it again"
            )
        empty = np.zeros((0, *shape), dtype)
        mapped[name] = np.memmap(path, dtype, "r", shape=(count, *shape)) if wanted else empty
    return mapped


def _row_size(dtype: str, shape: tuple[int, ...]) -> int:
    return int(np.dtype(dtype).itemsize * np.prod(shape, dtype=int))


class StoreWriter:
    """A context manager that appends clips to a new store, or to one with the same settings.

    Only one writer can be open for a folder at a time.
    """

    def __init__(self, folder: Path, settings: StoreSettings) -> None:
        """Begin or continue a store; an incomplete clip at its end is removed.

        Raises:
            InputError: the folder holds footage with other settings, or is damaged.
            OutputError: the folder cannot be written to, or another writer is open for it.
        """
        self.folder = folder
        self._arrays = {
            **{f"detections/{name}": row for name, row in detection_arrays(settings.points).items()},
            **{f"truth/{name}": row for name, row in TRUTH_ARRAYS.items()},
        }
        with ExitStack() as opened:
            try:
                self._begin(settings)
                self._index = opened.enter_context(self._open("clips.jsonl"))  # locked before it is read
                records, size = _read_index(folder / "clips.jsonl")
                clips = list(_clips(records, folder))
                self.done = frozenset(clip.number for clip in clips)
                """Numbers of the clips that the store had before."""
                self._rows = sum(clip.people * clip.frames for clip in clips)
                self._frames = sum(clip.frames for clip in clips)
                self._files = {name: opened.enter_context(self._open(f"{name}.bin")) for name in self._arrays}
                for name, file in self._files.items():
                    _shorten(file, self._size(name), folder / f"{name}.bin")
                _shorten(self._index, size, folder / "clips.jsonl")
            except OSError as error:
                raise _refused(folder, error) from None
            self._opened = opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def append(self, recipe: Mapping[str, Any], detections: Arrays, truth: Arrays) -> None:
        """Add a clip; after an error the store is as it was before.

        Args:
            recipe: a record that JSON can hold.
            detections: what `pack_detections` returned.
            truth: what `pack_truth` returned.

        Raises:
            OutputError: the store cannot be written, for example because the disk is full.
        """
        parts = {f"detections/{name}": array for name, array in detections.items()}
        parts |= {f"truth/{name}": array for name, array in truth.items()}
        rows, frames = len(truth["root"]), len(truth["camera"])
        for name, (dtype, shape) in self._arrays.items():
            count = frames if name == "truth/camera" else rows
            if parts[name].shape != (count, *shape) or parts[name].dtype != np.dtype(dtype):
                raise ValueError(f"{name}: wanted {dtype} {(count, *shape)}, received {parts[name].shape}")
        line = json.dumps(recipe, separators=(",", ":")).encode() + b"\n"
        index_end = self._index.tell()
        try:
            for name, file in self._files.items():
                append(file, parts[name].tobytes())
            for file in self._files.values():
                os.fsync(file.fileno())
            append(self._index, line)
            os.fsync(self._index.fileno())
        except OSError as error:
            self._index.truncate(index_end)
            raise _refused(self.folder, error) from None
        self._rows, self._frames = self._rows + rows, self._frames + frames

    def _begin(self, settings: StoreSettings) -> None:
        path = self.folder / "store.json"
        wanted = {"format": FORMAT, **dataclasses.asdict(settings)}
        if path.exists():
            _check_same(read_settings(self.folder), settings, self.folder)
        else:
            self._check_free()
        for part in ("detections", "truth"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        if not path.exists():
            write_text(path, json.dumps(wanted, indent=1) + "\n")

    def _check_free(self) -> None:
        """Refuse a folder whose own files a new store would cut off or replace."""
        for name in ("clips.jsonl", *(f"{name}.bin" for name in self._arrays), "videos"):
            path = self.folder / name
            if path.is_file() or (path.is_dir() and any(path.iterdir())):
                raise OutputError(f"{self.folder} holds {name} and is no store of footage; choose another folder")

    def _size(self, name: str) -> int:
        return (self._frames if name == "truth/camera" else self._rows) * _row_size(*self._arrays[name])

    def _open(self, name: str) -> BinaryIO:
        try:
            return open_for_appending(self.folder / name)
        except BlockingIOError:
            raise OutputError(f"{self.folder}: another program writes footage to it; wait, or name another") from None


def _shorten(file: BinaryIO, size: int, path: Path) -> None:
    """Cut off what lies beyond `size` bytes, and go to the end."""
    if file.seek(0, os.SEEK_END) < size:
        raise InputError(
            f"{path} has fewer rows than clips.jsonl lists; the footage is damaged, render or unpack it again"
        )
    file.truncate(size)
    file.seek(size)


def _check_same(before: StoreSettings, now: StoreSettings, folder: Path) -> None:
    for field in dataclasses.fields(StoreSettings):
        old, new = getattr(before, field.name), getattr(now, field.name)
        if old != new:
            raise InputError(
                f"{folder} holds footage made with {field.name} {old}, not {new}; choose another folder, or the same "
                f"{field.name}"
            )


def _refused(folder: Path, error: OSError) -> OutputError:
    return output_error(folder, error, "finished clips are kept")
