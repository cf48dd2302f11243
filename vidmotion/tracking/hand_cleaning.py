"""Cleans the landmarks of a person's hands over time: outliers dropped, short gaps filled, smoothed. Numpy only."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from vidmotion.geometry.filters import frame_rate, gaussian_smooth, unbroken_runs
from vidmotion.skeletons import by_name
from vidmotion.types import Floats, Hands, Ints, Track

NEIGHBORS = 2
"""Readings before and after one, with which it is compared."""
JUMP = 0.4
"""Mean distance of a reading's landmarks from the median of its neighbors, as a share of the hand's size in the
picture, beyond which it is dropped."""
JUMP_3D = 0.03
"""Metres, the same in 3D."""
FEWEST, WITHIN = 3, 0.5
"""A reading is dropped unless there are so many within so many seconds; fewer where there are fewer frames."""
FILLED_GAP = 0.35
"""Seconds; longer gaps stay empty."""
FILLED_SCORE = 0.5
"""Factor of the score where a gap is filled."""
SMOOTHING = 0.04
"""Seconds, standard deviation of the smoothing."""


def clean_hands(hands: Hands, track: Track, stride: int) -> Hands:
    """The hands with a position in every frame in which they are seen, or were shortly before and after.

    Args:
        hands: with score 0 where nothing was read or found.
        stride: frames from one reading of a hand to the next.
    """
    joints = by_name(track.keypoints.skeleton).joints
    wrists = track.keypoints.xy[:, [joints.index("left_wrist"), joints.index("right_wrist")]].astype(np.float64)
    relative = hands.xy - wrists[:, :, None]
    xy, points, score = np.zeros_like(hands.xy), np.zeros_like(hands.points), np.zeros_like(hands.score)
    rate = frame_rate(track.times, 30.0)
    for run in unbroken_runs(track.frames, track.times):
        for side in range(2):
            values = np.concatenate([relative[run, side], hands.points[run, side]], -1)  # (T, 21, 5)
            for rows, filled, sure in _spans(values, hands.score[run, side], track.times[run], rate, stride):
                at = rows + run.start
                smooth = gaussian_smooth(filled, SMOOTHING * rate)
                xy[at, side] = smooth[..., :2] + wrists[at, side][:, None]
                points[at, side], score[at, side] = smooth[..., 2:], sure
    return Hands(xy.astype(np.float32), points.astype(np.float32), score.astype(np.float32))


def _spans(
    values: Floats, score: Floats, times: Floats, rate: float, stride: int
) -> Iterator[tuple[Ints, Floats, Floats]]:
    """Each span of rows without long gaps: rows (N,), values (N, 21, 5) and scores (N,).

    Args:
        values: (T, 21, 5) pixels from the body's wrist and metres, of consecutive frames.
        score: (T,) 0 where there is no reading.
    """
    seen = np.flatnonzero(score > 0)
    seen = seen[_consistent(values[seen])]
    seen = seen[_frequent(times[seen], min(FEWEST, round(rate / stride * WITHIN) + 1, len(score)))]
    if not len(seen):
        return
    breaks = np.flatnonzero(np.diff(times[seen]) > max(FILLED_GAP, 1.5 * stride / rate)) + 1
    for part in np.split(seen, breaks):
        rows = np.arange(part[0], part[-1] + 1)
        flat = values[part].reshape(len(part), -1)
        filled = np.stack([np.interp(times[rows], times[part], column) for column in flat.T], -1)
        gaps = np.diff(part, prepend=part[0])[np.searchsorted(part, rows)]  # frames between the readings around a row
        sure = np.interp(times[rows], times[part], score[part])
        sure[(gaps > stride) & ~np.isin(rows, part)] *= FILLED_SCORE
        yield rows, filled.reshape(len(rows), *values.shape[1:]), sure


def _consistent(values: Floats) -> np.ndarray:
    """(N,) whether each reading (N, 21, 5) is near the median of those around it."""
    kept = np.ones(len(values), bool)
    for row in range(len(values)) if len(values) > NEIGHBORS else ():
        low = max(0, min(row - NEIGHBORS, len(values) - 2 * NEIGHBORS - 1))
        middle = np.median(values[low : low + 2 * NEIGHBORS + 1], axis=0)
        away = values[row] - middle
        size = float(np.ptp(middle[:, :2], axis=0).max())
        jump = np.linalg.norm(away[:, :2], axis=-1).mean() > JUMP * size
        kept[row] = not (jump or np.linalg.norm(away[:, 2:], axis=-1).mean() > JUMP_3D)
    return kept


def _frequent(times: Floats, fewest: int) -> np.ndarray:
    """(N,) whether there are enough readings around each one, at rising times (N,)."""
    near = np.searchsorted(times, times + WITHIN, side="right") - np.searchsorted(times, times - WITHIN, side="left")
    return np.asarray(near >= fewest)
