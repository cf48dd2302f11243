"""Reads Acclaim's ASF (rig) and AMC (motion) files, as the CMU laboratory publishes them.

An AMC file needs the ASF file of its subject in the same folder: the one with whose name its own begins, the longest if
several do, or the only one there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from vidmotion.data.importers.importer import ImportFile, ImportOptions, check_frames, check_numbers
from vidmotion.data.importers.rig import RigMotion, euler_to_matrix
from vidmotion.data.importers.rig_clip import rig_clip
from vidmotion.data.packed_writer import NewClip
from vidmotion.errors import InputError
from vidmotion.io.folders import visible_files
from vidmotion.types import Floats

RATE = 120.0
"""Frames per second of the CMU laboratory; the files do not contain it."""

Parsed = TypeVar("Parsed")


@dataclass(frozen=True, eq=False)
class _Bone:
    name: str
    step: Floats
    """(3,) from the bone's beginning to its end at rest."""
    axes: Floats
    """(3, 3) the axes about which the bone rotates, in the world at rest."""
    order: str
    """Order of the rotations: "ZYX" if X comes first."""
    channels: tuple[str, ...]
    """rx, ry, rz, tx ... in the order of the AMC file."""


@dataclass(frozen=True, eq=False)
class Asf:
    """A rig: the root, then the bones, each after its parent."""

    bones: tuple[_Bone, ...]
    parents: tuple[int, ...]
    """Index of each bone's parent; -1 for the root."""
    radians: float
    """Radians in the file's unit of angles."""
    inches: float
    """Inches in the file's unit of length."""


def read_amc(file: ImportFile, options: ImportOptions) -> Iterator[NewClip]:
    """The one clip of an AMC file.

    Raises:
        InputError: there is no ASF file for it, one of the two is damaged, or the rig lacks joints.
    """
    asf_path = _asf_of(file.path)
    asf = _parsed(asf_path, parse_asf)
    rig = _parsed(file.path, lambda text: parse_amc(text, asf))
    if options.unit == "auto":
        rig, options = _in_inches(rig, asf.inches), replace(options, unit="inch")
    yield rig_clip(file, rig, options.fps or RATE, options)


def _asf_of(amc: Path) -> Path:
    near = [path for path in visible_files(amc.parent) if path.suffix.lower() == ".asf"]
    own = [path for path in near if _begins_with(amc.stem, path.stem)]
    if own:
        return max(own, key=lambda path: len(path.stem))
    if len(near) != 1:
        raise InputError(f"needs its rig beside it: {amc.stem.partition('_')[0]}.asf; found {len(near)} .asf files")
    return near[0]


def _begins_with(name: str, subject: str) -> bool:
    """Whether a name is that of the subject, or continues it with something other than a letter or digit."""
    rest = name[len(subject) :]
    return name.lower().startswith(subject.lower()) and not rest[:1].isalnum()


def _parsed(path: Path, parse: Callable[[str], Parsed]) -> Parsed:
    try:
        return parse(path.read_text(encoding="utf-8", errors="replace"))
    except (ValueError, IndexError, KeyError) as error:
        raise InputError(f"{path.name} is not an Acclaim file, or is damaged ({error})") from None


def _in_inches(rig: RigMotion, inches: float) -> RigMotion:
    return RigMotion(rig.names, rig.parents, rig.offsets * inches, rig.translations * inches, rig.rotations)


def parse_asf(text: str) -> Asf:
    """The rig of an ASF file.

    Raises:
        ValueError, IndexError, KeyError: the text is not an ASF file, or is damaged.
    """
    sections = _sections(text)
    units = {words[0]: words[1] for words in sections["units"] if len(words) == 2}
    radians = np.pi / 180 if units.get("angle", "deg").startswith("deg") else 1.0
    root = {words[0]: words[1:] for words in sections["root"]}
    placed = np.array(root["orientation"], float) * radians
    order = root["axis"][0].upper()[::-1]
    channels = tuple(word.lower() for word in root["order"])
    bones = [_Bone("root", np.zeros(3), _axes(order, placed), order, channels), *_bones(sections["bonedata"], radians)]
    parents = _parents(sections["hierarchy"], {bone.name: index for index, bone in enumerate(bones)})
    return Asf(tuple(bones), parents, radians, 1 / float(units.get("length", 1)))


def _sections(text: str) -> dict[str, list[list[str]]]:
    """The lines, split into words, under each :keyword."""
    sections: dict[str, list[list[str]]] = {}
    current: list[list[str]] = []
    for line in text.splitlines():
        words = line.partition("#")[0].replace("(", " ").replace(")", " ").split()
        if words and words[0].startswith(":"):
            current = sections.setdefault(words[0][1:].lower(), [])
        elif words:
            current.append(words)
    return sections


def _bones(lines: list[list[str]], radians: float) -> Iterator[_Bone]:
    fields: dict[str, list[str]] = {}
    for words in lines:
        if words[0] == "begin":
            fields = {}
        elif words[0] == "end":
            *angles, order = fields["axis"]
            check_numbers(np.array([*fields["direction"], *fields["length"], *angles], float))
            step = np.array(fields["direction"], float) * float(fields["length"][0])
            axes = _axes(order.upper()[::-1], np.array(angles, float) * radians)
            channels = tuple(word.lower() for word in fields.get("dof", ()))
            yield _Bone(fields["name"][0], step, axes, order.upper()[::-1], channels)
        else:
            fields[words[0]] = words[1:]


def _axes(order: str, angles: Floats) -> Floats:
    """(3, 3) of an ASF's `axis`: angles about X, Y, Z; the rotation about the last letter of `order` comes first."""
    return euler_to_matrix(order, angles[["XYZ".index(letter) for letter in order]])


def _parents(lines: list[list[str]], index: dict[str, int]) -> tuple[int, ...]:
    parents = [-1] * len(index)
    for words in lines:
        for child in words[1:] if words[0] not in ("begin", "end") else ():
            parents[index[child]] = index[words[0]]
    if parents.count(-1) != 1 or not all(parent < child for child, parent in enumerate(parents)):
        raise ValueError("wanted one tree of bones, parents first")
    return tuple(parents)


def parse_amc(text: str, asf: Asf) -> RigMotion:
    """The motion of an AMC file, with a joint where each bone begins.

    Raises:
        ValueError, IndexError, KeyError: the text is damaged, or belongs to another rig.
        InputError: there are too many frames.
    """
    values = _values(text, asf)
    frames = len(values["root"])
    check_frames(frames)
    offsets = np.stack([np.zeros(3), *(asf.bones[parent].step for parent in asf.parents[1:])])
    translations, rotations = np.tile(offsets, (frames, 1, 1)), np.empty((frames, len(asf.bones), 3, 3))
    for joint, bone in enumerate(asf.bones):
        own = values.get(bone.name, np.zeros((frames, len(bone.channels))))
        angles = np.zeros((frames, 3))
        for column, channel in enumerate(bone.channels):
            if channel in ("rx", "ry", "rz"):
                angles[:, "XYZ".index(channel[1].upper())] = own[:, column] * asf.radians
            elif channel in ("tx", "ty", "tz") and not joint:
                translations[:, 0, "XYZ".index(channel[1].upper())] = own[:, column]
        rotation = euler_to_matrix(bone.order, angles[:, ["XYZ".index(letter) for letter in bone.order]])
        rotations[:, joint] = bone.axes @ rotation @ bone.axes.T
    return RigMotion(tuple(bone.name for bone in asf.bones), asf.parents, offsets, translations, rotations)


def _values(text: str, asf: Asf) -> dict[str, Floats]:
    """(T, channels) numbers of each bone that has channels."""
    counts = {bone.name: len(bone.channels) for bone in asf.bones}
    values: dict[str, list[list[float]]] = {}
    frames = 0
    for line in text.splitlines():
        words = line.split()
        if not words or words[0][0] in "#:":
            continue
        if len(words) == 1:
            frames += 1
            continue
        numbers = [float(word) for word in words[1:]]
        if len(numbers) != counts[words[0]]:
            raise ValueError(f"{words[0]}: wanted {counts[words[0]]} numbers, received {len(numbers)}")
        values.setdefault(words[0], []).append(numbers)
    if not frames or "root" not in values or any(len(rows) != frames for rows in values.values()):
        raise ValueError("a frame is not complete")
    arrays = {name: np.array(rows) for name, rows in values.items()}
    for array in arrays.values():
        check_numbers(array)
    return arrays
