"""The 30 finger joints: where they are in the body, and how much of the skin follows them.

They replace the two hand joints of SMPL. MakeHuman's rig has them, with weights; its metacarpals go to the wrist.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tools.freebody.decimate import Projection
from tools.freebody.joints import SIDES, PosedRig
from tools.freebody.makehuman import Rig
from tools.freebody.rings import nearest, ring_around
from tools.freebody.smpl import JOINTS
from vidmotion.io.atomic import atomic_file
from vidmotion.skeletons import FINGERS
from vidmotion.types import Floats, Ints

_NUMBERS = {"thumb": 1, "index": 2, "middle": 3, "ring": 4, "pinky": 5}
"""Of the rig's fingers."""
BONES = tuple(f"finger{_NUMBERS[finger]}-{joint}.{side}" for side in SIDES for finger in FINGERS for joint in (1, 2, 3))
"""The rig's bones of the finger joints: those of `vidmotion.skeletons.FINGER_JOINTS`, left and right."""
_HAND = ("wrist.{}", *(f"metacarpal{number}.{{}}" for number in (1, 2, 3, 4)))
_MOST = 2
"""Finger joints that may move a vertex: with the wrist and the elbow, these are four."""
_SMALLEST = 0.01
"""Smaller weights are set to 0."""
_FOLLOWS, _NEAREST = 0.5, 40
"""The vertices that carry a joint: the nearest ones with this weight of its bone and of that bone's parent."""


@dataclass(frozen=True, eq=False)
class Fingers:
    """The finger joints of a body with V vertices."""

    regressor: Floats
    """(30, V) vertices to finger joints."""
    weights: Floats
    """(V, 30) skinning weights, a part of those of the hands."""


def fit_fingers(rig: Rig, average: PosedRig, kept: Ints, projection: Projection, weights: Floats) -> Fingers:
    """The finger joints of a decimated body.

    Args:
        average: the average body in T-pose.
        kept: (K,) vertices of the base mesh that the body keeps.
        projection: of the V vertices of the decimated body on the kept ones.
        weights: (V, 24) of SMPL's joints.
    """
    own = projection.carry(rig.weights[kept])
    vertices = projection.carry(average.vertices[kept])
    regressor = np.zeros((len(BONES), len(vertices)))
    for row, bone in enumerate(BONES):
        index = rig.index(bone)
        ids = np.flatnonzero(own[:, [index, rig.parents[index]]].sum(1) > _FOLLOWS)
        ring = ring_around(vertices, nearest(vertices, ids, average.heads[bone], _NEAREST), average.heads[bone])
        regressor[row, ring.ids] = ring.weights
    return Fingers(regressor, np.concatenate([_weights(rig, own, weights, side) for side in SIDES], 1))


def _weights(rig: Rig, own: Floats, weights: Floats, side: str) -> Floats:
    """(V, 15) the parts of a hand's weights that its fingers take.

    Args:
        own: (V, B) of the rig's bones.
    """
    fingers = own[:, [rig.index(bone) for bone in BONES if bone.endswith(side)]]
    palm = own[:, [rig.index(bone.format(side)) for bone in _HAND]].sum(1)
    whole = fingers.sum(1) + palm
    share = np.divide(fingers, whole[:, None], out=np.zeros_like(fingers), where=whole[:, None] > 0)
    least = -np.sort(-share, 1)[:, [_MOST - 1]]
    strongest = np.where(share >= np.maximum(least, _SMALLEST), share, 0)
    total = strongest.sum(1, keepdims=True)
    strongest = np.divide(strongest * share.sum(1, keepdims=True), total, out=np.zeros_like(share), where=total > 0)
    name = "left" if side == "L" else "right"
    return strongest * weights[:, [JOINTS.index(f"{name}_{joint}") for joint in ("wrist", "hand")]].sum(
        1, keepdims=True
    )


def write_fingers(fingers: Fingers, path: Path) -> None:
    """Write the joints as a compressed .npz: the numbers that are not 0, and where they are."""
    joints, carriers = np.nonzero(fingers.regressor)
    vertices, followed = np.nonzero(fingers.weights)
    with atomic_file(path) as file:
        np.savez_compressed(
            file,
            regressor_joint=joints.astype(np.uint8),
            regressor_vertex=carriers.astype(np.uint16),
            regressor=fingers.regressor[joints, carriers].astype(np.float32),
            weight_vertex=vertices.astype(np.uint16),
            weight_joint=followed.astype(np.uint8),
            weight=fingers.weights[vertices, followed].astype(np.float32),
        )
