"""How large a body is: one size over time, bones of one length."""

from __future__ import annotations

import numpy as np

from vidmotion.geometry.filters import gaussian_smooth, median_smooth
from vidmotion.geometry.vectors import unit
from vidmotion.skeletons import H36M17, STATURE_CHAIN
from vidmotion.types import Floats

ANKLE_HEIGHT = 0.039
"""Of the stature, floor to ankle (Drillis and Contini 1966)."""
SIZE_SECONDS = 0.5
"""Width of the filter of the apparent size."""


def even_size(pose: Floats, rate: float) -> Floats:
    """Take out the apparent size, which changes with the distance: the stature chain gets length 1.

    Args:
        pose: (T, 17, 3) root-relative, an unbroken run.
        rate: frames per second.
    """
    chain = H36M17.bone_lengths(pose)[:, STATURE_CHAIN].sum(-1)
    size = gaussian_smooth(median_smooth(chain, round(rate * SIZE_SECONDS)), rate * SIZE_SECONDS / 2)
    return pose / np.maximum(size, 1e-9)[:, None, None]


def to_metres(pose: Floats, stature: float) -> Floats:
    """Scale a person's evenly sized poses to a stature and make the bone lengths constant.

    Returns:
        (T, 17, 3) metres, root-relative: left and right alike, the root midway between the hips.
    """
    lengths = np.median(H36M17.bone_lengths(pose), axis=0)
    lengths = (lengths + lengths[list(H36M17.mirror)]) / 2
    lengths *= stature * (1 - ANKLE_HEIGHT) / lengths[list(STATURE_CHAIN)].sum()
    return with_bone_lengths(pose, lengths)


def with_bone_lengths(joints: Floats, lengths: Floats) -> Floats:
    """The same bone directions with other lengths; the hips lie opposite each other about the root.

    Args:
        joints: (T, 17, 3).
        lengths: (17,) of the bone that ends in each joint.
    """
    out = np.empty_like(joints)
    out[:, 0] = joints[:, 0]
    across = unit(joints[:, 4] - joints[:, 1])
    directions = {1: -across, 4: across}
    for parent, child in H36M17.bones:
        along = directions.get(child)
        if along is None:
            along = unit(joints[:, child] - joints[:, parent])
        out[:, child] = out[:, parent] + lengths[child] * along
    return out
