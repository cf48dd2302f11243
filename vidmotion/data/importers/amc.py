"""Acclaim's ASF (rig) and AMC (motion), as the CMU laboratory gives them. Knows nothing about people.

An AMC needs the ASF of its subject beside it: SUBJECT.asf, or the only one in the folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from vidmotion.data.importers.bvh import subject_of
from vidmotion.data.importers.importer import ImportFile, ImportOptions, at_rate
from vidmotion.data.importers.rig import RigMotion, euler_to_matrix, h36m_joints
from vidmotion.data.packed_writer import NewClip
from vidmotion.errors import InputError
from vidmotion.types import Floats

RATE = 120.0
"""Frames per second of the CMU laboratory; the files do not tell."""

Parsed = TypeVar("Parsed")


@dataclass(frozen=True, eq=False)
class _Bone:
    name: str
    step: Floats
    """(3,) from its beginning to its end at rest."""
    axes: Floats
    """(3, 3) the axes about which it turns, in the world at rest."""
    order: str
    """"ZYX" where X comes first."""
    channels: tuple[str, ...]
    """rx, ry, rz, tx ... in the order of the AMC."""


@dataclass(frozen=True, eq=False)
class Asf:
    """A rig: the root, then bones, each after its parent."""

    bones: tuple[_Bone, ...]
    parents: tuple[int, ...]
    radians: float
    """In a unit of angles."""
    inches: float
    """In a unit of length."""


def read_amc(file: ImportFile, options: ImportOptions) -> Iterator[NewClip]:
    """The one clip of an AMC file.

    Raises:
        InputError: there is no ASF for it, one of the two is damaged, or the rig lacks joints.
    """
    asf_path = _asf_of(file.path)
    asf = _parsed(asf_path, parse_asf)
    rig = _parsed(file.path, lambda text: parse_amc(text, asf))
    if options.unit == "auto":
        joints = h36m_joints(_in_inches(rig, asf.inches), "inch", options.up)
    else:
        joints = h36m_joints(rig, options.unit, options.up)
    subject = subject_of(file)
    yield NewClip(file.name, subject, options.split_of(subject), at_rate(joints, options.fps or RATE))


def _asf_of(amc: Path) -> Path:
    near = sorted(path for path in amc.parent.iterdir() if path.suffix.lower() == ".asf")
    own = [path for path in near if path.stem in (amc.stem, amc.stem.partition("_")[0])]
    if own:
        return own[0]
    if len(near) != 1:
        raise InputError(f"needs its rig beside it: {amc.stem.partition('_')[0]}.asf; found {len(near)} .asf files")
    return near[0]


def _parsed(path: Path, parse: Callable[[str], Parsed]) -> Parsed:
    try:
        return parse(path.read_text(encoding="utf-8", errors="replace"))
    except (ValueError, IndexError, KeyError) as error:
        raise InputError(f"{path.name} is no Acclaim file, or is damaged ({error})") from None


def _in_inches(rig: RigMotion, inches: float) -> RigMotion:
    return RigMotion(rig.names, rig.parents, rig.offsets * inches, rig.translations * inches, rig.rotations)


def parse_asf(text: str) -> Asf:
    """The rig of an ASF file.

    Raises:
        ValueError, IndexError, KeyError: it is none, or is damaged.
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
    """The lines of words under each :keyword."""
    sections: dict[str, list[list[str]]] = {}
    now: list[list[str]] = []
    for line in text.splitlines():
        words = line.partition("#")[0].replace("(", " ").replace(")", " ").split()
        if words and words[0].startswith(":"):
            now = sections.setdefault(words[0][1:].lower(), [])
        elif words:
            now.append(words)
    return sections


def _bones(lines: list[list[str]], radians: float) -> Iterator[_Bone]:
    about: dict[str, list[str]] = {}
    for words in lines:
        if words[0] == "begin":
            about = {}
        elif words[0] == "end":
            way = np.array(about["direction"], float) * float(about["length"][0])
            *angles, order = about["axis"]
            axes = _axes(order.upper()[::-1], np.array(angles, float) * radians)
            channels = tuple(word.lower() for word in about.get("dof", ()))
            yield _Bone(about["name"][0], way, axes, order.upper()[::-1], channels)
        else:
            about[words[0]] = words[1:]


def _axes(order: str, angles: Floats) -> Floats:
    """(3, 3) of an ASF's `axis`: angles are about X, Y, Z, the last letter of `order` turns first."""
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
    """The motion of an AMC file: a joint where each bone begins, that turns with it.

    Raises:
        ValueError, IndexError, KeyError: it is damaged, or of another rig.
    """
    values = _values(text, asf)
    frames = len(values["root"])
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
        turn = euler_to_matrix(bone.order, angles[:, ["XYZ".index(letter) for letter in bone.order]])
        rotations[:, joint] = bone.axes @ turn @ bone.axes.T
    return RigMotion(tuple(bone.name for bone in asf.bones), asf.parents, offsets, translations, rotations)


def _values(text: str, asf: Asf) -> dict[str, Floats]:
    """(T, channels) of each bone that translations."""
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
        raise ValueError("a frame is not whole")
    return {name: np.array(rows) for name, rows in values.items()}
