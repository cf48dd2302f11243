"""Reads BVH files for the tests; it shares no code with the writer. Rotations by scipy."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation


@dataclass
class Clip:
    names: list[str]
    parents: list[int]
    offsets: np.ndarray
    """(N, 3) as in the file; end sites are named after their joint, with a star."""
    channels: list[list[str]]
    values: np.ndarray
    """(T, channels)."""
    frame_time: float

    def positions(self) -> dict[str, np.ndarray]:
        """(T, 3) of every joint and end site, in the file's units."""
        places, turns, column = [], [], 0
        for parent, offset, channels in zip(self.parents, self.offsets, self.channels, strict=True):
            mine = self.values[:, column : column + len(channels)]
            column += len(channels)
            moved = np.tile(offset, (len(mine), 1))
            turn = Rotation.identity(len(mine))
            for name, value in zip(channels, mine.T, strict=True):
                if name.endswith("position"):
                    moved[:, "XYZ".index(name[0])] = value
                else:
                    turn = turn * Rotation.from_euler(name[0], value[:, None], degrees=True)
            if parent < 0:
                places.append(moved)
                turns.append(turn)
            else:
                places.append(places[parent] + turns[parent].apply(moved))
                turns.append(turns[parent] * turn)
        return dict(zip(self.names, places, strict=True))

    def column(self, joint: str, channel: str) -> np.ndarray:
        """(T,) values of one channel."""
        before = sum(len(channels) for channels in self.channels[: self.names.index(joint)])
        return self.values[:, before + self.channels[self.names.index(joint)].index(channel)]


def read_bvh(text: str) -> Clip:
    words = iter(text.split())
    names: list[str] = []
    parents: list[int] = []
    offsets: list[list[float]] = []
    channels: list[list[str]] = []
    open_joints: list[int] = []
    for word in words:
        if word in ("ROOT", "JOINT", "End"):
            name = next(words)
            names.append(f"{names[open_joints[-1]]}*" if word == "End" else name)
            parents.append(open_joints[-1] if open_joints else -1)
            channels.append([])
        elif word == "{":
            open_joints.append(len(names) - 1)
        elif word == "}":
            open_joints.pop()
        elif word == "OFFSET":
            offsets.append([float(next(words)) for _ in range(3)])
        elif word == "CHANNELS":
            channels[-1] = [next(words) for _ in range(int(next(words)))]
        elif word == "MOTION":
            break
    assert next(words) == "Frames:"
    count = int(next(words))
    assert (next(words), next(words)) == ("Frame", "Time:")
    frame_time = float(next(words))
    values = np.array([float(word) for word in words]).reshape(count, sum(len(own) for own in channels))
    return Clip(names, parents, np.array(offsets), channels, values, frame_time)
