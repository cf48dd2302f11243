"""Finds hard cuts, the frames at which another shot begins, while the frames come in; no frame is kept.

A cut is a sudden change after which most of the picture is found nowhere near where it was. Camera movement, movement
of people, exposure and noise leave the picture's parts recognizable; a pan at full speed, somebody who passes close to
the camera and a flash do not, but these are not over after one frame: the picture either goes on changing or returns.
So a cut is reported at once and withdrawn within 0.1 s if it was none. Fades, dissolves and wipes are not found.

PySceneDetect 0.7.2 (BSD-3-Clause; its headless edition needs OpenCV's headless build, click, platformdirs and tqdm)
takes frame by frame too, and was measured on the same clips. Its adaptive detector finds nearly as many cuts, but it
reports flashes and changes of exposure as well, and a skipped moment in real footage. It does so two frames late, when
these frames have been tracked. Its content detector also reports people who pass close to the camera. Does not depend
on people.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum

import cv2
import numpy as np
from numpy.typing import NDArray

_SIDE = 64
"""Pixels of the longer side of the small pictures that are compared."""
_BLOCK = 16
"""Pixels of the side of a block of the small picture."""
_STEP = 8
"""Pixels between blocks."""
_REACH = 6
"""Pixels that a block may have moved between two frames."""
_TEXTURE = 4.0
"""Least standard deviation of a block's brightness, of 255, for it to be recognizable."""
_FEWEST_BLOCKS = 3
"""A picture with fewer recognizable blocks is blank; it is not compared."""
_ALIKE = 0.9
"""Least correlation of a block with where it came from. Exposure does not change it."""

_LEAST_CHANGE = 5.0
"""Least mean difference of the colors, of 255, at a cut."""
_SUDDEN = 2.5
"""Least ratio between the change at a cut and that of the frames before."""
_BASELINE = 4
"""Number of these frames."""
_KEPT_AT_CUT = 0.5
"""Largest share of blocks that are found again across a cut. Sudden changes within real shots keep 0.62 and more."""
_KEPT_BY_FLASH = 0.75
"""Least share of blocks that are found again after a flash."""
_STILL_CHANGING = 0.4
"""Least ratio between the change of a frame and that of the cut before it, for a movement that goes on."""
_WITHDRAWAL = 0.1
"""Seconds, and at least two frames, in which a cut may be withdrawn."""


class Change(Enum):
    """What a frame is to the frames before it."""

    none = "the same shot"
    cut = "the first frame of a new shot"
    withdrawn = "the frame reported last as a cut was none; this is the shot before it"


@dataclass(frozen=True, eq=False)
class _Small:
    """A small picture."""

    rgb: NDArray[np.uint8]
    """(h, w, 3)."""
    gray: NDArray[np.uint8]
    """(h, w)."""
    blocks: tuple[tuple[int, int], ...]
    """Row and column of the recognizable blocks."""


@dataclass(frozen=True, eq=False)
class _Suspect:
    """A cut that may still be withdrawn."""

    before: _Small
    change: float
    frames_left: int


class CutFinder:
    """Finds the cuts of one video, frame by frame, in constant memory."""

    def __init__(self, fps: float) -> None:
        """Begin a video.

        Args:
            fps: its frame rate.
        """
        self._patience = max(2, round(_WITHDRAWAL * fps))
        self._last: _Small | None = None
        self._changes: deque[float] = deque(maxlen=_BASELINE)
        self._suspect: _Suspect | None = None

    def update(self, rgb: NDArray[np.uint8]) -> Change:
        """Compare the next frame with those before.

        Args:
            rgb: (H, W, 3).
        """
        now = _shrink(rgb)
        if len(now.blocks) < _FEWEST_BLOCKS:
            return Change.none  # the next frame that shows something is compared with the last one that did
        last, self._last = self._last, now
        if last is None:
            return Change.none
        if last.gray.shape != now.gray.shape:
            self._suspect = None
            return Change.cut
        change = _difference(last, now)
        baseline = max(self._changes, default=np.inf)  # the second frame of a video is never a cut
        self._changes.append(change)
        if self._is_withdrawn(last, now, change):
            self._suspect = None
            return Change.withdrawn
        if change >= max(_LEAST_CHANGE, _SUDDEN * baseline) and _kept(last, now) <= _KEPT_AT_CUT:
            self._suspect = _Suspect(last, change, self._patience)
            return Change.cut
        return Change.none

    def _is_withdrawn(self, last: _Small, now: _Small, change: float) -> bool:
        """Whether this frame shows that the cut just before it was none."""
        suspect = self._suspect
        if suspect is None:
            return False
        left = suspect.frames_left - 1
        self._suspect = _Suspect(suspect.before, suspect.change, left) if left else None
        goes_on = change >= _STILL_CHANGING * suspect.change and _kept(last, now) <= _KEPT_AT_CUT
        return goes_on or _kept(suspect.before, now) >= _KEPT_BY_FLASH


def _shrink(rgb: NDArray[np.uint8]) -> _Small:
    height, width = rgb.shape[:2]
    scale = _SIDE / max(height, width)
    columns, rows = max(_BLOCK, round(width * scale)), max(_BLOCK, round(height * scale))
    # Averages of 4 x 4 samples: averages of all pixels would take several times as long.
    sampled = cv2.resize(rgb, (4 * columns, 4 * rows), interpolation=cv2.INTER_NEAREST)
    small = cv2.resize(sampled, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    gray = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False)
    return _Small(small, gray, _recognizable(gray))


def _recognizable(gray: NDArray[np.uint8]) -> tuple[tuple[int, int], ...]:
    """Row and column of the blocks with some texture."""
    size, corner = (_BLOCK, _BLOCK), (0, 0)
    mean = cv2.boxFilter(gray, cv2.CV_32F, size, anchor=corner)
    square = cv2.sqrBoxFilter(gray, cv2.CV_32F, size, anchor=corner)
    last = (gray.shape[0] - _BLOCK + 1, gray.shape[1] - _BLOCK + 1)  # later blocks reach over the border
    textured = (square - mean**2)[: last[0] : _STEP, : last[1] : _STEP] >= _TEXTURE**2
    return tuple((int(row) * _STEP, int(column) * _STEP) for row, column in np.argwhere(textured))


def _difference(one: _Small, other: _Small) -> float:
    """Mean absolute difference of the colors, 0..255."""
    return float(cv2.norm(one.rgb, other.rgb, cv2.NORM_L1)) / one.rgb.size


def _kept(before: _Small, now: _Small) -> float:
    """Share of the recognizable blocks of a picture that are found near the same place in an earlier one."""
    wide = cv2.copyMakeBorder(before.gray, _REACH, _REACH, _REACH, _REACH, cv2.BORDER_REFLECT)
    found = 0
    for row, column in now.blocks:
        block = now.gray[row : row + _BLOCK, column : column + _BLOCK]
        side = _BLOCK + 2 * _REACH
        likeness = cv2.matchTemplate(wide[row : row + side, column : column + side], block, cv2.TM_CCOEFF_NORMED)
        found += bool(np.nanmax(likeness, initial=-1.0, where=np.isfinite(likeness)) >= _ALIKE)
    return found / len(now.blocks)
