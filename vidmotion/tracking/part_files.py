"""What is found in single parts of a video, as files of a folder: each of them is complete, or not there.

With a part's file, another process need not read that part again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import numpy as np

from vidmotion.detectors.base import Detection
from vidmotion.io.atomic import atomic_file, write_text
from vidmotion.io.npz import read_npz_arrays
from vidmotion.io.pickles import DAMAGED
from vidmotion.io.scene.formats import export, load
from vidmotion.io.targets import make_folder, remove_folder
from vidmotion.tracking.corners import CameraStep
from vidmotion.tracking.hands import HandRows, ReadHands
from vidmotion.tracking.parts import Part
from vidmotion.tracking.person_finder import FoundPeople
from vidmotion.types import Scene

Arrays = dict[str, np.ndarray]
SecondReading = ReadHands | CameraStep
"""What is read of a video when its people are known."""
_BASIS = "basis.json"
_WHOLE = "read-in-one-go"
_HANDS = [one.name for one in fields(HandRows)]


class PartFiles:
    """The files of one video. They count for one basis only, and are removed when it is another one."""

    def __init__(self, folder: Path, basis: Mapping[str, object]) -> None:
        """Open a folder, which is made if it is missing.

        Args:
            basis: what the files depend on; values that JSON can hold, or their `str`.

        Raises:
            OutputError: the folder cannot be written to.
        """
        self._folder = folder
        wanted = json.dumps(basis, sort_keys=True, default=str)
        if _text(folder / _BASIS) != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            make_folder(folder)
            write_text(folder / _BASIS, wanted)

    @property
    def tracks(self) -> Path:
        """The file of the people of the whole video, without what the second reading gives."""
        return self._folder / "tracks.npz"

    @property
    def is_whole(self) -> bool:
        """Whether it was found that the video has to be read in one go."""
        return (self._folder / _WHOLE).exists()

    def mark_as_whole(self) -> None:
        """Note that the video has to be read in one go."""
        write_text(self._folder / _WHOLE, "")

    def read_tracks(self) -> Scene:
        """The people that `write_tracks` wrote.

        Raises:
            InputError: they cannot be read.
        """
        return load(self.tracks)

    def write_tracks(self, scene: Scene) -> None:
        """Write the people of the whole video."""
        export(scene, self.tracks)

    def has_found(self, part: Part) -> bool:
        """Whether the people of a part were found."""
        return self._found(part).is_file()

    def read_found(self, part: Part) -> list[FoundPeople] | None:
        """The people of a part in each frame; None if there is no readable file."""
        arrays = _read(self._found(part))
        return None if arrays is None else _to_found(arrays)

    def write_found(self, part: Part, found: Iterable[FoundPeople]) -> None:
        """Write the people of a part."""
        _write(self._found(part), _from_found(list(found)))

    def has_second(self, part: Part) -> bool:
        """Whether a part was read again."""
        return self._second(part).is_file()

    def read_second(self, part: Part) -> list[SecondReading] | None:
        """What the second reading of a part gave; None if there is no readable file."""
        arrays = _read(self._second(part))
        return None if arrays is None else [*_to_hands(arrays), *_to_steps(arrays)]

    def write_second(self, part: Part, read: Iterable[SecondReading]) -> None:
        """Write what the second reading of a part gave."""
        both = list(read)
        hands = [one for one in both if isinstance(one, ReadHands)]
        _write(
            self._second(part), _from_hands(hands) | _from_steps([one for one in both if isinstance(one, CameraStep)])
        )

    def remove(self) -> None:
        """Remove the folder, and the one above it if nothing else is in it."""
        remove_folder(self._folder)

    def _found(self, part: Part) -> Path:
        return self._folder / f"people-{part.number:05d}.npz"

    def _second(self, part: Part) -> Path:
        return self._folder / f"second-{part.number:05d}.npz"


def _text(path: Path) -> str:
    with suppress(OSError, UnicodeDecodeError):
        return path.read_text(encoding="utf-8")
    return ""


def _read(path: Path) -> Arrays | None:
    try:
        with path.open("rb") as file:
            return read_npz_arrays(file)
    except (OSError, *DAMAGED):
        return None


def _write(path: Path, arrays: Arrays) -> None:
    with atomic_file(path) as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def _from_found(found: Sequence[FoundPeople]) -> Arrays:
    people = [person for one in found for person in one.people or ()]
    return {
        "index": np.array([one.index for one in found], int),
        "time": np.array([one.time for one in found], float),
        "count": np.array([-1 if one.people is None else len(one.people) for one in found], int),
        "is_cut": np.array([one.is_cut for one in found], bool),
        "withdrawn": np.array([-1 if one.withdrawn is None else one.withdrawn for one in found], int),
        "xy": _stacked([person.xy for person in people]),
        "score": _stacked([person.score for person in people]),
        "box": _stacked([person.box for person in people]),
        "appearance": _stacked([person.appearance for person in people if person.appearance is not None]),
    }


def _to_found(arrays: Arrays) -> list[FoundPeople]:
    columns = (arrays[name] for name in ("xy", "score", "box", "appearance"))
    people = iter([Detection(*values) for values in zip(*columns, strict=True)])
    names = ("index", "time", "count", "is_cut", "withdrawn")
    rows = zip(*(arrays[name].tolist() for name in names), strict=True)
    return [
        FoundPeople(
            index,
            time,
            None if count < 0 else [next(people) for _ in range(count)],
            is_cut,
            None if withdrawn < 0 else withdrawn,
        )
        for index, time, count, is_cut, withdrawn in rows
    ]


def _from_hands(hands: Sequence[ReadHands]) -> Arrays:
    parts = [one.rows.arrays() for one in hands] or [HandRows.empty(0).arrays()]
    return {
        "person": np.array([one.person for one in hands], int),
        "first": np.array([one.first for one in hands], int),
        "rows": np.array([len(one.rows) for one in hands], int),
        **{name: np.concatenate(arrays) for name, arrays in zip(_HANDS, zip(*parts, strict=True), strict=True)},
    }


def _to_hands(arrays: Arrays) -> list[ReadHands]:
    rows = HandRows(*(arrays[name] for name in _HANDS))
    ends = arrays["rows"].cumsum().tolist()
    begins = [0, *ends[:-1]]
    told = zip(arrays["person"].tolist(), arrays["first"].tolist(), begins, ends, strict=False)
    return [ReadHands(person, first, rows.part(slice(begin, end))) for person, first, begin, end in told]


def _from_steps(steps: Sequence[CameraStep]) -> Arrays:
    return {
        "step": np.array([one.index for one in steps], int),
        "turn": _stacked([one.turn for one in steps]),
        "log_zoom": np.array([one.log_zoom for one in steps], float),
        "is_known": np.array([one.is_known for one in steps], bool),
        "after_key": np.array([one.after_key for one in steps], bool),
        "is_key": np.array([one.is_key for one in steps], bool),
    }


def _to_steps(arrays: Arrays) -> list[CameraStep]:
    columns = (arrays[name].tolist() for name in ("log_zoom", "is_known", "after_key", "is_key"))
    return [CameraStep(*row) for row in zip(arrays["step"].tolist(), arrays["turn"], *columns, strict=True)]


def _stacked(values: Sequence[np.ndarray]) -> np.ndarray:
    return np.stack(values) if values else np.zeros(0)
