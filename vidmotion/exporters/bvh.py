"""BVH for animation programs: one person, centimetres, Y up, facing +Z in the rest pose.

Constant offsets from the clip's median bone lengths; root channels X, Y, Z position, then Z, Y, X rotation
as everywhere else; angles run on past 180 degrees instead of flipping. Frame 1 is the person's first frame;
the frame rate is the video's, and what the video has unevenly in time is brought onto that grid.
Knows nothing about paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import BinaryIO

import numpy as np

from vidmotion.errors import InputError
from vidmotion.exporters.pose import NODES, Rig, bone_lengths, rig
from vidmotion.exporters.timing import even
from vidmotion.rotations import euler_zyx
from vidmotion.skeletons import H36M17
from vidmotion.types import Floats, Person, Scene

CENTIMETRES = 100.0
ROTATIONS = "Zrotation Yrotation Xrotation"


def write_bvh(scene: Scene, file: BinaryIO) -> None:
    """Write the motion of the one person in `scene`.

    Raises:
        InputError: not one person, no motion, another skeleton than h36m17, or a number that is not finite.
    """
    if len(scene.people) != 1:
        raise InputError(f"BVH holds one person; {scene.source} has {len(scene.people)}")
    person = scene.people[0]
    joints = _checked(person)
    fps = float(scene.fps)
    grid = even(joints, person.track.frames, person.track.times, fps)
    moving = rig(grid, bone_lengths(joints), fps)
    file.write("\n".join(_hierarchy(moving, 0, "")).encode())
    file.write(f"\nMOTION\nFrames: {len(grid)}\nFrame Time: {float(1 / Fraction(scene.fps)):.10f}\n".encode())
    for line in _lines(moving):
        file.write(line.encode())


def _checked(person: Person) -> Floats:
    """(T, 17, 3) joints in float64."""
    if person.motion is None:
        raise InputError(f"person {person.id} has no 3D motion yet; run `vidmotion lift` first")
    if person.motion.skeleton != H36M17.name:
        raise InputError(f"BVH needs a motion of skeleton {H36M17.name}, received {person.motion.skeleton!r}")
    if not len(person.motion):
        raise InputError(f"person {person.id} has no frames")
    if not (np.isfinite(person.motion.joints).all() and np.isfinite(person.track.times).all()):
        raise InputError(f"the motion of person {person.id} holds a number that is not finite")
    return person.motion.joints.astype(np.float64)


def _hierarchy(moving: Rig, index: int, indent: str) -> Iterator[str]:
    node = NODES[index]
    if node.parent < 0:
        yield "HIERARCHY"
    yield f"{indent}{'ROOT' if node.parent < 0 else 'JOINT'} {node.name}"
    yield f"{indent}{{"
    yield f"{indent}\tOFFSET {_centimetres(moving.offsets[index])}"
    position = "6 Xposition Yposition Zposition" if node.parent < 0 else "3"
    yield f"{indent}\tCHANNELS {position} {ROTATIONS}"
    for child, other in enumerate(NODES):
        if other.parent == index:
            yield from _hierarchy(moving, child, f"{indent}\t")
    if index in moving.tips:
        yield f"{indent}\tEnd Site"
        yield f"{indent}\t{{"
        yield f"{indent}\t\tOFFSET {_centimetres(moving.tips[index])}"
        yield f"{indent}\t}}"
    yield f"{indent}}}"


def _centimetres(offset: Floats) -> str:
    # Adding 0 makes -0.0 a plain 0.0.
    return " ".join(f"{value:.6f}" for value in offset * CENTIMETRES + 0.0)


def _lines(moving: Rig) -> Iterator[str]:
    """One line a frame; the nodes stand in NODES in the order in which the hierarchy lists them."""
    angles = euler_zyx(moving.rotations).reshape(len(moving.root), -1)
    pattern = " ".join(["%.4f"] * 3 + ["%.5f"] * angles.shape[1]) + "\n"
    for root, turned in zip(moving.root * CENTIMETRES, angles, strict=True):
        yield pattern % (*root, *turned)
