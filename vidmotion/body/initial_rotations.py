"""Initial rotations for inverse kinematics: the bones of a body along those of a skeleton.

Joint positions do not determine the twist of a bone about its own axis. Hips and chest take it from the lines through
the hips and shoulders; thighs, upper arms and the neck from the plane in which the knee, elbow or head bends. It is
smooth in time, so that a mesh does not twist. Numpy only.
"""

from __future__ import annotations

import numpy as np

from vidmotion.body.model import SMPL_JOINTS
from vidmotion.geometry.rotations import directions, rotation_about_axis, shortest_rotation, twist_angle
from vidmotion.skeletons import H36M17
from vidmotion.types import Floats

X, Y, Z = np.eye(3)
THORAX, NECK, HEAD = (H36M17.joints.index(name) for name in ("thorax", "neck", "head"))
SPINE = H36M17.joints.index("spine")

MAX_HIP_TWIST = 2.0
"""Radians; largest twist of a hip."""
PRIOR_WEIGHT = 0.02
"""Weight of the shortest rotation against a clear bend, where a limb stays straight for long."""
SMOOTHING = 0.3
"""Seconds over which a clear bend determines the twist of straight frames."""
MAX_TAPS = 1000
"""Largest length of that filter, whatever the frame rate."""


def initial_rotations(joints: Floats, rest: Floats, fps: float) -> Floats:
    """World rotations (T, 24, 3, 3) of SMPL's joints; feet continue the shins, hands the forearms.

    Args:
        joints: (T, 17, 3) Human3.6M joints of consecutive frames, Y up.
        rest: (17, 3) the same joints of the body in the T-pose, facing +Z.
        fps: frames a second.
    """
    at_rest = _unit_bones(rest[None], np.tile(Y, (17, 1)))[0]
    bone = _unit_bones(joints, at_rest)  # (T, 17, 3)
    joint = {name: i for i, name in enumerate(H36M17.joints)}
    hip_line = directions(joints[:, joint["left_hip"]] - joints[:, joint["right_hip"]], X)
    shoulder_line = directions(joints[:, joint["left_shoulder"]] - joints[:, joint["right_shoulder"]], X)
    still = np.tile(np.eye(3), (len(joints), 1, 1))

    hips = _framed(still, X, hip_line, at_rest[SPINE], bone[:, SPINE])
    spine = _framed(hips, at_rest[SPINE], bone[:, SPINE], X, hip_line + shoulder_line)
    chest = _framed(hips, at_rest[THORAX], bone[:, THORAX], X, shoulder_line)
    neck = _hinged(chest, (NECK, HEAD), bone, at_rest, fps, -X, np.pi)
    out = {"pelvis": hips, "spine1": spine, "spine2": chest, "spine3": chest, "neck": neck}
    out["head"] = _aimed(neck, at_rest[HEAD], bone[:, HEAD])
    for side, elbow_axis in (("left", -Y), ("right", Y)):
        shoulder, elbow, wrist, knee, ankle = (
            joint[f"{side}_{part}"] for part in ("shoulder", "elbow", "wrist", "knee", "ankle")
        )
        collar = _aimed(chest, at_rest[shoulder], bone[:, shoulder])
        arm = _hinged(collar, (elbow, wrist), bone, at_rest, fps, elbow_axis, np.pi)
        thigh = _hinged(hips, (knee, ankle), bone, at_rest, fps, X, MAX_HIP_TWIST)
        forearm, shin = _aimed(arm, at_rest[wrist], bone[:, wrist]), _aimed(thigh, at_rest[ankle], bone[:, ankle])
        limbs = {"collar": collar, "shoulder": arm, "elbow": forearm, "wrist": forearm, "hand": forearm}
        limbs |= {"hip": thigh, "knee": shin, "ankle": shin, "foot": shin}
        out |= {f"{side}_{part}": rotations for part, rotations in limbs.items()}
    return np.stack([out[name] for name in SMPL_JOINTS], 1)


def _unit_bones(joints: Floats, rest: Floats) -> Floats:
    """(T, 17, 3) directions from the parent of each joint to the joint; `rest` (17, 3) for bones without length."""
    bones = joints - joints[:, [max(parent, 0) for parent in H36M17.parents]]
    return np.stack([directions(bones[:, j], rest[j]) for j in range(len(H36M17))], 1)


def _aimed(parent: Floats, rest: Floats, goal: Floats) -> Floats:
    """`parent` (T, 3, 3) with the shortest rotation after which `rest` (3,) points along `goal` (T, 3)."""
    return shortest_rotation(parent @ rest, goal) @ parent


def _framed(parent: Floats, rest: Floats, goal: Floats, side: Floats, toward: Floats) -> Floats:
    """`parent` rotated so that `rest` points along `goal`, and `side` as far as possible along `toward`."""
    aimed = _aimed(parent, rest, goal)
    return rotation_about_axis(goal, twist_angle(goal, aimed @ side, toward)) @ aimed


def _hinged(
    parent: Floats, joints: tuple[int, int], bone: Floats, at_rest: Floats, fps: float, hinge: Floats, limit: float
) -> Floats:
    """World rotations (T, 3, 3) of the upper bone of a limb, twisted so that the lower bone bends about `hinge`.

    Args:
        parent: (T, 3, 3) world rotation of the parent of the limb.
        joints: the joints in which the upper and the lower bone end.
        bone: (T, 17, 3) unit directions.
        at_rest: (17, 3) unit directions in the rest pose.
        hinge: (3,) axis of the bend in the rest pose.
        limit: radians; a bend that would need more twist than this goes in the wrong direction and is ignored.
    """
    rest, upper, lower = at_rest[joints[0]], bone[:, joints[0]], bone[:, joints[1]]
    aimed = _aimed(parent, rest, upper)
    bend = np.cross(upper, lower)
    wanted = twist_angle(upper, aimed @ hinge, bend)
    clear = _clearness(upper, lower) * _likely(wanted, limit)
    # The shortest rotation from the rest pose changes quickly near the opposite direction. The twist is therefore
    # smoothed in a frame that is transported along the path of the bone, relative to the parent.
    path = np.einsum("tji,tj->ti", parent, upper)
    transported = _transported(rest, path, hinge)
    prior = PRIOR_WEIGHT * (1 + path @ rest) / 2
    votes = clear * np.exp(1j * (wanted - transported)) + prior * np.exp(-1j * transported)
    smoothed = np.angle(_smoothed_sum(votes, fps)) + transported
    angle = np.angle(clear * np.exp(1j * wanted) + (1 - clear) * np.exp(1j * smoothed))
    return rotation_about_axis(upper, angle) @ aimed


def _likely(twist: Floats, limit: float) -> Floats:
    """(T,) 1 where a twist is well below `limit`, falling to 0 at `limit`."""
    return np.clip((limit - np.abs(twist)) / 0.3, 0, 1) if limit < np.pi else np.ones(len(twist))


def _clearness(upper: Floats, lower: Floats) -> Floats:
    """(T,) 0 where a limb is straight within 10 degrees, 1 where it is bent by 25 degrees or more."""
    sine = np.linalg.norm(np.cross(upper, lower), axis=1)
    bend = np.degrees(np.arctan2(sine, (upper * lower).sum(1)))
    share = np.clip((bend - 10) / 15, 0, 1)
    return share * share * (3 - 2 * share)


def _transported(rest: Floats, path: Floats, side: Floats) -> Floats:
    """(T,) twist, relative to the shortest rotation from `rest` (3,), of a frame transported along `path` (T, 3)."""
    swing = shortest_rotation(np.tile(rest, (len(path), 1)), path) @ side
    moved = np.einsum("tij,tj->ti", shortest_rotation(path[:-1], path[1:]), swing[:-1])
    return np.concatenate([[0.0], np.cumsum(twist_angle(path[1:], swing[1:], moved))])


def _smoothed_sum(values: Floats, fps: float) -> Floats:
    """(T,) complex values, each the sum of its neighbors in time with weights that decay over SMOOTHING seconds."""
    half = min(int(np.ceil(6 * SMOOTHING * fps)), len(values) - 1, MAX_TAPS)
    kernel = np.exp(-np.abs(np.arange(-half, half + 1)) / (SMOOTHING * fps))
    return np.convolve(values, kernel)[half : half + len(values)]
