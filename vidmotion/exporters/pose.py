"""A 17-joint motion as a rig of rigid bones: rest pose, offsets, and rotations that aim every bone.

The rest pose is a T-pose that faces +Z with Y up: legs along -Y, arms along +-X. Positions alone leave the
twist of a bone open. Hips and chest take theirs from the hip and shoulder lines; thighs, upper arms and the
neck from the plane in which the knee, elbow or head bends, so that a mesh on the rig does not wring.

Knows nothing about files or Euler angles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vidmotion.rotations import about, directions, shortest, twist_angle
from vidmotion.skeletons import H36M17
from vidmotion.types import Floats

X, Y, Z = np.eye(3)
ROOT, THORAX, NECK, HEAD = (H36M17.joints.index(name) for name in ("root", "thorax", "neck", "head"))
SPINE = H36M17.joints.index("spine")


@dataclass(frozen=True)
class Node:
    """A joint of the rig."""

    name: str
    parent: int
    joint: int
    """The joint of h36m17 where it sits."""


# Names that animation programs map to a character by themselves. Spine sits on the hips, because joint 0
# lies on the hip line and both turn there.
NODES = (
    Node("Hips", -1, 0),
    Node("Spine", 0, 0), Node("Spine1", 1, 7), Node("Neck", 2, 8), Node("Head", 3, 9),
    Node("LeftShoulder", 2, 8), Node("LeftArm", 5, 11), Node("LeftForeArm", 6, 12), Node("LeftHand", 7, 13),
    Node("RightShoulder", 2, 8), Node("RightArm", 9, 14), Node("RightForeArm", 10, 15),
    Node("RightHand", 11, 16),
    Node("LeftUpLeg", 0, 4), Node("LeftLeg", 13, 5), Node("LeftFoot", 14, 6),
    Node("RightUpLeg", 0, 1), Node("RightLeg", 16, 2), Node("RightFoot", 17, 3),
)  # fmt: skip

# "neck" is the point at the nose's height: a person who looks ahead has it before the thorax and below
# the top of the head. Medians over the training motions; upright, neck and head then have no rotation.
_NECK_REST = np.array([0, 0.80, 0.60])
_HEAD_REST = np.array([0, 0.96, -0.28])

REST = np.stack([
    Y, -X, -Y, -Y, X, -Y, -Y, Y, Y, _NECK_REST, _HEAD_REST, X, X, X, -X, -X, -X,
])  # fmt: skip
"""(17, 3) direction of the bone that ends in each joint, in the rest pose."""

# No joint ends a hand or a foot: lengths as shares of forearm and shin, after Winter's body segments.
_HAND = 0.4
_FOOT = np.array([0, -0.16, 0.45])

PRIOR = 0.02
"""Weight of the shortest turn against a clear bend, where a limb stays straight for long."""
REACH = 0.3
"""Seconds over which a clear bend lends its twist to straight frames."""
MOST_TAPS = 1000
"""Bound on the length of the filter that does so, whatever the frame rate claims."""


@dataclass(frozen=True, eq=False)
class Rig:
    """N nodes over T frames."""

    offsets: Floats
    """(N, 3) metres from the parent node in the rest pose."""
    tips: dict[int, Floats]
    """(3,) metres: where the bone of a node without children ends."""
    root: Floats
    """(T, 3) metres."""
    rotations: Floats
    """(T, N, 3, 3) relative to the parent node."""


def bone_lengths(joints: Floats) -> Floats:
    """(17,) median length over time of the bone that ends in each joint, metres; 0 for the root."""
    return np.median(H36M17.bone_lengths(joints), axis=0)


def rig(joints: Floats, lengths: Floats, fps: float) -> Rig:
    """The rig that moves as `joints` (T, 17, 3) do, with bones of `lengths` (17,).

    Where the bones of `joints` have these lengths and joint 0 is the middle of the hips, the positions are
    exact; elsewhere the directions are.
    """
    world = _world_rotations(joints, fps)
    parents = [node.parent for node in NODES]
    local = world.copy()
    local[:, 1:] = world[:, parents[1:]].swapaxes(2, 3) @ world[:, 1:]
    rest = REST * lengths[:, None]
    offsets = np.array([
        np.zeros(3) if node.parent < 0 or NODES[node.parent].joint == node.joint else rest[node.joint]
        for node in NODES
    ])  # fmt: skip
    return Rig(offsets, _tips(rest, lengths), joints[:, ROOT], local)


def _tips(rest: Floats, lengths: Floats) -> dict[int, Floats]:
    index = {node.name: i for i, node in enumerate(NODES)}
    tips = {index["Head"]: rest[HEAD]}
    for side in ("Left", "Right"):
        hand, foot = index[f"{side}Hand"], index[f"{side}Foot"]
        tips[hand] = rest[NODES[hand].joint] * _HAND
        tips[foot] = lengths[NODES[foot].joint] * _FOOT
    return tips


def _bones(joints: Floats) -> Floats:
    """(T, 17, 3) from each joint's parent to the joint; 0 for the root."""
    return joints - joints[:, [max(parent, 0) for parent in H36M17.parents]]


def _world_rotations(joints: Floats, fps: float) -> Floats:
    bones = _bones(joints)
    bone = np.stack([directions(bones[:, j], REST[j]) for j in range(len(H36M17))], 1)  # (T, 17, 3)
    joint = {name: i for i, name in enumerate(H36M17.joints)}
    hip_line = directions(joints[:, joint["left_hip"]] - joints[:, joint["right_hip"]], X)
    shoulder_line = directions(joints[:, joint["left_shoulder"]] - joints[:, joint["right_shoulder"]], X)
    still = np.tile(np.eye(3), (len(joints), 1, 1))

    hips = _framed(still, X, hip_line, Y, bone[:, SPINE])
    spine = _framed(hips, Y, bone[:, SPINE], X, hip_line + shoulder_line)
    chest = _framed(hips, Y, bone[:, THORAX], X, shoulder_line)
    neck = _hinged(chest, (NECK, HEAD), bone, fps, -X)
    out = {"Hips": hips, "Spine": spine, "Spine1": chest, "Neck": neck}
    out["Head"] = _aimed(neck, REST[HEAD], bone[:, HEAD])
    for side, elbow_axis in (("left", -Y), ("right", Y)):
        title = side.title()
        shoulder, elbow, wrist, knee, ankle = (
            joint[f"{side}_{part}"] for part in ("shoulder", "elbow", "wrist", "knee", "ankle")
        )
        clavicle = _aimed(chest, REST[shoulder], bone[:, shoulder])
        arm = _hinged(clavicle, (elbow, wrist), bone, fps, elbow_axis)
        thigh = _hinged(hips, (knee, ankle), bone, fps, X)
        forearm, shin = _aimed(arm, REST[wrist], bone[:, wrist]), _aimed(thigh, REST[ankle], bone[:, ankle])
        out |= {f"{title}Shoulder": clavicle, f"{title}Arm": arm, f"{title}ForeArm": forearm}
        out |= {f"{title}Hand": forearm, f"{title}UpLeg": thigh, f"{title}Leg": shin, f"{title}Foot": shin}
    return np.stack([out[node.name] for node in NODES], 1)


def _aimed(parent: Floats, rest: Floats, goal: Floats) -> Floats:
    """`parent` (T, 3, 3), turned the shortest way so that its `rest` (3,) points along `goal` (T, 3)."""
    return shortest(parent @ rest, goal) @ parent


def _framed(parent: Floats, rest: Floats, goal: Floats, side: Floats, toward: Floats) -> Floats:
    """`parent` turned so that `rest` points along `goal` and `side` as far as possible along `toward`."""
    aimed = _aimed(parent, rest, goal)
    return about(goal, twist_angle(goal, aimed @ side, toward)) @ aimed


def _hinged(parent: Floats, joints: tuple[int, int], bone: Floats, fps: float, hinge: Floats) -> Floats:
    """The upper bone of a limb, aimed, and twisted so that the lower one bends about `hinge`.

    Args:
        parent: (T, 3, 3) world rotation of what the limb hangs on.
        joints: the joints in which the upper and the lower bone end.
        bone: (T, 17, 3) unit directions.
        hinge: (3,) axis of the bend in the rest pose.
    """
    rest, upper, lower = REST[joints[0]], bone[:, joints[0]], bone[:, joints[1]]
    swung = _aimed(parent, rest, upper)
    bend = np.cross(upper, lower)
    clear = _clearness(upper, lower)
    wanted = twist_angle(upper, swung @ hinge, bend)
    # Shortest turns from the rest pose spin quickly near the opposite direction. Smoothing therefore runs
    # in a frame carried along the path of the bone, as seen from the parent.
    path = np.einsum("tji,tj->ti", parent, upper)
    carried = _carried(rest, path, hinge)
    prior = PRIOR * (1 + path @ rest) / 2
    pull = clear * np.exp(1j * (wanted - carried)) + prior * np.exp(-1j * carried)
    calm = np.angle(_spread(pull, fps)) + carried
    angle = np.angle(clear * np.exp(1j * wanted) + (1 - clear) * np.exp(1j * calm))
    return about(upper, angle) @ swung


def _clearness(upper: Floats, lower: Floats) -> Floats:
    """(T,) 0 where a limb is straight within 10 degrees, 1 where it is bent by 25 or more."""
    sine = np.linalg.norm(np.cross(upper, lower), axis=1)
    bend = np.degrees(np.arctan2(sine, (upper * lower).sum(1)))
    share = np.clip((bend - 10) / 15, 0, 1)
    return share * share * (3 - 2 * share)


def _carried(rest: Floats, path: Floats, side: Floats) -> Floats:
    """(T,) twist against the shortest turn from `rest` (3,) of a frame carried along `path` (T, 3)."""
    swing = shortest(np.tile(rest, (len(path), 1)), path) @ side
    brought = np.einsum("tij,tj->ti", shortest(path[:-1], path[1:]), swing[:-1])
    return np.concatenate([[0.0], np.cumsum(twist_angle(path[1:], swing[1:], brought))])


def _spread(values: Floats, fps: float) -> Floats:
    """Each of (T,) complex values as the sum of its neighbours in time, fading over REACH seconds."""
    half = min(int(np.ceil(6 * REACH * fps)), len(values) - 1, MOST_TAPS)
    kernel = np.exp(-np.abs(np.arange(-half, half + 1)) / (REACH * fps))
    return np.convolve(values, kernel)[half : half + len(values)]
