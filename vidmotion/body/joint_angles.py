"""Joint angles in the terms of biomechanics, from the rotations of a body.

All angles count from the anatomical position: limbs straight, arms at the sides with the palms forward, feet at right
angles to the shins. A body whose rest pose bends its limbs is corrected for that. Axes of a segment, as ISB has them:
X forward, Y up, Z to the right; left limbs are mirrored, so that both sides have the same signs.

Sources: Wu et al. 2002, "ISB recommendation on definitions of joint coordinate system ..., part I: ankle, hip, and
spine"; Wu et al. 2005, "part II: shoulder, elbow, wrist and hand"; Baker 2001, "Pelvic angles: a mathematically
rigorous definition ...", for the order of the pelvis' angles; Rajagopal et al. 2016, "Full-body musculoskeletal model
...", for OpenSim's coordinates. Numpy only.
"""

from __future__ import annotations

import numpy as np

from vidmotion.body.kinematics import forward_kinematics
from vidmotion.body.model import BODY_JOINTS, SMPL_JOINTS, SMPL_PARENTS
from vidmotion.body.rest_pose import turns_to_t_pose
from vidmotion.geometry.rotations import axis_angle_to_matrix
from vidmotion.types import Bools, Floats

SIDES = ("right", "left")
_TO_BODY = np.array([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
"""Rotates ISB's axes (forward, up, right) into those of a body at rest (left, up, forward)."""
_MIRROR = np.diag([1.0, 1.0, -1.0])
_SINGULAR = 1e-6
"""Radians from 90 degrees of abduction within which flexion and rotation are one and the same."""
_CHANGE = np.pi
"""Radians; by how much the sum of another triple must be smaller to be taken instead of that of the frame before."""
_PELVIS, _THORAX, _HEAD = (SMPL_JOINTS.index(name) for name in ("pelvis", "spine3", "head"))
_ANGLES_OF_A_SIDE = (
    "hip_flexion", "hip_abduction", "hip_rotation", "knee_flexion", "ankle_dorsiflexion", "shoulder_flexion",
    "shoulder_abduction", "shoulder_rotation", "shoulder_elevation", "shoulder_elevation_plane", "elbow_flexion",
)  # fmt: skip
ANGLES = (
    *(f"{part}_{angle}" for part, angles in (
        ("pelvis", ("tilt", "list", "rotation")),
        ("trunk", ("flexion", "bending", "rotation")),
        ("neck", ("flexion", "bending", "rotation")),
    ) for angle in angles),
    *(f"{side}_{angle}" for side in SIDES for angle in _ANGLES_OF_A_SIDE),
)  # fmt: skip
"""Names of all angles, in the order in which files have them."""


def joint_angles(rotations: Floats, rest: Floats) -> dict[str, Floats]:
    """Degrees (T,) of each angle of `ANGLES`, in their order.

    Positive are: tilt, flexion, bending and list to the front or to the right side; rotation of pelvis, trunk and neck
    to the left; flexion and abduction of limbs; their rotation inwards; elevation of an arm away from the trunk. The
    plane of elevation is 0 to the side, 90 to the front. The pelvis counts from a person who stands upright and faces
    +Z; its rotation goes on beyond 180 degrees. All others lie within -180 and 180.

    Args:
        rotations: (T, 22 or more, 3, 3) of each SMPL joint in the frame of its parent; the first in the world.
        rest: (22 or more, 3) joints of the body at rest.
    """
    segments = _anatomical_rotations(rotations, rest)
    heading, lean, tilt = _yxz(segments[:, _PELVIS])
    trunk = _relative(segments, _PELVIS, _THORAX)
    neck = _relative(segments, _THORAX, _HEAD)
    radians = {"pelvis_tilt": -tilt, "pelvis_list": lean, "pelvis_rotation": np.unwrap(heading)}
    for part, rotation in (("trunk", trunk), ("neck", neck)):
        extension, bending, turn = _zxy(rotation)
        radians |= {f"{part}_flexion": -extension, f"{part}_bending": bending, f"{part}_rotation": turn}
    for side in SIDES:
        radians |= {f"{side}_{name}": angle for name, angle in _side(segments, side).items()}
    return {name: np.degrees(radians[name]) for name in ANGLES}


def opensim_coordinates(rotations: Floats, rest: Floats) -> dict[str, Floats]:
    """Degrees (T,) of the coordinates of OpenSim's usual gait models, as far as a body has them.

    `pelvis_tilt`, `pelvis_list` and `pelvis_rotation` rotate such a model's pelvis, whose X axis points forward, into
    the world of the motion. Knees bend with positive angles, as in Rajagopal's models. Arguments as in `joint_angles`.
    """
    angles = joint_angles(rotations, rest)
    tilt, lean, heading = _zxy(rotations[:, _PELVIS] @ _TO_BODY)
    found = {"pelvis_tilt": np.degrees(tilt), "pelvis_list": np.degrees(lean)}
    found["pelvis_rotation"] = np.degrees(np.unwrap(heading))
    for side in SIDES:
        found |= {f"{name}_{side[0]}": sign * angles[f"{side}_{angle}"] for name, (sign, angle) in _LIMBS.items()}
    return found | {name: sign * angles[angle] for name, (sign, angle) in _AXIAL.items()}


_LIMBS = {
    "hip_flexion": (1, "hip_flexion"),
    "hip_adduction": (-1, "hip_abduction"),
    "hip_rotation": (1, "hip_rotation"),
    "knee_angle": (1, "knee_flexion"),
    "ankle_angle": (1, "ankle_dorsiflexion"),
    "arm_flex": (1, "shoulder_flexion"),
    "arm_add": (-1, "shoulder_abduction"),
    "arm_rot": (1, "shoulder_rotation"),
    "elbow_flex": (1, "elbow_flexion"),
}
"""OpenSim's coordinate of a side, without the side: our angle and its sign."""
_AXIAL = {
    "lumbar_extension": (-1, "trunk_flexion"),
    "lumbar_bending": (1, "trunk_bending"),
    "lumbar_rotation": (1, "trunk_rotation"),
    "L5_S1_Flex_Ext": (-1, "trunk_flexion"),
    "L5_S1_Lat_Bending": (1, "trunk_bending"),
    "L5_S1_axial_rotation": (1, "trunk_rotation"),
    "neck_flexion": (-1, "neck_flexion"),
    "neck_bending": (1, "neck_bending"),
    "neck_rotation": (1, "neck_rotation"),
}
"""The same along the spine: the trunk by the names of Rajagopal's and of Pose2Sim's models."""


def _anatomical_rotations(rotations: Floats, rest: Floats) -> Floats:
    """(T, 22, 3, 3) world rotations of the segments from the anatomical position, in ISB's axes."""
    count = len(rotations)
    world, _ = forward_kinematics(
        rotations[:, :BODY_JOINTS], rest[:BODY_JOINTS], SMPL_PARENTS[:BODY_JOINTS], np.zeros((count, 3))
    )
    from_anatomical = turns_to_t_pose(rest[:BODY_JOINTS]).swapaxes(-1, -2)
    for side, quarter in (("left", np.pi / 2), ("right", -np.pi / 2)):
        raised = axis_angle_to_matrix(np.array([0.0, 0.0, quarter]))
        for joint in (SMPL_JOINTS.index(f"{side}_shoulder"), SMPL_JOINTS.index(f"{side}_elbow")):
            from_anatomical[joint] = from_anatomical[joint] @ raised
    return _TO_BODY.T @ world @ from_anatomical @ _TO_BODY


def _side(segments: Floats, side: str) -> dict[str, Floats]:
    """Radians of the angles of one side."""
    joint = {part: SMPL_JOINTS.index(f"{side}_{part}") for part in ("hip", "knee", "ankle", "shoulder", "elbow")}

    def between(upper: int, lower: int) -> Floats:
        rotation = _relative(segments, upper, lower)
        return rotation if side == "right" else _MIRROR @ rotation @ _MIRROR

    hip, shoulder = between(_PELVIS, joint["hip"]), between(_THORAX, joint["shoulder"])
    hip_flexion, hip_adduction, hip_rotation = _zxy(hip)
    arm_flexion, arm_adduction, arm_rotation = _zxy(shoulder)
    elevation, plane = _elevation(shoulder)
    return {
        "hip_flexion": hip_flexion,
        "hip_abduction": -hip_adduction,
        "hip_rotation": hip_rotation,
        "knee_flexion": -_zxy(between(joint["hip"], joint["knee"]))[0],
        "ankle_dorsiflexion": _zxy(between(joint["knee"], joint["ankle"]))[0],
        "shoulder_flexion": arm_flexion,
        "shoulder_abduction": -arm_adduction,
        "shoulder_rotation": arm_rotation,
        "shoulder_elevation": elevation,
        "shoulder_elevation_plane": plane,
        "elbow_flexion": _zxy(between(joint["shoulder"], joint["elbow"]))[0],
    }


def _relative(segments: Floats, upper: int, lower: int) -> Floats:
    """(T, 3, 3) rotation of one segment in the axes of another."""
    return segments[:, upper].swapaxes(-1, -2) @ segments[:, lower]


def _zxy(rotation: Floats) -> tuple[Floats, Floats, Floats]:
    """Radians (T,) about Z, X and Y, of rotation (T, 3, 3) = Rz @ Rx @ Ry: ISB's order for hips, knees and the spine.

    Of the two triples that describe a rotation, the one with the smaller sum is taken first, so that an arm that is
    raised to the side beyond 90 degrees stays in abduction. It is kept until the other one's sum is smaller by
    `_CHANGE`, so that an arm that is raised in another plane does not jump. Where only one of Z and Y is determined, Y
    is 0.
    """
    sine = np.clip(rotation[:, 2, 1], -1, 1)
    x = np.arctan2(sine, np.hypot(rotation[:, 2, 0], rotation[:, 2, 2]))
    z = np.arctan2(-rotation[:, 0, 1], rotation[:, 1, 1])
    y = np.arctan2(-rotation[:, 2, 0], rotation[:, 2, 2])
    singular = np.pi / 2 - np.abs(x) < _SINGULAR
    z = np.where(singular, np.arctan2(rotation[:, 1, 0], rotation[:, 0, 0]), z)
    y = np.where(singular, 0, y)
    one = np.stack([z, x, y])
    other = np.stack([_opposite(z), np.copysign(np.pi, x) - x, _opposite(y)])
    excess = np.abs(one).sum(0) - np.abs(other).sum(0)
    best = np.where(_kept(excess, _CHANGE), other, one)
    return best[0], best[1], best[2]


def _kept(excess: Floats, margin: float) -> Bools:
    """(T,) states that begin with whether `excess` is above 0, and change where it is beyond the margin."""
    state = np.where(excess > margin, 1, np.where(excess < -margin, -1, 0))
    state[:1] = np.where(excess[:1] > _SINGULAR, 1, -1)
    last = np.maximum.accumulate(np.where(state != 0, np.arange(len(state)), 0))
    return np.asarray(state[last] > 0)


def _opposite(angle: Floats) -> Floats:
    """Radians of the opposite direction, within -pi and pi."""
    return angle - np.copysign(np.pi, angle)


def _yxz(rotation: Floats) -> tuple[Floats, Floats, Floats]:
    """Radians (T,) about Y, X and Z, of rotation (T, 3, 3) = Ry @ Rx @ Rz: the heading first."""
    y = np.arctan2(rotation[:, 0, 2], rotation[:, 2, 2])
    x = np.arctan2(-rotation[:, 1, 2], np.hypot(rotation[:, 0, 2], rotation[:, 2, 2]))
    return y, x, np.arctan2(rotation[:, 1, 0], rotation[:, 1, 1])


def _elevation(shoulder: Floats) -> tuple[Floats, Floats]:
    """Radians (T,) between an upper arm and the trunk's down, and of the plane in which it is raised."""
    arm = -shoulder[:, :, 1]
    elevation = np.arctan2(np.hypot(arm[:, 0], arm[:, 2]), -arm[:, 1])
    return elevation, np.arctan2(arm[:, 0], arm[:, 2])
