"""What people look like: colours of trunk and legs, as numbers that hardly change with pose, size and place.

Patches follow the points of the skeleton, so that it works in any posture. Knows no identities.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from vidmotion.detectors.base import Detection, Picture
from vidmotion.skeletons import Skeleton, by_name
from vidmotion.types import Floats

PATCHES = 3
"""Trunk, thighs and shins."""
_CENTRES = tuple(np.linspace(*ends, 9) for ends in ((5, 95), (-40, 40), (-40, 40)))
"""Of the histograms of lightness, green to red and blue to yellow (CIE L*a*b*)."""
BINS = sum(map(len, _CENTRES))

_SURE = 0.5
"""Least score of the points that a patch hangs on."""
_SLIM = 0.2
"""Least half width of a trunk, in parts of its length: seen from the side the shoulders fall together."""
_LIMB = 0.08
"""Half width of a leg, in parts of the trunk's length."""
_ALONG, _ACROSS = np.linspace(0.1, 0.9, 12), np.linspace(-0.7, 0.7, 5)


def with_looks(rgb: Picture, detections: list[Detection], skeleton: str) -> list[Detection]:
    """The same people, with `Detection.look`.

    Args:
        rgb: (H, W, 3), the frame that they were found in.
    """
    joints = by_name(skeleton)
    return [replace(detection, look=_look(rgb, detection, joints)) for detection in detections]


def unlike(one: Floats, other: Floats) -> float | None:
    """0 for the same colours to 1 for entirely other ones; None where no patch is seen of both.

    Args:
        one: (PATCHES, BINS) as of `Detection.look`, or a mean of such; likewise `other`.
    """
    both = one.any(1) & other.any(1)
    if not both.any():
        return None
    return float(1 - np.sqrt(one[both] * other[both]).sum() / both.sum())


def _look(rgb: Picture, detection: Detection, skeleton: Skeleton) -> Floats:
    look = np.zeros((PATCHES, BINS))
    for row, spots in enumerate(_patches(detection, skeleton)):
        x, y = np.floor(spots).astype(int).T
        inside = (x >= 0) & (y >= 0) & (x < rgb.shape[1]) & (y < rgb.shape[0])
        if 2 * inside.sum() > len(spots) > 0:
            look[row] = _histograms(rgb[y[inside], x[inside]])
    return look


def _patches(detection: Detection, skeleton: Skeleton) -> list[Floats]:
    """(N, 2) pixels of each patch; none where it is not seen well enough."""
    names = skeleton.joints
    point = {name: detection.xy[names.index(name)] for name in _USED}
    sure = {name: detection.score[names.index(name)] >= _SURE for name in _USED}
    left, right = point["left_shoulder"], point["right_shoulder"]
    top, bottom = (left + right) / 2, (point["left_hip"] + point["right_hip"]) / 2
    length = float(np.hypot(*(bottom - top)))
    half = max(float(np.hypot(*(left - right))) / 2, _SLIM * length)
    trunk = _strip(top, bottom, half) if all(sure[name] for name in _TRUNK) else np.zeros((0, 2))
    patches = [trunk]
    for upper, lower in (("hip", "knee"), ("knee", "ankle")):
        ends = [(f"{side}_{upper}", f"{side}_{lower}") for side in ("left", "right")]
        seen = [pair for pair in ends if sure[pair[0]] and sure[pair[1]]]
        strips = [_strip(point[start], point[end], _LIMB * length) for start, end in seen]
        patches.append(np.concatenate(strips) if strips else np.zeros((0, 2)))
    return patches


_TRUNK = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
_USED = (*_TRUNK, "left_knee", "right_knee", "left_ankle", "right_ankle")


def _strip(start: Floats, end: Floats, half: float) -> Floats:
    """(N, 2) spots around the line from one point to another."""
    along = end - start
    across = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-6)
    spots = start + _ALONG[:, None, None] * along + half * _ACROSS[None, :, None] * across
    return spots.reshape(-1, 2)


def _histograms(colours: Picture) -> Floats:
    """(BINS,) shares of colours (N, 3), in sum 1 over the three channels; each counts in the two nearest bins."""
    lab = cv2.cvtColor(colours[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0]
    parts = []
    for channel, centres in enumerate(_CENTRES):
        step = centres[1] - centres[0]
        place = lab[:, channel].clip(centres[0], centres[-1])
        parts.append(np.maximum(1 - np.abs(place[:, None] - centres) / step, 0).mean(0))
    return np.concatenate(parts) / len(_CENTRES)
