"""The appearance of people: color histograms of trunk and legs, which hardly change with pose, size and position.

The sampled patches follow the points of the skeleton, so this works in any posture. Does not depend on identities.
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
_BIN_CENTERS = tuple(np.linspace(*ends, 9) for ends in ((5, 95), (-40, 40), (-40, 40)))
"""Of the histograms of lightness, green to red and blue to yellow (CIE L*a*b*)."""
BINS = sum(map(len, _BIN_CENTERS))

_MIN_SCORE = 0.5
"""Lowest score of the points that define a patch."""
_MIN_TRUNK_HALF_WIDTH = 0.2
"""As a share of the trunk's length: seen from the side, the shoulders coincide."""
_LEG_HALF_WIDTH = 0.08
"""As a share of the trunk's length."""
_ALONG, _ACROSS = np.linspace(0.1, 0.9, 12), np.linspace(-0.7, 0.7, 5)


def with_appearance(rgb: Picture, detections: list[Detection], skeleton: str) -> list[Detection]:
    """The same detections, with `Detection.appearance` set.

    Args:
        rgb: (H, W, 3), the frame in which they were detected.
        skeleton: name of the skeleton of the detections.
    """
    joints = by_name(skeleton)
    return [replace(detection, appearance=_appearance(rgb, detection, joints)) for detection in detections]


def appearance_distance(one: Floats, other: Floats) -> float | None:
    """From 0 for equal colors to 1 for entirely different ones; None if no patch is visible in both.

    One minus the Bhattacharyya coefficient of the histograms, averaged over the patches that are visible in both.

    Args:
        one: (PATCHES, BINS) as in `Detection.appearance`, or a mean of several; likewise `other`.
    """
    both = one.any(1) & other.any(1)
    if not both.any():
        return None
    return float(1 - np.sqrt(one[both] * other[both]).sum() / both.sum())


def _appearance(rgb: Picture, detection: Detection, skeleton: Skeleton) -> Floats:
    """(PATCHES, BINS); zeros for a patch of which half or more lies outside the picture."""
    histograms = np.zeros((PATCHES, BINS))
    for row, samples in enumerate(_patches(detection, skeleton)):
        x, y = np.floor(samples).astype(int).T
        inside = (x >= 0) & (y >= 0) & (x < rgb.shape[1]) & (y < rgb.shape[0])
        if 2 * inside.sum() > len(samples) > 0:
            histograms[row] = _histograms(rgb[y[inside], x[inside]])
    return histograms


def _patches(detection: Detection, skeleton: Skeleton) -> list[Floats]:
    """(N, 2) pixels of each patch; N is 0 where the points of the patch have low scores."""
    names = skeleton.joints
    point = {name: detection.xy[names.index(name)] for name in _USED}
    visible = {name: detection.score[names.index(name)] >= _MIN_SCORE for name in _USED}
    left, right = point["left_shoulder"], point["right_shoulder"]
    top, bottom = (left + right) / 2, (point["left_hip"] + point["right_hip"]) / 2
    length = float(np.hypot(*(bottom - top)))
    half = max(float(np.hypot(*(left - right))) / 2, _MIN_TRUNK_HALF_WIDTH * length)
    trunk = _strip(top, bottom, half) if all(visible[name] for name in _TRUNK) else np.zeros((0, 2))
    patches = [trunk]
    for upper, lower in (("hip", "knee"), ("knee", "ankle")):
        ends = [(f"{side}_{upper}", f"{side}_{lower}") for side in ("left", "right")]
        usable = [pair for pair in ends if visible[pair[0]] and visible[pair[1]]]
        strips = [_strip(point[start], point[end], _LEG_HALF_WIDTH * length) for start, end in usable]
        patches.append(np.concatenate(strips) if strips else np.zeros((0, 2)))
    return patches


_TRUNK = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
_USED = (*_TRUNK, "left_knee", "right_knee", "left_ankle", "right_ankle")


def _strip(start: Floats, end: Floats, half: float) -> Floats:
    """(N, 2) samples of a strip along the line between two points, `half` pixels wide on both sides."""
    along = end - start
    across = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-6)
    samples = start + _ALONG[:, None, None] * along + half * _ACROSS[None, :, None] * across
    return samples.reshape(-1, 2)


def _histograms(colors: Picture) -> Floats:
    """(BINS,) histograms of colors (N, 3), sum 1 over the three channels; each color counts in the two nearest bins."""
    lab = cv2.cvtColor(colors[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0]
    parts = []
    for channel, centers in enumerate(_BIN_CENTERS):
        step = centers[1] - centers[0]
        value = lab[:, channel].clip(centers[0], centers[-1])
        parts.append(np.maximum(1 - np.abs(value[:, None] - centers) / step, 0).mean(0))
    return np.concatenate(parts) / len(_BIN_CENTERS)
