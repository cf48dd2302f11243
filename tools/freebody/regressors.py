"""Joint regressors: SMPL's 24 joints and Human3.6M's 17 as convex combinations of the vertices around them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.freebody.rings import nearest, ring_around, slab
from tools.freebody.smpl import JOINTS, PARENTS, columns
from vidmotion.types import Bools, Floats

_X, _Y = np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])
_NEAREST = 260
_NEAR_WEIGHT = 0.05
"""The least weight, of the joint or its parent, of the vertices that may carry the joint."""
_NOSE_SHARE = 0.65
"""Human3.6M's nose lies between the head's joint and the tip of the nose."""


@dataclass(frozen=True, eq=False)
class Slice:
    """A joint inside a tube: a slice of the vertices that follow some joints carries it."""

    joints: tuple[str, ...]
    share: float
    """The least summed weight of these joints."""
    axis: Floats
    """(3,) along the tube."""
    half: float
    """Metres, half of the thickness of the slice."""


_TRUNK = Slice(
    ("pelvis", "spine1", "spine2", "spine3", "left_hip", "right_hip", "left_collar", "right_collar"), 0.7, _Y, 0.04
)
_SLICES = {
    "spine1": _TRUNK,
    "spine2": _TRUNK,
    "spine3": _TRUNK,
    "neck": Slice(("neck", "spine3", "head"), 0.6, _Y, 0.03),
}
for _side in ("left", "right"):
    _SLICES[f"{_side}_knee"] = Slice((f"{_side}_hip", f"{_side}_knee"), 0.9, _Y, 0.035)
    _SLICES[f"{_side}_elbow"] = Slice((f"{_side}_shoulder", f"{_side}_elbow"), 0.9, _X, 0.03)
    _SLICES[f"{_side}_wrist"] = Slice((f"{_side}_elbow", f"{_side}_wrist"), 0.8, _X, 0.02)

_H36M_FROM_SMPL = {
    1: "right_hip", 2: "right_knee", 3: "right_ankle", 4: "left_hip", 5: "left_knee", 6: "left_ankle",
    11: "left_shoulder", 12: "left_elbow", 13: "left_wrist",
    14: "right_shoulder", 15: "right_elbow", 16: "right_wrist",
}  # fmt: skip
"""Joints of Human3.6M that are also joints of SMPL."""
_PELVIS, _SPINE, _THORAX, _NOSE, _TOP = 0, 7, 8, 9, 10


def fit_regressor(mean: Floats, joints: Floats, weights: Floats, skin: Bools) -> Floats:
    """(24, V) vertices to SMPL's joints.

    Args:
        mean: (V, 3) the mean body.
        joints: (24, 3) its joints.
        weights: (V, 24)
        skin: (V,) vertices that may carry a joint.
    """
    regressor = np.zeros((len(JOINTS), len(mean)))
    for row, (joint, parent) in enumerate(zip(JOINTS, PARENTS, strict=True)):
        if joint in _SLICES:
            rule = _SLICES[joint]
            followers = skin & (columns(weights, *rule.joints).sum(1) > rule.share)
            ids = slab(mean, np.flatnonzero(followers), joints[row], rule.axis, rule.half)
        else:
            followers = skin & (weights[:, [row, max(parent, 0)]] > _NEAR_WEIGHT).any(1)
            ids = nearest(mean, np.flatnonzero(followers), joints[row], _NEAREST)
        ring = ring_around(mean, ids, joints[row])
        regressor[row, ring.ids] = ring.weights
    return regressor


def h36m_regressor(regressor: Floats, mean: Floats, nose: int) -> Floats:
    """(17, V) vertices to Human3.6M's joints.

    Args:
        regressor: (24, V) to SMPL's.
        mean: (V, 3)
        nose: the vertex at the tip of the nose.
    """
    row = dict(zip(JOINTS, regressor, strict=True))
    result = np.zeros((17, len(mean)))
    for joint, name in _H36M_FROM_SMPL.items():
        result[joint] = row[name]
    result[_PELVIS] = 0.5 * (row["left_hip"] + row["right_hip"])
    result[_SPINE] = 0.5 * (row["spine1"] + row["spine2"])
    result[_THORAX] = 0.85 * row["neck"] + 0.15 * row["spine3"]
    result[_NOSE] = (1 - _NOSE_SHARE) * row["head"]
    result[_NOSE, nose] += _NOSE_SHARE
    result[_TOP, np.argmax(mean[:, 1])] = 1
    return result
