"""Runs MediaPipe's networks for the landmarks of a hand and of a face on LiteRT. Keeps no state between frames.

Sources: Zhang et al., "MediaPipe Hands: On-device Real-time Hand Tracking" (arXiv 2006.10214); Kartynnik et al.,
"Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs" (arXiv 1907.06724). The regions around
landmarks are those of MediaPipe's graphs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vidmotion.detectors.base import Picture
from vidmotion.detectors.blazepose_networks import Region
from vidmotion.detectors.litert import Network, sigmoid
from vidmotion.processes import usable_cores
from vidmotion.types import Floats
from vidmotion.weights import detector_files

HAND_SIDE, FACE_SIDE = 224, 192
"""Pixels of the networks' square inputs."""
HAND_POINTS, FACE_POINTS = 21, 468
MOST_THREADS = 4

_PALM = (0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18)
"""The landmarks that a hand's region is laid around."""
_EYES = (33, 263)
"""The outer corners of the eyes: the one on the left of the picture first, for a face that looks at the camera."""


@dataclass(frozen=True, eq=False)
class FoundHand:
    """What the network reads in a region."""

    xy: Floats
    """(21, 2) pixels of the picture."""
    points: Floats
    """(21, 3) metres from the hand's middle: x right and y down in the picture, z away from the camera."""
    presence: float
    """0..1; below 0.5 the rest means nothing."""
    rightness: float
    """0..1, whether it is a right hand."""


@dataclass(frozen=True, eq=False)
class FoundFace:
    """What the network reads in a region."""

    points: Floats
    """(468, 3) pixels of the picture; z, on the same scale, away from the camera."""
    presence: float
    """0..1; below 0.5 the rest means nothing."""


class HandNetwork:
    """Reads the landmarks of one hand."""

    def __init__(self, path: Path, threads: int) -> None:
        """Load the file.

        Raises:
            MissingExtraError: LiteRT cannot be loaded on this machine.
            WeightsError: the file is not a network.
        """
        self._network = Network(path, threads)

    def read(self, rgb: Picture, region: Region) -> FoundHand:
        """The hand in a region of a picture (H, W, 3)."""
        to_picture = region.to_picture(HAND_SIDE)
        screen, presence, rightness, world = self._network.run(_crop(rgb, to_picture, HAND_SIDE))
        xy = screen.reshape(HAND_POINTS, 3)[:, :2] @ to_picture[:, :2].T + to_picture[:, 2]
        points = world.reshape(HAND_POINTS, 3).astype(np.float64)
        turn = to_picture[:, :2] / (region.side / HAND_SIDE)
        points[:, :2] = points[:, :2] @ turn.T
        return FoundHand(xy, points, float(presence[0, 0]), float(rightness[0, 0]))


class FaceNetwork:
    """Reads the landmarks of one face."""

    def __init__(self, path: Path, threads: int) -> None:
        """Load the file.

        Raises:
            MissingExtraError: LiteRT cannot be loaded on this machine.
            WeightsError: the file is not a network.
        """
        self._network = Network(path, threads)

    def read(self, rgb: Picture, region: Region) -> FoundFace:
        """The face in a region of a picture (H, W, 3)."""
        to_picture = region.to_picture(FACE_SIDE)
        landmarks, presence = self._network.run(_crop(rgb, to_picture, FACE_SIDE))
        points = landmarks.reshape(FACE_POINTS, 3).astype(np.float64)
        points[:, :2] = points[:, :2] @ to_picture[:, :2].T + to_picture[:, 2]
        points[:, 2] *= region.side / FACE_SIDE
        return FoundFace(points, float(sigmoid(presence).ravel()[0]))


def load_networks(threads: int | None) -> tuple[HandNetwork, FaceNetwork]:
    """Both networks.

    Args:
        threads: None uses the available cores, at most 4.

    Raises:
        MissingExtraError: LiteRT cannot be loaded on this machine.
        WeightsError: the files are damaged, or missing and cannot be downloaded.
    """
    files = detector_files("hands-face")
    count = threads or min(usable_cores(), MOST_THREADS)
    return HandNetwork(files.hand, count), FaceNetwork(files.face, count)


def hand_region(xy: Floats) -> Region:
    """The region around the landmarks (21, 2) of a hand, with the middle finger up."""
    knuckles = (xy[6] + 2 * xy[10] + xy[14]) / 4 - xy[0]
    angle = float(np.arctan2(knuckles[0], -knuckles[1]))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    within = xy[list(_PALM)] @ turn
    low, high = within.min(0), within.max(0)
    x, y = turn @ ((low + high) / 2 - [0, 0.1 * (high - low)[1]])
    return Region(float(x), float(y), 2.0 * float((high - low).max()), angle)


def face_region(xy: Floats) -> Region:
    """The region around the landmarks (468, 2) of a face, with the eyes level."""
    low, high = xy.min(0), xy.max(0)
    x, y = (low + high) / 2
    across = xy[_EYES[1]] - xy[_EYES[0]]
    return Region(float(x), float(y), 1.5 * float((high - low).max()), float(np.arctan2(across[1], across[0])))


def _crop(rgb: Picture, to_picture: Floats, side: int) -> Floats:
    """(side, side, 3) the part of a picture that a map (2, 3) covers, 0..1."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    cut: Floats = cv2.warpAffine(rgb, to_picture, (side, side), flags=flags).astype(np.float32)
    return cut / np.float32(255)
