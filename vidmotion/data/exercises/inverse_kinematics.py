"""Postures to joint rotations: forward kinematics of the trunk, and inverse kinematics of legs and arms. Numpy only.

Rotations are those of SMPL's joints, which count from a T-pose with straight limbs. An arm or leg is a chain of two
bones between known ends, solved by the law of cosines; its elbow or knee points in a given direction.
"""

from __future__ import annotations

import numpy as np

from vidmotion.body.model import BODY_JOINTS, SMPL_JOINTS, SMPL_PARENTS, RestBody
from vidmotion.data.exercises.build import COLLAR, SIDES, SPINE, Build
from vidmotion.data.exercises.posture import LEFT, RIGHT, Posture, vector
from vidmotion.geometry.rotations import axis_angle_to_matrix
from vidmotion.geometry.vectors import unit
from vidmotion.types import Floats

_STRETCHED = 0.9997
"""Largest share of its length over which a limb reaches."""
_ROUNDS = 12
"""How often the hips come nearer to ankles that are too far; where one is, half of what lacks is left each time."""

Rotations = dict[str, Floats]
"""(T, 3, 3) of joints in the world, by their names."""


def solve(posture: Posture, body: RestBody, planted: bool = False) -> tuple[Floats, Floats]:
    """Rotations and roots of T postures.

    Args:
        planted: the hands are in the world, palms down, and not relative to the shoulders.

    Returns:
        (T, 22, 3, 3) of SMPL's body joints, each in its parent's frame, from a T-pose; (T, 3) metres, the middle
        between the hips.
    """
    build = Build.of(body)
    world = _trunk(posture)
    hips = _within_reach(posture, world["pelvis"], build)
    chest_at = hips + world["pelvis"] @ build.pelvis
    for below, offset in zip(("pelvis", *SPINE), build.spine, strict=False):
        chest_at = chest_at + world[below] @ offset
    for side in (LEFT, RIGHT):
        hip = hips + world["pelvis"] @ _hip_offset(side, build)
        world |= _leg(posture, side, hip, build)
        world |= _arm(posture, side, world["spine3"], chest_at, build, planted)
    rotations = np.stack([world[joint] for joint in SMPL_JOINTS[:BODY_JOINTS]], axis=1)
    parents = rotations[:, list(SMPL_PARENTS[1:BODY_JOINTS])]
    local = np.concatenate([rotations[:, :1], parents.swapaxes(-1, -2) @ rotations[:, 1:]], axis=1)
    return local, hips


def two_bones(reach: Floats, bend: Floats, first: float, second: float) -> tuple[Floats, Floats, Floats]:
    """Two bones that lead over `reach` (T, 3); the joint between them points to `bend`.

    A goal that is too far, or too near, is approached as far as the bones allow.

    Args:
        bend: (T, 3) directions; only the part at right angles to `reach` counts.
        first: length of the first bone, in the unit of `reach`; likewise `second`.

    Returns:
        (T, 3) unit directions of the first and the second bone, and of the axis around which the second one turns to
        the side that is opposite to `bend`.
    """
    far = np.linalg.norm(reach, axis=-1).clip(abs(first - second) * 1.02 + 1e-4, (first + second) * _STRETCHED)
    along = unit(reach)
    across = unit(bend - (bend * along).sum(-1, keepdims=True) * along)
    cosine = (first**2 + far**2 - second**2) / (2 * first * far)
    sine = np.sqrt(np.maximum(1 - cosine**2, 0.0))
    upper = cosine[:, None] * along + sine[:, None] * across
    return upper, unit(along * far[:, None] - upper * first), np.cross(across, along)


def _outwards(side: int) -> float:
    return 1.0 if side == LEFT else -1.0


def _hip_offset(side: int, build: Build) -> Floats:
    return vector(_outwards(side) * build.hip)


def _trunk(posture: Posture) -> Rotations:
    """Pelvis, spine, neck and head; the bend of trunk and head is shared equally by their joints."""
    below = _tilted(posture.pelvis)
    world = {"pelvis": below}
    for joints, bend in ((SPINE, posture.trunk), (("neck", "head"), posture.head)):
        for joint in joints:
            world[joint] = below = below @ axis_angle_to_matrix(bend / len(joints))
    return world


def _tilted(angles: Floats) -> Floats:
    """(T, 3, 3) of what is turned, then tilted forwards, then bent to the side by (T, 3) radians."""
    forwards, turn, side = (axis_angle_to_matrix(angles * axis) for axis in np.eye(3))
    return turn @ forwards @ side


def _within_reach(posture: Posture, pelvis: Floats, build: Build) -> Floats:
    """(T, 3) the hips, nearer to the ankles where a leg would not reach."""
    hips, farthest = posture.hips, _STRETCHED * build.leg
    for _ in range(_ROUNDS):
        legs = [posture.ankles[:, side] - (hips + pelvis @ _hip_offset(side, build)) for side in (LEFT, RIGHT)]
        lacking = [np.maximum(np.linalg.norm(leg, axis=-1, keepdims=True) - farthest, 0.0) for leg in legs]
        hips = hips + (unit(legs[LEFT]) * lacking[LEFT] + unit(legs[RIGHT]) * lacking[RIGHT]) / 2
    return hips


def _leg(posture: Posture, side: int, hip: Floats, build: Build) -> Rotations:
    """Hip, knee, ankle and foot of a leg that begins at hip (T, 3)."""
    name, goal = SIDES[side], posture.ankles[:, side] - hip
    upper, lower, hinge = two_bones(goal, posture.knees[:, side], build.thigh, build.shin)
    outwards = _outwards(side)
    foot = _tilted(posture.soles[:, side] * vector(1.0, outwards, outwards))
    thigh, shin = (np.stack([hinge, -bone, np.cross(hinge, -bone)], axis=-1) for bone in (upper, lower))
    return {f"{name}_hip": thigh, f"{name}_knee": shin, f"{name}_ankle": foot, f"{name}_foot": foot}


def _arm(posture: Posture, side: int, chest: Floats, chest_at: Floats, build: Build, planted: bool) -> Rotations:
    """Collar bone, shoulder, elbow and wrist of an arm whose chest is rotated by (T, 3, 3) at (T, 3) metres."""
    name, outwards = SIDES[side], _outwards(side)
    collar_at, hand = build.collars[side], posture.hands[:, side]
    if planted:
        hand = _in_axes(chest, hand - chest_at)  # from here on, all is in axes of the chest, and from there
        collar = _collar(hand - collar_at - build.clavicles[side], outwards)
        reach = hand - collar_at - collar @ build.clavicles[side]
    else:
        reach = _on_arc(hand, posture.reach[:, side]) * build.arm
        collar = _collar(reach, outwards)
    upper, lower, axis = two_bones(reach, posture.elbows[:, side], build.upper_arm, build.forearm)
    shoulder, elbow = (chest @ _arm_bone(outwards * bone, -outwards * axis) for bone in (upper, lower))
    return {
        f"{name}_collar": chest @ collar,
        f"{name}_shoulder": shoulder,
        f"{name}_elbow": elbow,
        f"{name}_wrist": np.broadcast_to(_flat_hand(outwards), elbow.shape) if planted else elbow,
    }


def _flat_hand(outwards: float) -> Floats:
    """(3, 3) of a hand in the world whose palm is down and whose fingers point along +Z."""
    return axis_angle_to_matrix(vector(y=-outwards * np.pi / 2))


def _arm_bone(left: Floats, up: Floats) -> Floats:
    """(T, 3, 3) rotations whose axes x and y are unit vectors (T, 3)."""
    return np.stack([left, up, np.cross(left, up)], axis=-1)


def _in_axes(rotations: Floats, vectors: Floats) -> Floats:
    """Vectors (T, 3) of the world in the axes of rotations (T, 3, 3)."""
    return np.einsum("tji,tj->ti", rotations, vectors)


def _on_arc(hand: Floats, reach: Floats) -> Floats:
    """(T, 3) hands (T, 3) that are brought to their distance (T,) from the shoulder.

    Postures are mixed along straight lines, which pass near the shoulder; so do hands that move to the opposite side.
    """
    distance = np.linalg.norm(hand, axis=-1)
    lacking = np.clip(1 - distance / reach, 0.0, 1.0)
    return unit(hand) * (reach * (1 - lacking**3))[:, None]


def _collar(reach: Floats, outwards: float) -> Floats:
    """(T, 3, 3) of a collar bone, against the chest, that rises with an arm that is raised above the shoulder."""
    raised = np.arctan2(reach[:, 1], np.hypot(reach[:, 0], reach[:, 2]) + 1e-9).clip(0)
    zero = np.zeros_like(raised)
    return axis_angle_to_matrix(np.stack([zero, zero, outwards * COLLAR * raised], axis=-1))
