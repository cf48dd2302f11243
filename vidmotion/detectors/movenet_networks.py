"""Runs MoveNet's two networks on LiteRT: MultiPose finds people, Thunder reads the points of one. Keeps no state.

Points are COCO's 17. The networks' outputs are decoded here, as the source's own graphs do it.

Source: MoveNet, https://www.tensorflow.org/hub/tutorials/movenet, and the decoding part of the TensorFlow.js models
movenet/multipose/lightning/1 and movenet/singlepose/thunder/4 (Apache-2.0).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vidmotion.detectors.base import Picture
from vidmotion.detectors.litert import Network, resized_model, sigmoid
from vidmotion.types import Floats

POINTS = 17
STRIDE = 4
"""Pixels of the input for each cell of the outputs."""
MULTIPOSE_AREA = 288 * 512
"""Pixels of MultiPose's input, whatever its aspect ratio."""
MULTIPOSE_STEP = 32
"""The sides of MultiPose's input are multiples of this."""
MULTIPOSE_WIDEST = 4.0
"""Aspect ratio beyond which a picture gets black bars instead of an input of its own shape."""
THUNDER_SIDE = 256
CENTER_SCORE = 0.12
"""Least score of a person's center."""
MOST_FOUND = 20
SURE = 0.127
"""Score of a point from which it counts for the score of a person."""
_SPREAD = 0.30004883
_NEAR = 1.8
"""Cells added to a distance before heatmaps are divided by it."""
_SMOOTH_BEYOND = 1.5
"""A crop that shrinks the picture by more than this is smoothed first."""
HIPS, SHOULDERS = (11, 12), (5, 6)


@dataclass(frozen=True, eq=False)
class Found:
    """One person as a network found it."""

    xy: Floats
    """(17, 2) pixels of the picture."""
    score: Floats
    """(17,) in 0..1."""
    confidence: float = 1.0
    """0..1, that this is a person."""


@dataclass(frozen=True)
class Crop:
    """A rotated square of the picture around a person."""

    x: float
    """Center, pixels."""
    y: float
    side: float
    """Pixels."""
    angle: float
    """Radians, clockwise in the picture; 0 for an upright person."""

    @classmethod
    def around(cls, xy: Floats, score: Floats, grow: float = 1.33) -> Crop:
        """The square around COCO points (17, 2) with scores (17,), turned so that the neck lies above the hips.

        Args:
            grow: side of the square, as a multiple of the larger extent of the points.
        """
        up = xy[list(SHOULDERS)].mean(0) - xy[list(HIPS)].mean(0)
        angle = float(np.arctan2(up[0], -up[1])) if np.hypot(*up) > 1e-3 else 0.0
        sure = score >= 0.15 if (score >= 0.15).sum() >= 4 else np.ones(POINTS, bool)
        cosine, sine = math.cos(angle), math.sin(angle)
        axes = np.array([[cosine, sine], [-sine, cosine]])  # rows: right and down in the square
        turned = xy[sure] @ axes.T
        low, high = turned.min(0), turned.max(0)
        x, y = axes.T @ ((low + high) / 2)
        return cls(float(x), float(y), max(float((high - low).max()) * grow, 8.0), angle)

    def to_picture(self) -> Floats:
        """(2, 3) affine map from pixels of Thunder's input to pixels of the picture."""
        scale, half = self.side / THUNDER_SIDE, THUNDER_SIDE / 2
        cosine, sine = math.cos(self.angle) * scale, math.sin(self.angle) * scale
        turn = np.array([[cosine, -sine], [sine, cosine]])
        shift = np.array([self.x, self.y]) - turn @ (half, half)
        return np.column_stack([turn, shift]).astype(np.float32)


class MultiPoseNetwork:
    """Finds all people of a picture, scaled to an input of the picture's own aspect ratio."""

    def __init__(self, path: Path, threads: int) -> None:
        """Load the file; the network is prepared for a shape when a picture of it comes.

        Raises:
            MissingExtraError: LiteRT cannot be loaded on this machine.
            WeightsError: the file is not a network.
        """
        resized_model(path, MULTIPOSE_STEP, MULTIPOSE_STEP)  # a damaged file is refused here, not at the first picture
        self._path, self._threads = path, threads
        self._networks: dict[tuple[int, int], Network] = {}

    def find(self, rgb: Picture) -> list[Found]:
        """The people of a picture (H, W, 3), the most certain first."""
        height, width = input_size(rgb.shape[1], rgb.shape[0])
        scale = min(height / rgb.shape[0], width / rgb.shape[1])
        size = max(1, min(round(rgb.shape[1] * scale), width)), max(1, min(round(rgb.shape[0] * scale), height))
        picture = np.zeros((height, width, 3), np.float32)
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        picture[: size[1], : size[0]] = cv2.resize(rgb, size, interpolation=way)
        found = decode_people([output[0] for output in self._network(height, width).run(picture)])
        pixels = STRIDE * np.array([rgb.shape[1] / size[0], rgb.shape[0] / size[1]])
        return [Found(one.xy * pixels, one.score, one.confidence) for one in found]

    def _network(self, height: int, width: int) -> Network:
        if (height, width) not in self._networks:
            # Only the last shape is kept: videos come one after the other.
            self._networks = {
                (height, width): Network(self._path, self._threads, resized_model(self._path, height, width))
            }
        return self._networks[height, width]


class ThunderNetwork:
    """Reads the points of the person in a crop."""

    def __init__(self, path: Path, threads: int) -> None:
        """Load the file.

        Raises:
            MissingExtraError: LiteRT cannot be loaded on this machine.
            WeightsError: the file is not a network.
        """
        self._network = Network(path, threads)

    def read(self, rgb: Picture, crop: Crop, expected: Floats) -> Found:
        """The points of a person.

        Args:
            rgb: (H, W, 3).
            expected: (17, 2) pixels, where the points are expected. They keep the network from reading the points of
                somebody else in the crop.
        """
        to_picture = crop.to_picture()
        shrink = crop.side / THUNDER_SIDE
        picture = _smoothed(rgb, crop, shrink) if shrink > _SMOOTH_BEYOND else (rgb, to_picture)
        size = (THUNDER_SIDE, THUNDER_SIDE)
        cut = cv2.warpAffine(picture[0], picture[1], size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        _, heatmaps, _, offsets = (output[0] for output in self._network.run(cut.astype(np.float32)))
        cells = (expected - to_picture[:, 2]) @ np.linalg.inv(to_picture[:, :2]).T / STRIDE
        xy, score = decode_points(sigmoid(heatmaps), offsets, cells)
        return Found(xy * STRIDE @ to_picture[:, :2].T + to_picture[:, 2], score)


def input_size(width: int, height: int) -> tuple[int, int]:
    """Height and width of MultiPose's input for a picture."""
    ratio = min(max(width / height, 1 / MULTIPOSE_WIDEST), MULTIPOSE_WIDEST)
    wide = MULTIPOSE_STEP * max(round(math.sqrt(MULTIPOSE_AREA * ratio) / MULTIPOSE_STEP), 1)
    tall = MULTIPOSE_STEP * max(round(math.sqrt(MULTIPOSE_AREA / ratio) / MULTIPOSE_STEP), 1)
    return tall, wide


def _smoothed(rgb: Picture, crop: Crop, shrink: float) -> tuple[Picture, Floats]:
    """The part of a picture that a crop covers, shrunk by averaging, and the map from the crop to it."""
    reach = crop.side * 0.75
    x0, y0 = max(int(crop.x - reach), 0), max(int(crop.y - reach), 0)
    part = rgb[y0 : max(int(crop.y + reach) + 1, 0), x0 : max(int(crop.x + reach) + 1, 0)]
    to_picture = crop.to_picture()
    if not part.size:
        return rgb, to_picture
    size = max(1, round(part.shape[1] / shrink)), max(1, round(part.shape[0] / shrink))
    small: Any = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    scale = np.array([size[0] / part.shape[1], size[1] / part.shape[0]], np.float32)[:, None]
    to_part = to_picture - np.array([[0, 0, x0], [0, 0, y0]], np.float32)
    return small, to_part * scale


def decode_people(outputs: list[Floats]) -> list[Found]:
    """People in cells of the outputs, the most certain first.

    Args:
        outputs: of MultiPose: center (h, w, 1), heatmaps (h, w, 17), regression (h, w, 34), offsets (h, w, 34), size
            (h, w, 2) and offset (h, w, 2) of the box; the first two as logits, the others as y, x in cells.
    """
    center, heatmaps, regression, offsets, sizes, shifts = outputs
    center, heatmaps = sigmoid(center[..., 0]), sigmoid(heatmaps)
    peak = cv2.dilate(center, np.ones((3, 3), np.uint8)) <= center + 1e-6
    order = np.argsort(-(center * peak).ravel(), kind="stable")[:MOST_FOUND]
    people = []
    for cell in order[center.ravel()[order] >= CENTER_SCORE]:
        y, x = divmod(int(cell), center.shape[1])
        expected = regression[y, x].reshape(POINTS, 2) + np.array([y, x])
        middle, size = shifts[y, x] + np.array([y, x]), np.maximum(sizes[y, x], 0)
        low = np.maximum(np.ceil(middle - size / 2), 0).astype(int)
        high = np.minimum(np.ceil(middle + size / 2), center.shape).astype(int)
        if (high <= low).any():
            continue
        part = heatmaps[low[0] : high[0], low[1] : high[1]]
        rows, columns = np.arange(low[0], high[0])[:, None, None], np.arange(low[1], high[1])[None, :, None]
        away = (rows - expected[:, 0]) ** 2 + (columns - expected[:, 1]) ** 2  # (h, w, 17)
        weighted = part * np.exp(-away / (_SPREAD * min(center.shape)))
        best_y, best_x = np.divmod(weighted.reshape(-1, POINTS).argmax(0), part.shape[1])
        best_y, best_x = best_y + low[0], best_x + low[1]
        point = np.arange(POINTS)
        moved = offsets[best_y, best_x].reshape(POINTS, POINTS, 2)[point, point]
        score = weighted.reshape(-1, POINTS).max(0)
        sure = score > SURE
        confidence = float(center[y, x] * (score[sure].mean() if sure.any() else 0))
        people.append(Found(np.stack([best_x + moved[:, 1], best_y + moved[:, 0]], 1), score, confidence))
    return sorted(people, key=lambda one: -one.confidence)


def decode_points(heatmaps: Floats, offsets: Floats, expected: Floats) -> tuple[Floats, Floats]:
    """Points (17, 2) in cells, x and y, and their scores (17,): the best of heatmaps that fade with the distance.

    Args:
        heatmaps: (h, w, 17) in 0..1.
        offsets: (h, w, 34) y, x in cells.
        expected: (17, 2) cells, x and y.
    """
    height, width = heatmaps.shape[:2]
    rows, columns = np.arange(height)[:, None, None], np.arange(width)[None, :, None]
    away = np.sqrt((rows - expected[:, 1]) ** 2 + (columns - expected[:, 0]) ** 2)
    best_y, best_x = np.divmod((heatmaps / (away + _NEAR)).reshape(-1, POINTS).argmax(0), width)
    point = np.arange(POINTS)
    moved = offsets[best_y, best_x].reshape(POINTS, POINTS, 2)[point, point]
    return np.stack([best_x + moved[:, 1], best_y + moved[:, 0]], 1), heatmaps[best_y, best_x, point]
