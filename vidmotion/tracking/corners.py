"""Follows corners of the background from frame to frame: how the camera stands, seen from the last key frame.

People are masked by their boxes. All motion of the background is taken for rotation and zoom: a camera that is carried
along seems to turn. Sources: Shi and Tomasi 1994 (corners), Bouguet 2001 (pyramidal Lucas-Kanade).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vidmotion.tracking.parts import Part
from vidmotion.types import Floats, Ints, Track
from vidmotion.video.reader import Frame

SIDE = 480
"""Pixels; the longer side of the pictures in which corners are followed."""
BLUR = 1.2
"""Pixels of the small picture, against the camera's noise."""
CORNERS, LEAST_CORNERS = 200, 24
"""The most corners that are followed, and the fewest from which a rotation follows."""
REFRESH = 0.5
"""Share of the corners of a key frame that must be left; then the next frame becomes the key frame."""
MARGIN = 0.08
"""Share of its longer side by which a person's box is enlarged."""
TOLERANCE = 1.5
"""Pixels of the small picture; corners that lie further from where the rotation takes them move by themselves."""
AGREEING = 0.5
"""Share of the corners that must follow the rotation."""
SPREAD = 0.12
"""Share of the picture's longer side, standard deviation of the corners' positions: fewer are too close together."""
RETURNS = 0.5
"""Pixels of the small picture; a corner that is followed into the next picture and back ends so close to its start."""
ROUNDS = 6
"""Least-squares solutions with new weights."""
LEAST_DEPTH = 0.05
"""Of a ray that was turned, along the camera's axis; smaller depths are raised to this."""
_LUCAS_KANADE = {"winSize": (17, 17), "maxLevel": 3}

Grey = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class CameraStep:
    """How the camera stands in one frame, seen from a key frame of the same shot."""

    index: int
    """Number of the frame in its video."""
    turn: Floats
    """(3, 3) rotation from the axes of the camera in the key frame to those in this frame."""
    log_zoom: float
    """Logarithm of the focal length, divided by that of the key frame."""
    is_known: bool
    """Whether the background tells it; otherwise it is what was known last."""
    after_key: bool
    """Whether the frame before, if it is of the same shot, is the key frame of this one."""
    is_key: bool
    """Whether this frame is the key frame of those after it."""


class CornerReader:
    """A `PartReader` of how the camera stands in each frame of one part of a video.

    The last frame before the part is a key frame.
    """

    def __init__(self, part: Part, tracks: Sequence[Track], cuts: Sequence[int], focal: float) -> None:
        """Begin a part.

        Args:
            tracks: the people, who are not background.
            cuts: frame numbers, rising, at which a new shot begins.
            focal: pixels.
        """
        self._part, self._focal, self._cuts = part, focal, frozenset(cuts)
        self._boxes = _boxes_by_frame(tracks, part)
        self._corners = _Corners()
        self._before: _Picture | None = None
        """The last frame before the part, if it is of the same shot."""
        self._is_first = True
        """Whether no frame of the part was read yet."""

    def update(self, frame: Frame) -> list[CameraStep]:
        """Follow the corners into the next frame."""
        picture = _small(frame.rgb, self._boxes.get(frame.index, ()), self._focal)
        if frame.index in self._cuts:
            self._corners, self._before = _Corners(), None
        if not self._part.has(frame.time):
            self._before = picture
            return []
        after_key, self._is_first = self._is_first, False
        if after_key and self._before is not None:
            self._corners.begin(self._before)
        return [self._corners.follow(picture, frame.index, after_key)]

    def finish(self) -> tuple[()]:
        """Nothing: all is known at once."""
        return ()


class _Corners:
    """The corners of the background in one shot, from key frame to key frame."""

    def __init__(self) -> None:
        self._key: Floats = np.zeros((0, 2), np.float32)
        """(N, 2) pixels, corners of the key frame that are still followed."""
        self._now: Floats = self._key
        """(N, 2) pixels, where they are in the last frame."""
        self._at_first = 0
        self._last: Grey | None = None
        self._turn: Floats = np.eye(3)
        """(3, 3) rotation since the key frame."""
        self._log_zoom = 0.0

    def follow(self, picture: _Picture, index: int, after_key: bool) -> CameraStep:
        """Follow the corners into the next picture."""
        known = self._find(picture)
        turn, log_zoom = self._turn, self._log_zoom
        is_key = not known or len(self._now) < REFRESH * self._at_first
        if is_key:
            self.begin(picture)
        self._last = picture.grey
        return CameraStep(index, turn, log_zoom, known, after_key, is_key)

    def begin(self, picture: _Picture) -> None:
        """Make a picture the key frame."""
        self._turn, self._log_zoom = np.eye(3), 0.0
        mask = np.full(picture.grey.shape, 255, np.uint8)
        for (x0, y0), (x1, y1) in picture.boxes:
            mask[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = 0
        found = cv2.goodFeaturesToTrack(picture.grey, CORNERS, 0.01, 7, mask=mask)
        self._key = np.zeros((0, 2), np.float32) if found is None else found[:, 0].astype(np.float32)
        self._now, self._at_first, self._last = self._key, len(self._key), picture.grey

    def _find(self, picture: _Picture) -> bool:
        """Whether the rotation from the key frame is found, which is then in `_turn` and `_log_zoom`."""
        if self._last is None or len(self._now) < LEAST_CORNERS:
            return False
        moved, found, _ = cv2.calcOpticalFlowPyrLK(self._last, picture.grey, self._now, None, **_LUCAS_KANADE)  # type: ignore[call-overload]
        back, _, _ = cv2.calcOpticalFlowPyrLK(picture.grey, self._last, moved, None, **_LUCAS_KANADE)  # type: ignore[call-overload]
        returns = np.linalg.norm(back - self._now, axis=-1) < RETURNS
        kept = (found[:, 0] > 0) & returns & picture.shows_background(moved)
        self._key, self._now = self._key[kept], moved[kept]
        if len(self._now) < LEAST_CORNERS or self._now.std(0).max() < SPREAD * max(picture.grey.shape):
            return False
        before, after = ((points - picture.center) / picture.focal for points in (self._key, self._now))
        turn, log_zoom, agreeing = fit_rotation(before, after, self._turn, self._log_zoom, picture.focal)
        if agreeing.mean() < AGREEING or agreeing.sum() < LEAST_CORNERS:
            return False
        self._turn, self._log_zoom = turn, log_zoom
        self._key, self._now = self._key[agreeing], self._now[agreeing]
        return True


@dataclass(frozen=True, eq=False)
class _Picture:
    """A small picture; all lengths are its pixels."""

    grey: Grey
    boxes: tuple[Ints, ...]
    """(2, 2) corners of each person's box, enlarged."""
    focal: float

    @property
    def center(self) -> Floats:
        """(2,) the principal point."""
        return np.array(self.grey.shape[::-1]) / 2

    def shows_background(self, points: Floats) -> NDArray[np.bool_]:
        """(N,) whether points (N, 2) are in the picture, and in nobody's box."""
        height, width = self.grey.shape
        x, y = points.T
        inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
        for low, high in self.boxes:
            inside &= ((points < low) | (points > high)).any(-1)
        return inside


def fit_rotation(
    before: Floats, after: Floats, rotation: Floats, log_zoom: float, focal: float
) -> tuple[Floats, float, NDArray[np.bool_]]:
    """The rotation and zoom that take rays (N, 2) to rays (N, 2): weighted least squares with Tukey's weights.

    Args:
        rotation: (3, 3) where to begin, with `log_zoom`, the logarithm of the zoom.
        focal: pixels, in which `TOLERANCE` is measured.

    Returns:
        the rotation (3, 3), the logarithm of the zoom, and (N,) whether a point follows.
    """
    x, y = (_median(error) for error in (after - turned(before, rotation, log_zoom)).T)
    rotation = _rotation(np.array([-y, x, 0.0])) @ rotation
    rays, goal = np.concatenate([before, np.ones((len(before), 1))], axis=1).T, after.T
    jacobian = np.empty((4, 2, len(before)))  # by three angles and the logarithm of the zoom
    for left in range(ROUNDS, 0, -1):
        x, y, depth = rotation @ rays
        depth = np.maximum(depth, LEAST_DEPTH)
        x, y = x / depth, y / depth
        jacobian[:] = (-x * y, -1 - y * y), (1 + x * x, x * y), (-y, x), (x, y)
        jacobian *= np.exp(log_zoom)
        error = goal - jacobian[3]
        distance = np.hypot(*error) * focal
        limit = max(TOLERANCE, 3 * _median(distance) if left > 2 else 0.0)
        weight = np.maximum(1 - (distance / (2 * limit)) ** 2, 0) ** 2
        weighted = (jacobian * weight).reshape(4, -1)
        step = np.linalg.solve(weighted @ jacobian.reshape(4, -1).T + 1e-9 * np.eye(4), weighted @ error.reshape(-1))
        rotation, log_zoom = _rotation(step[:3]) @ rotation, log_zoom + float(step[3])
    distance = np.linalg.norm(after - turned(before, rotation, log_zoom), axis=-1) * focal
    return rotation, log_zoom, distance < TOLERANCE


def _median(values: Floats) -> float:
    """As `np.median`, which takes longer than all else here does for so few values."""
    ordered, count = np.sort(values), len(values)
    return 0.5 * float(ordered[(count - 1) // 2] + ordered[count // 2])


def _rotation(axis_angle: Floats) -> Floats:
    """The matrix (3, 3) of one axis times angle (3,) in radians."""
    return np.asarray(cv2.Rodrigues(axis_angle)[0])


def turned(rays: Floats, rotation: Floats, log_zoom: float) -> Floats:
    """Rays (N, 2) after the camera has turned and zoomed."""
    turned = rays @ rotation[:, :2].T + rotation[:, 2]
    return np.exp(log_zoom) * turned[:, :2] / np.maximum(turned[:, 2:], LEAST_DEPTH)


def _boxes_by_frame(tracks: Sequence[Track], part: Part) -> dict[int, list[Floats]]:
    """The boxes of the people in each frame of a part and of its warm-up."""
    boxes: dict[int, list[Floats]] = {}
    for track in tracks:
        rows = slice(*np.searchsorted(track.times, (part.warm_up, part.end)))
        for frame, box in zip(track.frames[rows].tolist(), track.boxes[rows], strict=True):
            boxes.setdefault(frame, []).append(box)
    return boxes


def _small(rgb: NDArray[np.uint8], boxes: Sequence[Floats], focal: float) -> _Picture:
    """A picture in grey, its longer side reduced to `SIDE`; boxes (4,) and focal length are reduced likewise."""
    scale, size = small_size((rgb.shape[1], rgb.shape[0]))
    # One channel is reduced in half the time of three.
    small = cv2.resize(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA)
    grey = cv2.GaussianBlur(small, (0, 0), BLUR)
    return _Picture(grey.astype(np.uint8, copy=False), tuple(_enlarged(box, scale) for box in boxes), focal * scale)


def small_size(size: tuple[int, int]) -> tuple[float, tuple[int, int]]:
    """The scale at which corners are followed in pictures of a size (width, height), and their size at that scale."""
    scale = min(SIDE / max(size), 1.0)
    return scale, (max(round(size[0] * scale), 1), max(round(size[1] * scale), 1))


def _enlarged(box: Floats, scale: float) -> Ints:
    """(2, 2) corners in pixels of the small picture."""
    corners = box.reshape(2, 2)
    margin = MARGIN * float((corners[1] - corners[0]).max())
    return np.rint((corners + np.array([[-margin], [margin]])) * scale).astype(int)
