"""BVH for animation programs: one person, centimetres, Y up, facing +Z in the rest pose.

The rig is the person's body in its own shape, with SMPL's 22 body joints and, if hands were looked for, 30 finger
joints; its rotations are those of the body. The root has the channels X, Y, Z position and Y, X, Z rotation, so that Y
is the heading and a turn changes no other angle. Every other joint has Z, Y, X rotation. Angles continue past 180
degrees instead of flipping. The first row is the first frame of the video, also if the person comes later: its first
pose is held until then, its last one until the end, and poses are held across gaps (see `even_frames`). Does not depend
on paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from vidmotion.body.load import with_finger_joints
from vidmotion.body.model import BODY_JOINTS, SMPL_PARENTS, BodyModel
from vidmotion.choices import BoneNames
from vidmotion.geometry.rotations import axis_angle_to_matrix, matrix_to_euler_zyx
from vidmotion.io.scene.armature import body_joint_names, bone_ends
from vidmotion.io.scene.even_frames import even_grid
from vidmotion.io.scene.finger_bones import finger_bones
from vidmotion.io.scene.requirements import require_body
from vidmotion.types import BodyMotion, Floats, Person, Scene

CENTIMETRES = 100.0
ROOT_CHANNELS = "6 Xposition Yposition Zposition Yrotation Xrotation Zrotation"
CHANNELS = "3 Zrotation Yrotation Xrotation"
_Y_FIRST = [2, 0, 1]
"""Z, X, Y in the places of X, Y, Z: the Z, Y, X angles of a rotation with its axes so renamed are Y, X, Z."""


@dataclass(frozen=True, eq=False)
class _Rig:
    """The bones of a body at rest."""

    names: tuple[str, ...]
    """Of the J joints."""
    parents: tuple[int, ...]
    places: Floats
    """(J, 3) metres."""
    ends: dict[int, Floats]
    """(3,) metres from each last joint to the end of its bone."""
    pose: Floats
    """(T, J, 3) radians, axis times angle, of each joint in its parent's frame."""

    def walk(self, joint: int = 0, depth: int = 0) -> Iterator[tuple[int, int]]:
        """The joints in the order in which the hierarchy lists them, with their depths."""
        yield joint, depth
        for child, parent in enumerate(self.parents):
            if parent == joint:
                yield from self.walk(child, depth + 1)


def write_bvh(
    scene: Scene, file: BinaryIO, person: Person, *, model: BodyModel, bones: BoneNames = BoneNames.humanik
) -> None:
    """Write the motion of one person of `scene`.

    Raises:
        InputError: no motion, no body, a body of another model, a number that is not finite, or too many rows.
    """
    body = require_body(person, model)
    rig = _rig(model, body, bones)
    grid, rate = even_grid(scene, person.track)
    file.write("\n".join(_hierarchy(rig)).encode())
    file.write(f"\nMOTION\nFrames: {len(grid)}\nFrame Time: {float(1 / rate):.10f}\n".encode())
    rotations = axis_angle_to_matrix(rig.pose[:, [joint for joint, _ in rig.walk()]])
    rotations[:, 0] = rotations[:, 0, _Y_FIRST][:, :, _Y_FIRST]
    before = None
    for _, part in grid.parts():
        angles = matrix_to_euler_zyx(part.interpolate_rotations(rotations), before)
        before = angles[-1]
        file.writelines(line.encode() for line in _lines(rig.places[0] + part.interpolate(body.translation), angles))


def _rig(model: BodyModel, body: BodyMotion, bones: BoneNames) -> _Rig:
    model = with_finger_joints(model)
    rest = model.shape(body.betas)
    names, parents, places = body_joint_names(bones), SMPL_PARENTS[:BODY_JOINTS], rest.joints[:BODY_JOINTS]
    ends, pose = bone_ends(model, rest), body.pose[:, :BODY_JOINTS]
    if body.fingers is None:
        return _Rig(names, parents, places, ends, pose)
    fingers = finger_bones(model, rest, body, bones, BODY_JOINTS)
    return _Rig(
        (*names, *fingers.names),
        (*parents, *fingers.parents),
        np.concatenate([places, fingers.places]),
        {joint: end for joint, end in ends.items() if joint not in fingers.parents} | fingers.ends,
        np.concatenate([pose, fingers.pose], 1),
    )


def _hierarchy(rig: _Rig) -> Iterator[str]:
    yield "HIERARCHY"
    open_braces = 0
    for joint, depth in rig.walk():
        yield from _closing(open_braces, depth)
        indent, open_braces = "\t" * depth, depth + 1
        yield f"{indent}{'JOINT' if depth else 'ROOT'} {rig.names[joint]}"
        yield f"{indent}{{"
        offset = rig.places[joint] - rig.places[max(rig.parents[joint], 0)]
        yield f"{indent}\tOFFSET {_centimetres(offset)}"
        yield f"{indent}\tCHANNELS {CHANNELS if depth else ROOT_CHANNELS}"
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
    """One line for each of N frames, from (N, 3) metres and (N, J, 3) degrees."""
    flat = angles.reshape(len(root), -1)
    pattern = " ".join(["%.4f"] * 3 + ["%.5f"] * flat.shape[1]) + "\n"
    for position, rotations in zip(root * CENTIMETRES, flat, strict=True):
        yield pattern % (*position, *rotations)
