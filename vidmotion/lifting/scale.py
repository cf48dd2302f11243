"""Body size: the same apparent size in all frames, bone lengths that are constant over time, and metres."""

from __future__ import annotations

import numpy as np

from vidmotion.geometry.filters import gaussian_smooth, median_smooth
from vidmotion.geometry.vectors import unit
from vidmotion.skeletons import ANKLE_HEIGHT, H36M17, STATURE_CHAIN
from vidmotion.types import Floats

SIZE_SECONDS = 0.5
"""Width of the filter of the apparent size, in seconds."""


def normalize_size(pose: Floats, rate: float) -> Floats:
    """Remove the apparent size, which changes with the distance from the camera.

    The chain of bones from ankle to head gets length 1 in all frames, after smoothing over time.

    Args:
        pose: (T, 17, 3) root-relative, an unbroken run.
        rate: frames per second.
    """
    chain = H36M17.bone_lengths(pose)[:, STATURE_CHAIN].sum(-1)
    size = gaussian_smooth(median_smooth(chain, round(rate * SIZE_SECONDS)), rate * SIZE_SECONDS / 2)
    return pose / np.maximum(size, 1e-9)[:, None, None]


def scale_to_height(pose: Floats, height: float) -> Floats:
    """Scale a person's size-normalised poses to a height in metres and make the bone lengths constant.

    Returns:
        (T, 17, 3) metres, root-relative: bones of left and right have the same length, and the root is midway between
        the hips.
    """
    lengths = np.median(H36M17.bone_lengths(pose), axis=0)
    lengths = (lengths + lengths[list(H36M17.mirror)]) / 2
    lengths *= height * (1 - ANKLE_HEIGHT) / lengths[list(STATURE_CHAIN)].sum()
    return with_bone_lengths(pose, lengths)


def with_bone_lengths(joints: Floats, lengths: Floats) -> Floats:
    """The same bone directions with other lengths; the hips lie on opposite sides of the root.

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
