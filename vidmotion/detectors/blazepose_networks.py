"""Runs BlazePose's two networks on LiteRT: people and landmarks from pictures. Keeps no state between frames.

Sources: Bazarevsky et al., "BlazePose: On-device Real-time Body Pose tracking" (arXiv 2006.10204); the
numbers (anchors, thresholds, crop scale, heatmap kernel) are those of MediaPipe's graphs pose_detection and
pose_landmark.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vidmotion.detectors.base import Picture
from vidmotion.detectors.litert import Network, sigmoid
from vidmotion.types import Floats

PERSON_SIDE = 224
"""Pixels of the person network's square input."""
LANDMARK_SIDE = 256
"""Pixels of the landmark network's square input."""
HEATMAP_SIDE = 64
POINTS = 39
"""33 landmarks, then the center of the hips, a point on the circle around the body, and 4 unused points."""
LANDMARKS = 33

_STRIDES = (8, 16, 32, 32, 32)
_PERSON_SCORE = 0.5
_OVERLAP = 0.3
_CROP_SCALE = 1.25
_REFINE_REACH = 3
_REFINE_SCORE = 0.5


@dataclass(frozen=True)
class Region:
    """A rotated square of the picture that contains a person, head up."""

    x: float
    """Center, pixels."""
    y: float
    side: float
    """Pixels."""
    angle: float
    """Radians, clockwise in the picture; 0 for an upright person."""

    @classmethod
    def around(cls, hips: Floats, reach: Floats) -> Region:
        """The region of a person.

        Args:
            hips: (2,) center of the hips, pixels.
            reach: (2,) pixels, point above the head on the circle around the hips that encloses the body.
        """
        dx, dy = (float(value) for value in reach - hips)
        return cls(
            float(hips[0]),
            float(hips[1]),
            2 * _CROP_SCALE * float(np.hypot(dx, dy)),
            float(np.arctan2(dx, -dy)),
        )

    def to_picture(self, side: int) -> Floats:
        """(2, 3) affine map from the pixels of a crop of `side` pixels to the picture's."""
        scale, half = self.side / side, side / 2
        cosine, sine = np.cos(self.angle) * scale, np.sin(self.angle) * scale
        rotation = np.array([[cosine, -sine], [sine, cosine]])
        shift = np.array([self.x, self.y]) - rotation @ (half, half)
        return np.column_stack([rotation, shift]).astype(np.float32)


@dataclass(frozen=True)
class Tile:
    """An upright square window on the picture; it may reach beyond the picture's edges."""

    x: float
    """Left edge, pixels."""
    y: float
    """Top edge, pixels."""
    side: float
    """Pixels."""


@dataclass(frozen=True, eq=False)
class Pose:
    """The output of the landmark network for one region."""

    xy: Floats
    """(33, 2) pixels of the picture."""
    visibility: Floats
    """(33,) in 0..1."""
    presence: float
    """0..1, score that the region contains a person."""
    region: Region
    """The region of the same person in the next frame."""


class PersonNetwork:
    """Finds people in square windows of a picture."""

    def __init__(self, path: Path, threads: int) -> None:
        self._network = Network(path, threads)
        self._anchors = anchors()

    def find(self, rgb: Picture, tiles: list[Tile]) -> list[Region]:
        """One region for each person in any of the windows, the highest score first."""
        if not tiles:
            return []
        parts = [self._candidates(rgb, tile) for tile in tiles]
        boxes, points, scores = (np.concatenate(part) for part in zip(*parts, strict=True))
        return [Region.around(person[0], person[1]) for person in merge(boxes, points, scores)]

    def _candidates(self, rgb: Picture, tile: Tile) -> tuple[Floats, Floats, Floats]:
        """Boxes (N, 4) and alignment points (N, 4, 2) in pixels of the picture, scores (N,)."""
        outputs = self._network.run(_cut(rgb, tile) / np.float32(127.5) - np.float32(1))
        scores = sigmoid(_only(outputs, (1, len(self._anchors), 1))[0, :, 0])
        accepted = scores >= _PERSON_SCORE
        raw = _only(outputs, (1, len(self._anchors), 12))[0, accepted] / PERSON_SIDE
        center, size = raw[:, :2] + self._anchors[accepted], raw[:, 2:4]
        points = raw[:, 4:].reshape(-1, 4, 2) + self._anchors[accepted, None]
        corner = np.array([tile.x, tile.y], np.float32)
        boxes = np.hstack([corner + (center - size / 2) * tile.side, corner + (center + size / 2) * tile.side])
        return boxes, corner + points * tile.side, scores[accepted]


class LandmarkNetwork:
    """Finds the landmarks of the one person in a region."""

    def __init__(self, path: Path, threads: int) -> None:
        self._network = Network(path, threads)

    def read(self, rgb: Picture, region: Region) -> Pose:
        """The pose of the person in a region; its `presence` is the score that there is one."""
        to_picture = region.to_picture(LANDMARK_SIDE)
        crop = cv2.warpAffine(
            rgb, to_picture, (LANDMARK_SIDE, LANDMARK_SIDE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        )
        outputs = self._network.run(crop.astype(np.float32) / np.float32(255))
        points = _only(outputs, (1, POINTS * 5)).reshape(POINTS, 5)
        heatmaps = _only(outputs, (1, HEATMAP_SIDE, HEATMAP_SIDE, POINTS))[0]
        xy = refine(points[:, :2], heatmaps) @ to_picture[:, :2].T + to_picture[:, 2]
        return Pose(
            xy[:LANDMARKS],
            sigmoid(points[:LANDMARKS, 3]),
            float(_only(outputs, (1, 1))[0, 0]),
            Region.around(xy[LANDMARKS], xy[LANDMARKS + 1]),
        )


def anchors() -> Floats:
    """(2254, 2) centers in 0..1 of the person network's outputs: two for each layer of each grid cell."""
    grids = []
    for stride in dict.fromkeys(_STRIDES):
        cells = PERSON_SIDE // stride
        y, x = np.mgrid[:cells, :cells]
        grid = (np.stack([x, y], axis=-1).reshape(-1, 2) + 0.5) / cells
        grids.append(np.repeat(grid, 2 * _STRIDES.count(stride), axis=0))
    return np.concatenate(grids).astype(np.float32)


def merge(boxes: Floats, points: Floats, scores: Floats) -> list[Floats]:
    """Weighted non-maximum suppression: overlapping detections are averaged, weighted by their scores.

    Args:
        boxes: (N, 4) x0, y0, x1, y1.
        points: (N, P, 2).
        scores: (N,).

    Returns:
        (P, 2) points of each person, the best score first.
    """
    left = np.argsort(-scores, kind="stable")
    people = []
    while len(left):
        same = _overlap(boxes[left[0]], boxes[left]) > _OVERLAP
        same[0] = True
        people.append(np.average(points[left[same]], axis=0, weights=scores[left[same]]))
        left = left[~same]
    return people


def refine(xy: Floats, heatmaps: Floats) -> Floats:
    """Move points to the center of mass of their heatmap nearby, where the heatmap is high.

    Args:
        xy: (P, 2) pixels of the crop.
        heatmaps: (64, 64, P) logits.
    """
    refined = xy.copy()
    ratio = LANDMARK_SIDE / HEATMAP_SIDE
    for index, (column, row) in enumerate((xy / ratio).astype(int)):
        if not (0 <= column < HEATMAP_SIDE and 0 <= row < HEATMAP_SIDE):
            continue
        x0, y0 = max(0, column - _REFINE_REACH), max(0, row - _REFINE_REACH)
        patch = sigmoid(heatmaps[y0 : row + _REFINE_REACH + 1, x0 : column + _REFINE_REACH + 1, index])
        if patch.max() >= _REFINE_SCORE:
            rows, columns = np.mgrid[y0 : y0 + patch.shape[0], x0 : x0 + patch.shape[1]]
            refined[index] = np.array([(patch * columns).sum(), (patch * rows).sum()]) / patch.sum() * ratio
    return refined


def _overlap(box: Floats, boxes: Floats) -> Floats:
    """(N,) intersection over union of one box with N."""
    sides = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    shared = np.prod(np.clip(sides, 0, None), axis=1)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    ratio: Floats = shared / np.maximum(areas + np.prod(box[2:] - box[:2]) - shared, 1e-9)
    return ratio


def _cut(rgb: Picture, tile: Tile) -> Picture:
    """The window scaled to the input of the network, black outside the picture."""
    scale = PERSON_SIDE / tile.side
    if scale >= 1:
        to_window = np.array([[scale, 0, -tile.x * scale], [0, scale, -tile.y * scale]], np.float32)
        warped: Picture = cv2.warpAffine(rgb, to_window, (PERSON_SIDE, PERSON_SIDE), flags=cv2.INTER_LINEAR)  # type: ignore[assignment]
        return warped
    height, width = rgb.shape[:2]
    x0, y0 = max(0, round(tile.x)), max(0, round(tile.y))
    x1, y1 = min(width, round(tile.x + tile.side)), min(height, round(tile.y + tile.side))
    window = np.zeros((PERSON_SIDE, PERSON_SIDE, 3), np.uint8)
    if x1 <= x0 or y1 <= y0:
        return window
    # Area averaging, which a warp cannot do, keeps distant people recognizable.
    size = (max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale)))
    small = cv2.resize(rgb[y0:y1, x0:x1], size, interpolation=cv2.INTER_AREA)
    left, top = max(0, round((x0 - tile.x) * scale)), max(0, round((y0 - tile.y) * scale))
    part = small[: PERSON_SIDE - top, : PERSON_SIDE - left]
    window[top : top + part.shape[0], left : left + part.shape[1]] = part
    return window


def _only(outputs: list[Floats], shape: tuple[int, ...]) -> Floats:
    """The output of this shape; files of different years have different orders of outputs."""
    return next(output for output in outputs if output.shape == shape)
