"""Estimates how the camera of a video turns and zooms, from corners of the background that are followed over time.

People are masked by their boxes. All motion of the background is taken for rotation and zoom: a camera that is carried
along seems to turn. Sources: Shi and Tomasi 1994 (corners), Bouguet 2001 (pyramidal Lucas-Kanade).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from vidmotion.geometry.filters import median_smooth
from vidmotion.geometry.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from vidmotion.types import STILL, TURNS, UNSURE, CameraMotion, Floats, Ints, Track
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
STILL_PIXELS = 1.0
"""Pixels of the small picture; a background that never moves further does not move."""
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
LEAST_ZOOM = 1.3
"""A smaller change of the focal length over a whole shot is not zoom: the camera may have come closer."""
CERTAIN_SHARE = 0.7
"""Share of the frames of a shot that must be certain; otherwise the camera is taken to stand still."""

_LUCAS_KANADE = {"winSize": (17, 17), "maxLevel": 3}

Grey = NDArray[np.uint8]


def camera_motion(
    frames: Iterable[Frame], count: int, tracks: Sequence[Track], cuts: Sequence[int], focal: float,
    advance: Callable[[int], None] = lambda done: None, *, turns: bool = False,
) -> CameraMotion:  # fmt: skip
    """The motion of the camera in the first `count` frames of a video.

    Args:
        frames: of the video, in their order; numbers may be missing.
        tracks: the people, who are not background.
        cuts: frame numbers, rising, at which a new shot begins.
        focal: pixels.
        advance: called with the number of frames done.
        turns: whether the camera is known to turn or zoom, so that it is never taken for one that stands still.
    """
    boxes = _boxes_by_frame(tracks)
    shots = [_Shot(turns) for _ in range(len(cuts) + 1)]
    begins = np.zeros(len(shots), int)
    begins[1:] = cuts
    estimate = _Estimate(np.zeros((count, 3)), np.zeros(count), np.zeros(count, bool), np.zeros(count))
    for done, frame in enumerate(frames, start=1):
        if frame.index >= count:
            break
        number = int(np.searchsorted(begins, frame.index, "right")) - 1
        shots[number].add(_small(frame.rgb, boxes.get(frame.index, ()), focal), frame.index, estimate)
        advance(done)
    return _assembled(estimate, begins, focal, turns)


def with_focal(motion: CameraMotion, focal: float, cuts: Sequence[int]) -> CameraMotion:
    """The motion for another focal length: what turns the picture by as many pixels turns the camera by less or more.

    Args:
        focal: pixels.
        cuts: frame numbers, rising, at which a new shot begins.
    """
    if not motion.moves or math.isclose(focal, motion.focal, rel_tol=1e-6):
        return replace(motion, focal=focal)
    factors = np.array([motion.focal / focal, motion.focal / focal, 1.0])
    before = np.concatenate([np.eye(3)[None], motion.rotation[:-1]])
    before[[0, *(cut for cut in cuts if cut < len(motion))]] = np.eye(3)
    steps = axis_angle_to_matrix(matrix_to_axis_angle(motion.rotation @ before.swapaxes(1, 2)) * factors)
    rotation = np.empty_like(motion.rotation)
    for row, step in enumerate(steps):
        rotation[row] = step if row == 0 or row in cuts else step @ rotation[row - 1]
    return replace(motion, rotation=rotation, focal=focal)


@dataclass
class _Estimate:
    """What is known of N frames: rotation (N, 3) and logarithm of the zoom (N,), from the shot's first frame on."""

    rotation: Floats
    log_zoom: Floats
    certain: NDArray[np.bool_]
    moved: Floats
    """(N,) pixels of the small picture, by how much its points moved in the mean."""


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


@dataclass
class _Shot:
    """Follows corners through one shot, from key frame to key frame."""

    turns: bool
    """Whether the camera never counts as still."""
    key_rotation: Floats = field(default_factory=lambda: np.eye(3))
    key_zoom: float = 0.0
    corners: Floats = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    """(N, 2) pixels, corners of the key frame that are still followed."""
    now: Floats = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    """(N, 2) pixels, where they are in the last frame."""
    at_first: int = 0
    last: Grey | None = None
    turn: Floats = field(default_factory=lambda: np.eye(3))
    """(3, 3) rotation since the key frame."""
    zoom: float = 0.0
    """Logarithm of the zoom since the key frame."""

    def add(self, picture: _Picture, number: int, into: _Estimate) -> None:
        """Follow the corners into the next picture, and write what they tell into the row of the frame."""
        known = self._follow(picture)
        rotation, zoom = self.turn @ self.key_rotation, self.key_zoom + self.zoom
        into.rotation[number], into.log_zoom[number] = matrix_to_axis_angle(rotation), zoom
        into.certain[number] = known or self.last is None
        into.moved[number] = moved = _displacement(rotation, zoom, picture)
        if not known or len(self.now) < REFRESH * self.at_first:
            # A camera that has not moved so far has not moved at all.
            stood = moved < STILL_PIXELS and not self.turns
            self._begin(picture, *((np.eye(3), 0.0) if stood else (rotation, zoom)))
        self.last = picture.grey

    def _follow(self, picture: _Picture) -> bool:
        """Whether the rotation from the key frame is found, which is then in `turn` and `zoom`."""
        if self.last is None or len(self.now) < LEAST_CORNERS:
            return False
        moved, found, _ = cv2.calcOpticalFlowPyrLK(self.last, picture.grey, self.now, None, **_LUCAS_KANADE)  # type: ignore[call-overload]
        back, _, _ = cv2.calcOpticalFlowPyrLK(picture.grey, self.last, moved, None, **_LUCAS_KANADE)  # type: ignore[call-overload]
        returns = np.linalg.norm(back - self.now, axis=-1) < RETURNS
        kept = (found[:, 0] > 0) & returns & picture.shows_background(moved)
        self.corners, self.now = self.corners[kept], moved[kept]
        if len(self.now) < LEAST_CORNERS or self.now.std(0).max() < SPREAD * max(picture.grey.shape):
            return False
        before, after = ((points - picture.center) / picture.focal for points in (self.corners, self.now))
        turn, zoom, agreeing = fit_rotation(before, after, self.turn, self.zoom, picture.focal)
        if agreeing.mean() < AGREEING or agreeing.sum() < LEAST_CORNERS:
            return False
        self.turn, self.zoom = turn, zoom
        self.corners, self.now = self.corners[agreeing], self.now[agreeing]
        return True

    def _begin(self, picture: _Picture, rotation: Floats, zoom: float) -> None:
        """Make a picture the key frame, whose rotation and zoom since the shot's first frame are known."""
        self.key_rotation, self.key_zoom = rotation, zoom
        self.turn, self.zoom = np.eye(3), 0.0
        mask = np.full(picture.grey.shape, 255, np.uint8)
        for (x0, y0), (x1, y1) in picture.boxes:
            mask[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = 0
        found = cv2.goodFeaturesToTrack(picture.grey, CORNERS, 0.01, 7, mask=mask)
        self.corners = np.zeros((0, 2), np.float32) if found is None else found[:, 0].astype(np.float32)
        self.now, self.at_first = self.corners, len(self.corners)


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
    error = np.median(after - _turned(before, rotation, log_zoom), axis=0)
    rotation = axis_angle_to_matrix(np.array([-error[1], error[0], 0.0])) @ rotation
    for left in range(ROUNDS, 0, -1):
        at = _turned(before, rotation, 0.0)
        scaled = np.exp(log_zoom) * at
        error = after - scaled
        distance = np.linalg.norm(error, axis=-1) * focal
        limit = max(TOLERANCE, 3 * float(np.median(distance)) if left > 2 else 0.0)
        weight = np.clip(1 - (distance / (2 * limit)) ** 2, 0, None)[:, None] ** 2
        x, y = at.T
        one = np.ones_like(x)
        turning = np.stack([np.stack([-x * y, one + x * x, -y], -1), np.stack([-one - y * y, x * y, x], -1)], 1)
        jacobian = np.concatenate([np.exp(log_zoom) * turning, scaled[..., None]], -1)  # (N, 2, 4)
        weighted = (jacobian * weight[..., None]).reshape(-1, 4)
        step = np.linalg.solve(weighted.T @ jacobian.reshape(-1, 4) + 1e-9 * np.eye(4), weighted.T @ error.reshape(-1))
        rotation, log_zoom = axis_angle_to_matrix(step[:3]) @ rotation, log_zoom + float(step[3])
    distance = np.linalg.norm(after - _turned(before, rotation, log_zoom), axis=-1) * focal
    return rotation, log_zoom, distance < TOLERANCE


def _turned(rays: Floats, rotation: Floats, log_zoom: float) -> Floats:
    """Rays (N, 2) after the camera has turned and zoomed."""
    turned = rays @ rotation[:, :2].T + rotation[:, 2]
    return np.exp(log_zoom) * turned[:, :2] / np.maximum(turned[:, 2:], 0.05)


def _displacement(rotation: Floats, log_zoom: float, picture: _Picture) -> float:
    """Pixels by which the picture's points move in the mean, measured near its corners and at its center."""
    corners = np.array([[0, 0], [-1, -1], [-1, 1], [1, -1], [1, 1]]) * 0.7 * picture.center / picture.focal
    moved = _turned(corners, rotation, log_zoom)
    return float(np.linalg.norm(moved - corners, axis=-1).mean() * picture.focal)


def _assembled(estimate: _Estimate, begins: Ints, focal: float, turns: bool) -> CameraMotion:
    """The motion of all shots; none of those of which too little is certain, or that hardly move unless it `turns`."""
    count = len(estimate.certain)
    rotation, zoom = np.tile(np.eye(3), (count, 1, 1)), np.ones(count)
    certain, kinds = estimate.certain.copy(), []
    for begin, end in zip(begins, [*begins[1:], count], strict=True):
        shot = slice(begin, end)
        known = estimate.certain[shot]
        sure = len(known) > 0 and known.mean() >= CERTAIN_SHARE
        moves = sure and (turns or estimate.moved[shot][known].max() > STILL_PIXELS)
        kinds.append(TURNS if moves else STILL if sure else UNSURE)
        if moves:
            rotation[shot] = axis_angle_to_matrix(estimate.rotation[shot])
            smooth = median_smooth(estimate.log_zoom[shot], 7)
            if np.ptp(smooth) > np.log(LEAST_ZOOM):
                zoom[shot] = np.exp(smooth)
    rows = slice(count if TURNS in kinds else 0)
    return CameraMotion(tuple(kinds), rotation[rows], zoom[rows], certain[rows], focal)


def _boxes_by_frame(tracks: Sequence[Track]) -> dict[int, list[Floats]]:
    boxes: dict[int, list[Floats]] = {}
    for track in tracks:
        for frame, box in zip(track.frames.tolist(), track.boxes, strict=True):
            boxes.setdefault(frame, []).append(box)
    return boxes


def _small(rgb: NDArray[np.uint8], boxes: Sequence[Floats], focal: float) -> _Picture:
    """A picture in grey, its longer side reduced to `SIDE`; boxes (4,) and focal length are reduced likewise."""
    scale = min(SIDE / max(rgb.shape[:2]), 1.0)
    size = (max(round(rgb.shape[1] * scale), 1), max(round(rgb.shape[0] * scale), 1))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    grey = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), (0, 0), BLUR)
    return _Picture(grey.astype(np.uint8, copy=False), tuple(_enlarged(box, scale) for box in boxes), focal * scale)


def _enlarged(box: Floats, scale: float) -> Ints:
    """(2, 2) corners in pixels of the small picture."""
    corners = box.reshape(2, 2)
    margin = MARGIN * float((corners[1] - corners[0]).max())
    return np.rint((corners + np.array([[-margin], [margin]])) * scale).astype(int)
