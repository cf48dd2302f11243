"""Reads BVH files: a rig of any program and one motion of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from vidmotion.data.importers.importer import ImportFile, ImportOptions, check_frames, check_numbers
from vidmotion.data.importers.rig import RigMotion, euler_to_matrix
from vidmotion.data.importers.rig_clip import rig_clip
from vidmotion.data.packed_writer import NewClip
from vidmotion.errors import InputError
from vidmotion.types import Floats


@dataclass
class _Hierarchy:
    """The joints of a file, collected while it is read."""

    names: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    offsets: list[list[float]] = field(default_factory=list)
    channels: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class BvhMotion:
    """The content of a file."""

    rig: RigMotion
    stated_frames: str
    """Number of frames in the header, as written; programs write one more or less than there are."""
    frame_time: str
    """Seconds in the header, as written."""

    def rate(self) -> float:
        """Frames per second.

        Raises:
            InputError: the frame time is not a positive number.
        """
        try:
            return 1 / _numbers(self.frame_time).item()
        except (ValueError, ZeroDivisionError):
            raise InputError(f"its Frame Time is {self.frame_time[:40]!r}, which gives no rate; pass `fps`") from None


def read_bvh(file: ImportFile, options: ImportOptions) -> Iterator[NewClip]:
    """The one clip of a file.

    Raises:
        InputError: the file is damaged, or its rig lacks joints or does not stand upright.
    """
    try:
        motion = parse_bvh(file.path.read_text(encoding="utf-8-sig", errors="replace"))
    except (ValueError, IndexError) as error:
        raise InputError(f"is not a BVH file, or is damaged ({error})") from None
    frames = len(motion.rig.translations)
    if motion.stated_frames != str(frames):
        file.note(f"its header says {motion.stated_frames[:40]} frames, but there are {frames}; all are taken")
    rate = options.fps or motion.rate()
    yield rig_clip(file, motion.rig, rate, options)


def parse_bvh(text: str) -> BvhMotion:
    """The motion of a file.

    Raises:
        ValueError, IndexError: the text is not a BVH file, or is damaged.
        InputError: there are too many frames.
    """
    parts = re.split(r"^\s*MOTION\s*$", text, maxsplit=1, flags=re.MULTILINE | re.IGNORECASE)
    if len(parts) < 2:
        raise ValueError("no MOTION")
    joints = _hierarchy(parts[0])
    header = re.match(r"\s*Frames\s*:\s*(\S+)\s+Frame\s*Time\s*:\s*(\S+)", parts[1], re.IGNORECASE)
    if header is None:
        raise ValueError("wanted Frames: and Frame Time: after MOTION")
    values, width = _numbers(parts[1][header.end() :]), sum(map(len, joints.channels))
    if not width or not values.size or values.size % width:
        raise ValueError(f"wanted {width} numbers in each frame, received {values.size} numbers")
    check_frames(values.size // width)
    check_numbers(values)
    check_numbers(np.array(joints.offsets))
    translations, rotations = _channels(joints, values.reshape(-1, width))
    rig = RigMotion(tuple(joints.names), tuple(joints.parents), np.array(joints.offsets), translations, rotations)
    return BvhMotion(rig, header[1], header[2])


def _numbers(text: str) -> Floats:
    """The numbers of a text. Commas are decimal points, or, beside points, stand between the numbers."""
    return np.array(text.replace(",", " " if "." in text else ".").split(), dtype=float)


def _hierarchy(text: str) -> _Hierarchy:
    joints, at_end = _Hierarchy(), False
    opened: list[int] = []
    for line in text.replace("{", "\n{\n").replace("}", "\n}\n").splitlines():
        word, _, rest = line.strip().partition(" ")
        if not word or word.upper() == "HIERARCHY":
            continue
        match word.upper():
            case "ROOT" | "JOINT":
                joints.names.append(rest.strip())
                joints.parents.append(opened[-1] if opened else -1)
                joints.channels.append([])
            case "END":
                at_end = True
            case "{":
                opened.append(-1 if at_end else len(joints.names) - 1)
            case "}":
                opened.pop()
                at_end = False
            case "OFFSET" if not at_end:
                joints.offsets.append(_numbers(rest).tolist())
            case "CHANNELS":
                joints.channels[-1] = rest.split()[1:]
            case "OFFSET":
                pass
            case _:
                raise ValueError(f"unknown word {word!r}")
    if opened or len(joints.offsets) != len(joints.names) or any(len(place) != 3 for place in joints.offsets):
        raise ValueError("the hierarchy is not complete")
    if joints.parents.count(-1) != 1:
        raise ValueError(f"wanted one ROOT, received {joints.parents.count(-1)}")
    return joints


def _channels(joints: _Hierarchy, values: Floats) -> tuple[Floats, Floats]:
    """Moves (T, J, 3) and rotations (T, J, 3, 3); a position channel stands for the offset."""
    translations = np.tile(np.array(joints.offsets), (len(values), 1, 1))
    rotations = np.empty((*translations.shape, 3))
    column = 0
    for joint, channels in enumerate(joints.channels):
        mine = values[:, column : column + len(channels)]
        column += len(channels)
        turning = [index for index, name in enumerate(channels) if name.lower().endswith("rotation")]
        for index, name in enumerate(channels):
            if index not in turning:
                translations[:, joint, "XYZ".index(name[0].upper())] = mine[:, index]
        order = "".join(channels[index][0].upper() for index in turning)
        rotations[:, joint] = euler_to_matrix(order, np.radians(mine[:, turning]))
    return translations, rotations
