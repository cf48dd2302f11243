"""The even frames of formats that have one frame rate: row k of every file is the video's frame k.

The rate is that of the usual step between two pictures of the video, so that pauses and dropped frames do not change
it. Rows between pictures that are less than a second apart are interpolated; in a longer gap the frame before it is
held. Does not depend on skeletons.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from vidmotion.errors import InputError
from vidmotion.geometry.rotations import slerp
from vidmotion.types import Bools, Floats, Ints, Scene, Track

MOST_ROWS = 500_000
"""4.6 hours at 30 frames/s. BVH then has 300 MB, AMASS 700 MB in memory."""
PAUSE = 1.0
"""Seconds; a longer step between two pictures is a pause of the video."""
RATES = tuple(
    Fraction(rate)
    for rate in ("10", "12", "15", "20", "24000/1001", "24", "25", "30000/1001", "30", "48", "50", "60000/1001", "60",
                 "90", "100", "120000/1001", "120", "200", "240000/1001", "240")
)  # fmt: skip
"""Usual frame rates of cameras."""
NEAR_MEDIAN = 0.15
"""Steps that differ from the median by a smaller share are usual ones."""
MILLISECOND = 0.00101
"""Seconds, with some room: those that differ by no more are, too, as the times of many files are whole milliseconds."""
CLOSE = 0.01
"""Share by which the usual step may differ from that of a known rate."""
JITTER = 0.05
"""The same for the file's own average, if that is a usual rate: times of screen recorders and webcams jitter."""
AT_FRAME = 1e-3
"""Share of the step between two frames within which a row lies at one of them."""
_PART = 8192


@dataclass(frozen=True)
class TimeGaps:
    """What a video lacks of even times, as far as people were seen."""

    dropped: int
    """Frames missing between pictures that follow each other in less than a second."""
    pauses: tuple[float, ...]
    """Seconds of each longer step between two pictures."""


@dataclass(frozen=True, eq=False)
class Grid:
    """N evenly spaced times, each between two neighbours of the T frames of a track."""

    times: Floats
    """(N,) seconds from the first frame of the video."""
    left: Ints
    """(N,) index of the frame before."""
    right: Ints
    """(N,) index of the frame after."""
    fraction: Floats
    """(N,) 0..1, of the time from the frame before to the frame after."""
    missing: Bools
    """(N,) True before the first frame, after the last one, and inside a gap, more than half a row from its ends."""

    def __len__(self) -> int:
        return len(self.times)

    def parts(self) -> Iterator[tuple[slice, Grid]]:
        """Consecutive parts of the grid, each with its rows, so that long ones need little memory."""
        for start in range(0, len(self), _PART):
            rows = slice(start, start + _PART)
            yield (
                rows,
                Grid(self.times[rows], self.left[rows], self.right[rows], self.fraction[rows], self.missing[rows]),
            )

    def interpolate(self, values: Floats) -> Floats:
        """Linear interpolation of values at the frames (T, ...) at the times of the grid: (N, ...).

        Between frames of which one is NaN, that is NaN.
        """
        fraction = self.fraction.reshape(-1, *[1] * (values.ndim - 1))
        left, right = values[self.left], values[self.right]
        between = left * (1 - fraction) + right * fraction
        # What is NaN in the other frame does not count at a frame itself, up to the rounding of times.
        return np.where(fraction < AT_FRAME, left, np.where(fraction > 1 - AT_FRAME, right, between))

    def interpolate_rotations(self, rotations: Floats) -> Floats:
        """Spherical linear interpolation of rotations at the frames (T, J, 3, 3): (N, J, 3, 3)."""
        out = rotations[self.left]
        moving = self.fraction > 0
        out[moving] = slerp(out[moving], rotations[self.right[moving]], self.fraction[moving])
        return out


def usual_rate(scene: Scene) -> Fraction:
    """Frames per second at the usual step between two pictures of the video.

    A step that is close to that of a usual rate of cameras, or to the average of the file, gives exactly that one. A
    scene without people in consecutive frames has the average rate of the file.
    """
    steps = _steps(scene)
    if not len(steps):
        return scene.fps
    median = float(np.percentile(steps, 50, method="lower"))
    usual = float(steps[np.abs(steps - median) <= max(NEAR_MEDIAN * median, MILLISECOND)].mean())

    def difference(rate: Fraction) -> float:
        return abs(usual * float(rate) - 1)

    if scene.fps in RATES and difference(scene.fps) < JITTER:
        return scene.fps
    nearest = min((scene.fps, *RATES), key=difference)
    return nearest if difference(nearest) < CLOSE else Fraction(1 / usual).limit_denominator(1001)


def is_gap(track: Track, rate: Fraction) -> Bools:
    """(T - 1,) where a person was not seen, or the video pauses, between a frame and the next one."""
    return (np.diff(track.frames) > 1) | (np.diff(track.times) > _pause(rate))


def time_gaps(scene: Scene) -> TimeGaps:
    """The dropped frames and the pauses of a scene's video."""
    rate, steps = usual_rate(scene), _steps(scene)
    is_pause = steps > _pause(rate)
    rows = float(steps[~is_pause].sum()) * float(rate)
    return TimeGaps(max(round(rows) - int((~is_pause).sum()), 0), tuple(steps[is_pause].tolist()))


def even_grid(scene: Scene, track: Track) -> tuple[Grid, Fraction]:
    """The rows of a person's file, from the first frame of the video to the last one, and their rate.

    Raises:
        InputError: there would be more rows than `MOST_ROWS`.
    """
    rate = usual_rate(scene)
    fps, times = float(rate), track.times.astype(np.float64)
    grid_times = np.arange(_row_count(scene, fps)) / fps
    left = np.clip(np.searchsorted(times, grid_times, side="right") - 1, 0, max(len(times) - 2, 0))
    right = np.minimum(left + 1, len(times) - 1)
    share = np.clip((grid_times - times[left]) / np.maximum(times[right] - times[left], 1e-12), 0, 1)
    gap = np.append(is_gap(track, rate), False)[left]
    # A time within half a row of the end of a gap counts as the frame after the gap.
    since, until = (grid_times - times[left]) * fps, (times[right] - grid_times) * fps
    resumed = until < 0.5
    missing = gap & ~resumed & (since > 0.5)
    missing |= ((times[0] - grid_times) * fps > 0.5) | ((grid_times - times[-1]) * fps > 0.5)
    return Grid(grid_times, left, right, np.where(gap, resumed, share), missing), rate


def _row_count(scene: Scene, fps: float) -> int:
    """How many rows reach from the first frame of the video to the last one.

    Raises:
        InputError: more than `MOST_ROWS`.
    """
    frames, times = _known_times(scene)
    # Nobody is in the frames after the last known one, so their times are not known.
    last = float(times[-1]) * fps + max(scene.frame_count - 1 - int(frames[-1]), 0)
    if last >= MOST_ROWS:
        raise InputError(
            f"{scene.source} reaches over {last + 1:.0f} rows at {fps:g} frames/s, with all pauses; wanted at most "
            f"{MOST_ROWS}; cut the video first, or take json, csv or glb"
        )
    return max(round(last), 0) + 1


def _pause(rate: Fraction) -> float:
    """Seconds; of videos with less than a frame a second, the usual step is no pause."""
    return max(PAUSE, 1.5 / float(rate))


def _steps(scene: Scene) -> Floats:
    """Seconds between each two consecutive frames in which somebody is."""
    frames, times = _known_times(scene)
    return np.diff(times)[np.diff(frames) == 1]


def _known_times(scene: Scene) -> tuple[Ints, Floats]:
    """The frames in which somebody is, rising, and their times in seconds."""
    if not scene.people:
        return np.zeros(0, int), np.zeros(0)
    frames, first = np.unique(np.concatenate([one.track.frames for one in scene.people]), return_index=True)
    return frames, np.concatenate([one.track.times for one in scene.people])[first].astype(np.float64)
