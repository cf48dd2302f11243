"""Single vertices: nose, eyes, ears, feet and fingertips, under the names that the PyPI package smplx uses."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tools.freebody.smpl import columns
from vidmotion.types import Bools, Floats, Ints

FINGERS = ("thumb", "index", "middle", "ring", "pinky")
_FOLLOWS = 0.5
"""A vertex belongs to a body part if its weight is above this."""
_MIDDLE = 0.01
"""Metres; the largest distance of the tip of the nose from the plane of symmetry."""
_FRONT_FOOT = 0.6
"""Quantile along the foot; vertices beyond it may be toes."""


def find_landmarks(
    mean: Floats, weights: Floats, eyes: Mapping[str, Ints], tips: Mapping[str, Bools]
) -> dict[str, int]:
    """Vertices by name.

    Args:
        mean: (V, 3) the mean body: it faces +Z, its left is +X.
        weights: (V, 24)
        eyes: the eyeballs' vertices, by side.
        tips: (V,) the last bone of each finger, by side and finger.
    """
    x, y, z = mean.T
    head = columns(weights, "head")[:, 0] > _FOLLOWS
    found = {"nose": _most(z, head & (np.abs(x) < _MIDDLE))}
    for side, sign, name in (("l", 1, "left"), ("r", -1, "right")):
        outwards = sign * x
        foot = columns(weights, f"{name}_foot", f"{name}_ankle").sum(1) > _FOLLOWS
        toes = foot & (z > np.quantile(z[foot], _FRONT_FOOT))
        found[f"{side}eye"] = int(eyes[side][np.argmax(z[eyes[side]])])
        found[f"{side}ear"] = _most(outwards, head)
        found[f"{side.upper()}Heel"] = _most(-(z + 0.3 * y), foot)
        found[f"{side.upper()}BigToe"] = _most(z, toes)
        found[f"{side.upper()}SmallToe"] = _most(outwards + 0.2 * z, toes)
    for side, sign in (("l", 1), ("r", -1)):
        for finger in FINGERS:
            along = sign * x + z if finger == "thumb" else sign * x
            found[f"{side}{finger}"] = _most(along, tips[f"{side}{finger}"])
    return found


def _most(values: Floats, among: Bools) -> int:
    """The vertex with the largest value."""
    ids = np.flatnonzero(among)
    return int(ids[np.argmax(values[ids])])
