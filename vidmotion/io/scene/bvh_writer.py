"""BVH for animation programs: one person, centimetres, Y up, facing +Z in the rest pose.

The rig is the person's body in its own shape, with SMPL's 22 body joints; its rotations are those of the body. The
root has the channels X, Y, Z position and Z, Y, X rotation, every other joint the three rotations. Angles continue past
180 degrees instead of flipping. Frame 1 is the person's first frame. The frame rate is the video's; frames at uneven
times are resampled at that rate. Does not depend on paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO

from vidmotion.body.model import BODY_JOINTS, SMPL_PARENTS, BodyModel
from vidmotion.geometry.rotations import axis_angle_to_matrix, matrix_to_euler_zyx
from vidmotion.io.scene.armature import BODY_JOINT_NAMES, bone_ends, require_body
from vidmotion.io.scene.even_frames import even_grid
from vidmotion.io.scene.requirements import only_person
from vidmotion.types import Floats, Scene

CENTIMETRES = 100.0
ROTATIONS = "Zrotation Yrotation Xrotation"


@dataclass(frozen=True, eq=False)
class _Rig:
    """The bones of a body at rest."""

    offsets: Floats
    """(22, 3) metres from the parent joint; 0 for the root."""
    ends: dict[int, Floats]
    """(3,) metres from each last joint to the end of its bone."""


def write_bvh(scene: Scene, file: BinaryIO, model: BodyModel) -> None:
    """Write the motion of the one person in `scene`.

    Raises:
        InputError: not one person, no motion, no body, a body of another model, or a number that is not finite.
    """
    person = only_person(scene, "BVH")
    body = require_body(person, model)
    rest = model.shape(body.betas)
    grid = even_grid(person.track.frames, person.track.times, float(scene.fps))
    root = rest.joints[0] + grid.interpolate(body.translation)
    order = [joint for joint, _ in _walk(0)]
    angles = matrix_to_euler_zyx(grid.interpolate_rotations(axis_angle_to_matrix(body.pose[:, order])))
    offsets = rest.joints[:BODY_JOINTS] - rest.joints[[max(parent, 0) for parent in SMPL_PARENTS[:BODY_JOINTS]]]
    file.write("\n".join(_hierarchy(_Rig(offsets, bone_ends(model, rest)))).encode())
    file.write(f"\nMOTION\nFrames: {len(root)}\nFrame Time: {float(1 / Fraction(scene.fps)):.10f}\n".encode())
    file.writelines(line.encode() for line in _lines(root, angles))


def _walk(joint: int, depth: int = 0) -> Iterator[tuple[int, int]]:
    """The body joints in the order in which the hierarchy lists them, with their depths."""
    yield joint, depth
    for child, parent in enumerate(SMPL_PARENTS[:BODY_JOINTS]):
        if parent == joint:
            yield from _walk(child, depth + 1)


def _hierarchy(rig: _Rig) -> Iterator[str]:
    yield "HIERARCHY"
    open_braces = 0
    for joint, depth in _walk(0):
        yield from _closing(open_braces, depth)
        indent, open_braces = "\t" * depth, depth + 1
        yield f"{indent}{'JOINT' if depth else 'ROOT'} {BODY_JOINT_NAMES[joint]}"
        yield f"{indent}{{"
        yield f"{indent}\tOFFSET {_centimetres(rig.offsets[joint])}"
        yield f"{indent}\tCHANNELS {'3' if depth else '6 Xposition Yposition Zposition'} {ROTATIONS}"
        if joint in rig.ends:
            yield f"{indent}\tEnd Site"
            yield f"{indent}\t{{"
            yield f"{indent}\t\tOFFSET {_centimetres(rig.ends[joint])}"
            yield f"{indent}\t}}"
    yield from _closing(open_braces, 0)


def _closing(open_braces: int, depth: int) -> Iterator[str]:
    """The braces that end the joints deeper than `depth` and the one at it."""
    for level in range(open_braces - 1, depth - 1, -1):
        yield "\t" * level + "}"


def _centimetres(offset: Floats) -> str:
    # Adding 0 makes -0.0 a plain 0.0.
    return " ".join(f"{value:.6f}" for value in offset * CENTIMETRES + 0.0)


def _lines(root: Floats, angles: Floats) -> Iterator[str]:
    """One line for each of N frames, from (N, 3) metres and (N, 22, 3) degrees."""
    flat = angles.reshape(len(root), -1)
    pattern = " ".join(["%.4f"] * 3 + ["%.5f"] * flat.shape[1]) + "\n"
    for position, rotations in zip(root * CENTIMETRES, flat, strict=True):
        yield pattern % (*position, *rotations)
