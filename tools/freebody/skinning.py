"""Skinning weights: the many bones of MakeHuman's rig gathered into SMPL's 24 joints."""

from __future__ import annotations

import numpy as np

from tools.freebody.makehuman import Rig
from tools.freebody.smpl import JOINTS, strongest
from tools.freebody.surface import Surface
from vidmotion.types import Floats

_ROUNDS = 4
"""Rounds of smoothing of the gathered weights."""
_SIDED = {
    "upperleg": "hip", "lowerleg": "knee", "foot": "ankle", "toe": "foot", "clavicle": "collar", "shoulder": "collar",
    "upperarm": "shoulder", "lowerarm": "elbow", "wrist": "wrist", "finger": "hand", "metacarpal": "hand",
}  # fmt: skip
"""Prefixes of the rig's bones and the joint that replaces them, on both sides."""
_MIDDLE = {"neck": "neck", "breast": "spine3", "root": "pelvis", "pelvis": "pelvis"}
_SPINE = "spine"
_OTHERS = "head"
"""The joint of all other bones: jaw, eyes, tongue and the muscles of the face."""
_RAMPS = (("spine1", 0.0, 0.11), ("spine2", 0.0, 0.09), ("spine3", 0.01, 0.07))
"""Joints of the spine; metres above each joint where its share is one half, and the height of the ramp."""


def joint_of(bone: str) -> str | None:
    """The joint that replaces a bone; None for the spine's bones, which are shared between several joints."""
    name, _, side = bone.partition(".")
    for start, joint in _SIDED.items():
        if name.startswith(start):
            return f"{'left' if side == 'L' else 'right'}_{joint}"
    for start, joint in _MIDDLE.items():
        if name.startswith(start):
            return joint
    return None if name.startswith(_SPINE) else _OTHERS


def gather_weights(rig: Rig, surface: Surface, vertices: Floats, joints: Floats) -> Floats:
    """(V, 24) weights of SMPL's joints, only the largest of each vertex.

    Args:
        vertices: (V, 3) the average body in T-pose.
        joints: (24, 3) its joints.
    """
    weights = np.zeros((len(vertices), len(JOINTS)))
    spine = spine_shares(vertices, joints)
    for bone, of_bone in zip(rig.bones, rig.weights.T, strict=True):
        joint = joint_of(bone)
        shares = {joint: 1.0} if joint else spine
        for name, share in shares.items():
            weights[:, JOINTS.index(name)] += of_bone * share
    return strongest(surface.smooth(weights, _ROUNDS))


def spine_shares(vertices: Floats, joints: Floats) -> dict[str, Floats]:
    """(V,) for each joint of the spine: smooth ramps along the height, as the rig's spine bends elsewhere."""
    shares: dict[str, Floats] = {"pelvis": np.ones(len(vertices))}
    below = "pelvis"
    for name, offset, height in _RAMPS:
        middle = joints[JOINTS.index(name), 1] + offset
        ramp = np.clip((vertices[:, 1] - middle) / height + 0.5, 0, 1)
        ramp = ramp * ramp * (3 - 2 * ramp)
        shares[name] = shares[below] * ramp
        shares[below] = shares[below] * (1 - ramp)
        below = name
    return shares
