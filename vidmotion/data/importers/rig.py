"""Turns the rigs of animation programs and laboratories into Human3.6M's 17 joints.

A rig at rest usually stands upright in the axes of its file, and each joint rotates with the bones that begin there.
BVH is like that, and ASF too once the bones' own axes are removed. Where a rig does not stand at rest, its motion tells
the vertical axis and how the head is fixed to its joint. Does not depend on file formats.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vidmotion.body.joints import offsets
from vidmotion.data.importers.importer import y_up
from vidmotion.data.importers.rig_joint_names import find_joints
from vidmotion.data.importers.rig_rotations import to_smpl
from vidmotion.errors import InputError
from vidmotion.geometry.rotations import axis_angle_to_matrix
from vidmotion.geometry.vectors import unit
from vidmotion.skeletons import H36M17
from vidmotion.types import Floats, Ints

UNITS = {"m": 1.0, "cm": 0.01, "mm": 0.001, "inch": 0.0254, "cmu": 0.0254 / 0.45}
"""Metres in a unit; "cmu" is the unit of the CMU laboratory's files."""
LEG, SHORTEST_LEG, LONGEST_LEG = 0.8, 0.3, 1.6
"""Metres from hip over knee to ankle: a usual length, and the limits for a person."""
# Measured on the free body, within 1 % in all its shapes.
_HEIGHT_RATIO = 1.148
"""Body height divided by the sum of the leg (ankle, knee, hip) and the trunk (center of the hips, spine, head)."""
_SPINE, _THORAX = 0.443, 0.957
"""Positions of spine and thorax, as shares of the path from the center of the hips to the neck."""
_STRAIGHT, _ALONG = 0.8, 0.8
"""Cosines: a body stands if trunk and legs point in opposite directions, and along an axis if it is so near to it."""
_AXES = {"y": np.array([0.0, 1.0, 0.0]), "z": np.array([0.0, 0.0, 1.0])}
_NEAR = 1e-3
"""Share of the leg's length; joints nearer to each other than this count as one."""


@dataclass(frozen=True, eq=False)
class RigMotion:
    """A rig of J joints over T frames, in the units and axes of its file."""

    names: tuple[str, ...]
    parents: tuple[int, ...]
    """Each before its children; -1 for the root."""
    offsets: Floats
    """(J, 3) from the parent joint to the joint, at rest."""
    translations: Floats
    """(T, J, 3) the same in each frame; the root's is its position in the world."""
    rotations: Floats
    """(T, J, 3, 3) in the parent's frame; the root's in the world."""


def euler_to_matrix(order: str, angles: Floats) -> Floats:
    """Rotations (..., 3, 3) about axes of `order` ("ZYX": Z @ Y @ X) by `angles` (..., len(order)) radians."""
    out = np.broadcast_to(np.eye(3), (*angles.shape[:-1], 3, 3))
    for axis, angle in zip(order, np.moveaxis(angles, -1, 0), strict=True):
        out = out @ axis_angle_to_matrix(angle[..., None] * np.eye(3)["XYZ".index(axis)])
    return out


@dataclass(frozen=True, eq=False)
class RigBody:
    """The motion of a rig as one of a body, Y up."""

    joints: Floats
    """(T, 17, 3) metres."""
    rotations: Floats | None
    """(T, 22, 3, 3) of SMPL's body joints in their parents' frames; None if the rig does not stand at rest."""


def to_body(rig: RigMotion, unit: str, up: str, note: Callable[[str], None]) -> RigBody:
    """The joints and rotations of a rig.

    Args:
        unit: a name of `UNITS`, or "auto", which chooses by the length of the legs.
        up: the vertical axis of the file, "y" or "z", or "auto", which chooses the axis along which the rig stands.
        note: called with a sentence about each choice.

    Raises:
        InputError: joints are missing, the legs do not have a person's length in that unit, or the rig stands along
            no axis.
    """
    found = find_joints(rig.names)
    rest = rest_positions(rig)
    scale = _scale(leg_length(rest, found), unit, note)
    world, positions = forward_kinematics(rig)
    stands = _stands(rest, found)
    if up == "auto":
        up = _vertical(_upward(rest, found) if stands else None, _upward(positions, found), note)
    if not stands:
        note(
            "its rest pose does not stand upright; how the head is turned is estimated from the motion, and rotations "
            "are left out"
        )
    spine = _spine(rig.parents, found, rest)
    out = np.empty((len(positions), len(H36M17), 3))
    for joint, name in enumerate(H36M17.joints):
        if name in found:
            out[:, joint] = positions[:, found[name]]
    out[:, 0] = (out[:, 1] + out[:, 4]) / 2
    out[:, 7], out[:, 8] = _trunk(rest, positions, spine, found)
    fixed = offsets(_height(rest, spine, found) * scale)[[9, 10]] / scale
    head = world[:, found["head"]]
    facing = _facing(rest, found) if stands else _mean_facing(head, positions, found)
    head = head @ facing
    out[:, 9:11] = positions[:, None, found["head"]] + fixed @ head.swapaxes(-1, -2)
    upright = np.eye(3) if up == "y" else y_up(np.eye(3)).T
    rotations = to_smpl(upright @ world, rig.parents, rest, spine, found, facing) if stands else None
    return RigBody(out @ upright.T * scale, rotations)


def rest_positions(rig: RigMotion) -> Floats:
    """(J, 3) positions of the joints at rest."""
    rest = np.zeros_like(rig.offsets)
    for joint, parent in enumerate(rig.parents):
        rest[joint] = rig.offsets[joint] + (rest[parent] if parent >= 0 else 0)
    return rest


def forward_kinematics(rig: RigMotion) -> tuple[Floats, Floats]:
    """World rotations (T, J, 3, 3) and positions (T, J, 3)."""
    world, positions = np.empty_like(rig.rotations), np.empty_like(rig.translations)
    for joint, parent in enumerate(rig.parents):
        rotation, offset = rig.rotations[:, joint], rig.translations[:, joint]
        world[:, joint] = rotation if parent < 0 else world[:, parent] @ rotation
        positions[:, joint] = (
            offset if parent < 0 else positions[:, parent] + (world[:, parent] @ offset[..., None])[..., 0]
        )
    return world, positions


def _path_length(positions: Floats, joints: list[int]) -> float:
    """Length of the path through some joints of positions (J, 3)."""
    return float(np.linalg.norm(np.diff(positions[joints], axis=0), axis=1).sum())


def leg_length(rest: Floats, found: dict[str, int]) -> float:
    """Length from hip over knee to ankle, the mean of both legs."""
    sides = [[found[f"{side}_{joint}"] for joint in ("hip", "knee", "ankle")] for side in ("left", "right")]
    return sum(_path_length(rest, side) for side in sides) / 2


def _scale(leg: float, unit: str, note: Callable[[str], None]) -> float:
    """Metres in a unit of the file."""
    if unit == "auto":
        unit = min(UNITS, key=lambda name: abs(np.log(max(leg, 1e-9) * UNITS[name] / LEG)))
        note(f"lengths are taken as {unit}, in which the legs are {leg * UNITS[unit]:.1f} m long (`unit`)")
    if not SHORTEST_LEG < leg * UNITS[unit] < LONGEST_LEG:
        raise InputError(f"its legs are {leg * UNITS[unit]:.3g} m long in {unit}; pass another `unit`")
    return UNITS[unit]


def midpoint(positions: Floats, found: dict[str, int], joint: str) -> Floats:
    """(..., 3) the middle between the left and the right joint."""
    point: Floats = positions[..., [found[f"left_{joint}"], found[f"right_{joint}"]], :].mean(-2)
    return point


def _stands(rest: Floats, found: dict[str, int]) -> bool:
    """Whether trunk and legs form a line, and hips lie to its sides."""
    hips = midpoint(rest, found, "hip")
    trunk, legs = unit(rest[found["neck"]] - hips), unit(midpoint(rest, found, "ankle") - hips)
    left = unit(rest[found["left_hip"]] - rest[found["right_hip"]])
    return float(trunk @ legs) < -_STRAIGHT and float(left @ left) > 0 and abs(float(left @ trunk)) < _STRAIGHT


def _upward(positions: Floats, found: dict[str, int]) -> Floats:
    """(3,) unit vector from the ankles to the neck, the mean of all frames of positions (..., J, 3)."""
    ways = unit(positions[..., found["neck"], :] - midpoint(positions, found, "ankle"))
    return unit(ways.reshape(-1, 3).mean(0))


def _vertical(at_rest: Floats | None, moving: Floats, note: Callable[[str], None]) -> str:
    """The axis along which the rig stands at rest, or, if it does not stand along Y or Z, on average.

    Args:
        at_rest: (3,) upward direction of the body at rest; None if it does not stand.
        moving: (3,) its mean direction in the motion.
    """
    rest_axis = None if at_rest is None else _axis_of(at_rest)
    axis = rest_axis or _axis_of(moving)
    if axis is None:
        raise InputError("stands along neither Y nor Z, so that its vertical axis is not known; pass `up=y` or `up=z`")
    if rest_axis is None:
        note(f"{axis.upper()} is taken as up, along which the body is on average (`up`)")
    elif _axis_of(moving) not in (axis, None):
        note(f"stands along {axis.upper()} at rest, but lies in its motion; if it should stand, pass another `up`")
    elif axis != "y":
        note(f"{axis.upper()} is taken as up, along which the rest pose stands (`up`)")
    return axis


def _axis_of(direction: Floats) -> str | None:
    return next((name for name, axis in _AXES.items() if float(axis @ direction) > _ALONG), None)


def _spine(parents: tuple[int, ...], found: dict[str, int], rest: Floats) -> list[int]:
    """Joints between the pelvis and the neck, from below, without those at the same position as another."""
    above_hip, joint = set(), found["left_hip"]
    while joint >= 0:
        above_hip.add(joint)
        joint = parents[joint]
    chain, joint = [found["neck"]], parents[found["neck"]]
    while joint >= 0 and joint not in above_hip:
        chain.append(joint)
        joint = parents[joint]
    near = _NEAR * leg_length(rest, found)
    pelvis = rest[max(joint, 0)]
    own = [chain[0]]
    for spine in chain[1:]:
        if min(np.linalg.norm(rest[spine] - other) for other in (rest[own[-1]], pelvis)) > near:
            own.append(spine)
    return own[:0:-1]


def _trunk(rest: Floats, positions: Floats, spine: list[int], found: dict[str, int]) -> tuple[Floats, Floats]:
    """Human3.6M's spine and thorax, each (T, 3).

    A spine of three joints is taken as SMPL's, for which `vidmotion.body.joints` defines both; otherwise they lie on
    the path from the hips to the neck.
    """
    neck = found["neck"]
    if len(spine) == 3:
        low, middle, high = spine
        return (positions[:, low] + positions[:, middle]) / 2, 0.85 * positions[:, neck] + 0.15 * positions[:, high]
    hips = [found["left_hip"], found["right_hip"]]
    still, moving = (
        np.concatenate([part[..., hips, :].mean(-2, keepdims=True), part[..., [*spine, neck], :]], -2)
        for part in (rest, positions)
    )
    marks = np.append(0, np.linalg.norm(np.diff(still, axis=0), axis=1).cumsum())
    return _point_along(moving, marks, _SPINE), _point_along(moving, marks, _THORAX)


def _point_along(positions: Floats, marks: Floats, share: float) -> Floats:
    """(T, 3) the point at a share of the path through positions (T, K, 3).

    Args:
        marks: (K,) length of the path up to each position.
    """
    wanted = share * marks[-1]
    after = int(np.searchsorted(marks, wanted).clip(1, len(marks) - 1))
    part = (wanted - marks[after - 1]) / max(marks[after] - marks[after - 1], 1e-12)
    return positions[:, after - 1] * (1 - part) + positions[:, after] * part


def _height(rest: Floats, spine: list[int], found: dict[str, int]) -> float:
    """Body height, estimated from legs and trunk."""
    hips: Ints = np.array([found["left_hip"], found["right_hip"]])
    trunk = np.concatenate([rest[hips].mean(0, keepdims=True), rest[[*spine, found["neck"], found["head"]]]])
    return _HEIGHT_RATIO * (leg_length(rest, found) + _path_length(trunk, list(range(len(trunk)))))


def _facing(rest: Floats, found: dict[str, int]) -> Floats:
    """(3, 3) rotation from a body that faces +Z, with Y up, to the rig at rest."""
    left = rest[found["left_hip"]] - rest[found["right_hip"]]
    up = _axis(rest[found["neck"]] - (rest[found["left_hip"]] + rest[found["right_hip"]]) / 2)
    left = _axis(left - up * (left @ up))
    return np.stack([left, up, np.cross(left, up)], 1)


def _mean_facing(head: Floats, positions: Floats, found: dict[str, int]) -> Floats:
    """(3, 3) rotation from a body that faces +Z, with Y up, to the head's axes, if heads look forward on average.

    Args:
        head: (T, 3, 3) rotations of the head in the world.
        positions: (T, J, 3) of the joints.
    """
    up = unit(positions[:, found["neck"]] - midpoint(positions, found, "hip"))
    across = positions[:, found["left_hip"]] - positions[:, found["right_hip"]]
    left = unit(across - up * (across * up).sum(-1, keepdims=True))
    bodies = np.stack([left, up, np.cross(left, up)], -1)
    first, _, last = np.linalg.svd((head.swapaxes(-1, -2) @ bodies).mean(0))
    facing: Floats = first @ np.diag([1, 1, np.linalg.det(first @ last)]) @ last
    return facing


def _axis(vector: Floats) -> Floats:
    """The direction of a vector, or the nearest axis of the file if it is close: spines lean a little at rest."""
    vector = unit(vector)
    near = np.abs(vector) > 0.9
    return np.where(near, np.sign(vector), 0) if near.any() else vector
