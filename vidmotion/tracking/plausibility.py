"""Decides which tracks show a person, and why the others do not.

A detector also finds people in static clutter and on posters, finds one person twice, or takes a part of somebody for
somebody else. Over time these differ from people:

- The limbs of a person move against each other, even of a person who stands still: breathing and swaying are slow. The
  points of clutter only jitter, independently from frame to frame. So the movement of the points, smoothed over
  `SMOOTHING` seconds, is compared with what their jitter alone gives. Movements of the camera are taken out first.
- The points of a double stay on somebody else's. A part of somebody is much smaller, lies within that person's box
  and on that person's bones, and has lower scores.

A person who is lost is worse than clutter that is kept: the limits are closer to clutter than to people.
Distances are relative to the size of the person and times are in seconds. Numpy only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vidmotion.skeletons import H36M17, convert
from vidmotion.types import Bools, Floats, Ints, Track

SMOOTHING = 0.5
"""Seconds over which points are averaged, so that jitter cancels and the movement of a body remains."""
CHUNK = 3.0
"""Seconds over which movement is measured; the liveliest part of a track counts."""
SHORTEST = 1.0
"""Seconds; the movement of shorter tracks is not judged."""
FEWEST = 8
"""Frames from which movement is judged."""
LIVELY = 1.7
"""Least smoothed movement of a person with good scores, relative to what jitter alone gives. Measured in pieces of
1.2 s and more: people 3.8 and more; clutter with independent jitter 1.1, posters 1.9 to 2.3 (below `LEAST_MOVEMENT`).
Jitter that is correlated over several frames exceeds this too: such clutter is kept."""
LIVELY_UNCERTAIN = 2.5
"""The same for scores below `CERTAIN`."""
LEAST_MOVEMENT = 0.0015
"""Least smoothed movement of a person, in body sizes. Measured: posters 0.0006; somebody who stands still 0.0023
in 1.2 s and 0.0038 in 2 s."""
FAST = 3.0
"""Least unsmoothed movement of a person relative to the jitter, for movements that smoothing cancels."""
FAST_MOVEMENT = 0.02
"""The same in body sizes."""
LONGEST_STEP = 0.07
"""Seconds between two frames; with longer steps, movements look like jitter, and `SLOW_MOVEMENT` is enough."""
SLOW_MOVEMENT = 0.01
"""Smoothed movement in body sizes, whatever the jitter. Measured: clutter 0.0022."""
MOVING_SHARE = 0.05
"""Share of the chunks of a person in which there is movement; a change of the light moves points once."""
CERTAIN = 0.6
"""Score of a person who stands still. If nobody moves, such a person is kept without any movement: a photo."""
SMALL = 0.1
"""Body size as a share of the longer side of the picture; smaller, a person who does not move is clutter."""
UNCERTAIN = 0.15
"""Tracks of a lower score are too uncertain."""
BRIEF = 1.0
"""Seconds; shorter tracks need the score `BRIEF_SCORE`."""
BRIEF_SCORE = 0.25
MOST = 0.6
"""Share of its frames in which a track must coincide with somebody else to be a double or a part."""
DOUBLE = 0.12
"""Mean distance of the points of a double, in body sizes."""
PART = 0.5
"""Largest size of a part, relative to the person."""
ON_BONES = 0.08
"""Mean distance of the points of a part from the person's bones, in sizes of the person."""
PART_SCORE = 0.7
"""Largest score of a part, relative to the person's."""

_NAMES = [f"{side}_{part}" for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
          for side in ("left", "right")]  # fmt: skip
_LIMBS = np.array([H36M17.joints.index(name) for name in _NAMES])
_BONES = np.array([(0, 2), (2, 4), (1, 3), (3, 5), (6, 8), (8, 10), (7, 9), (9, 11), (0, 6), (1, 7), (0, 1), (6, 7)])
"""(B, 2) pairs of `_LIMBS`."""


@dataclass(frozen=True, eq=False)
class Dropped:
    """A track that shows nobody."""

    track: Track
    reason: str
    """In words, such as "static clutter" or "part of person 0"; the ids are those of the tracks that were kept."""

    def __str__(self) -> str:
        """One line for the user."""
        count = len(self.track)
        frames = "1 frame" if count == 1 else f"{count} frames"
        return f"a track of {frames} from frame {self.track.frames[0]} ({self.reason})"


@dataclass(frozen=True, eq=False)
class _Limbs:
    """What the verdict on a track depends on: its limbs in the N frames in which it was observed."""

    frames: Ints
    """(N,)"""
    times: Floats
    """(N,) seconds."""
    xy: Floats
    """(N, 12, 2) pixels."""
    boxes: Floats
    """(N, 4) of the track."""
    score: float
    """Median of all limbs."""
    size: float
    """Pixels, median of the larger extent."""

    @property
    def seconds(self) -> float:
        return float(self.times[-1] - self.times[0])


def split_plausible(
    tracks: Sequence[Track], size: tuple[int, int], renumber: bool = True, skipped: Sequence[int] = ()
) -> tuple[list[Track], list[Dropped]]:
    """The tracks that show people, and the others with the reasons.

    Args:
        size: width and height of the picture in pixels.
        renumber: number the kept tracks from 0 in their order; otherwise they keep their ids.
        skipped: frames in which nobody was searched for. What is interpolated there has no jitter, so that clutter
            would seem to move smoothly.
    """
    limbs = [_observed_limbs(track, skipped) for track in tracks]
    reasons = [_uncertain(one) for one in limbs]
    moving = [_moves(one) for one in limbs]
    others = any(moves and reason is None for moves, reason in zip(moving, reasons, strict=True))
    for index, one in enumerate(limbs):
        photo = not others and one.score >= CERTAIN and one.size >= SMALL * max(size)
        if reasons[index] is None and moving[index] is False and not photo:
            reasons[index] = "static clutter"
    copies = _copies(limbs, [index for index, reason in enumerate(reasons) if reason is None])
    kept = [index for index, reason in enumerate(reasons) if reason is None and index not in copies]
    ids = {index: number if renumber else tracks[index].id for number, index in enumerate(kept)}
    for index, (relation, other) in copies.items():
        reasons[index] = f"{relation} of person {ids[other]}"
    return (
        [replace(tracks[index], id=ids[index]) for index in kept],
        [Dropped(track, reason) for track, reason in zip(tracks, reasons, strict=True) if reason is not None],
    )


def _observed_limbs(track: Track, skipped: Sequence[int]) -> _Limbs:
    seen = track.observed & ~np.isin(track.frames, skipped)
    points = convert(track.keypoints, H36M17.name)
    xy, score = points.xy[seen][:, _LIMBS].astype(float), points.score[seen][:, _LIMBS]
    extent = float(np.median(np.ptp(xy, axis=1).max(1)))
    return _Limbs(
        track.frames[seen], track.times[seen], xy, track.boxes[seen], float(np.median(score)), max(extent, 1e-6)
    )


def _uncertain(limbs: _Limbs) -> str | None:
    needed = BRIEF_SCORE if limbs.seconds < BRIEF else UNCERTAIN
    return "too uncertain" if limbs.score < needed else None


def _moves(limbs: _Limbs) -> bool | None:
    """Whether the limbs move against each other as those of a person do; None where that cannot be judged."""
    if limbs.seconds < SHORTEST or len(limbs.times) < FEWEST:
        return None
    count = min(max(round(limbs.seconds / CHUNK), 1), len(limbs.times) // FEWEST)
    moving = [_chunk_moves(limbs, part) for part in np.array_split(np.arange(len(limbs.times)), count)]
    return sum(moving) >= max(MOVING_SHARE * len(moving), 1)


def _chunk_moves(limbs: _Limbs, part: Ints) -> bool:
    """Whether the limbs move against each other in some of the frames."""
    step = float(np.median(np.diff(limbs.times[part])))
    shape = _without_camera(limbs.xy[part]) / limbs.size
    count = min(max(round(SMOOTHING / step), 2), len(part) // 2)
    total = np.cumsum(np.pad(shape, ((1, 0), (0, 0), (0, 0))), axis=0)
    smoothed = _movement((total[count:] - total[:-count]) / count)
    if step > LONGEST_STEP and smoothed >= SLOW_MOVEMENT:
        return True
    movement = _movement(shape)
    bend = shape[2:] - 2 * shape[1:-1] + shape[:-2]
    jitter = float(np.sqrt(np.median((bend**2).sum(-1)) / 6))
    lively = LIVELY if limbs.score >= CERTAIN else LIVELY_UNCERTAIN
    slow = smoothed >= max(lively * jitter / np.sqrt(count), LEAST_MOVEMENT)
    return slow or movement >= max(FAST * jitter, FAST_MOVEMENT)


def _movement(xy: Floats) -> float:
    """Mean over points (N, P, 2) of their mean deviation from their mean position."""
    return float(np.sqrt(((xy - xy.mean(0)) ** 2).sum(-1).mean(0)).mean())


def _without_camera(xy: Floats) -> Floats:
    """Points (N, P, 2) turned, scaled and moved to fit their median shape, which is then subtracted."""
    points = xy[..., 0] + 1j * xy[..., 1]
    points = points - points.mean(1, keepdims=True)
    shape = points[len(points) // 2]
    for _ in range(2):
        turn = (points.conj() * shape).sum(1) / np.maximum((np.abs(points) ** 2).sum(1), 1e-9)
        fitted = points * turn[:, None]
        shape = np.median(fitted.real, axis=0) + 1j * np.median(fitted.imag, axis=0)
    left = fitted - shape
    return np.stack([left.real, left.imag], -1)


def _copies(limbs: Sequence[_Limbs], among: Sequence[int]) -> dict[int, tuple[str, int]]:
    """Tracks that are a double or a part of somebody else who is kept: what, and of whom."""
    copies: dict[int, tuple[str, int]] = {}
    kept: list[int] = []
    for index in sorted(among, key=lambda index: -limbs[index].score * len(limbs[index].times) * limbs[index].size):
        found = [(relation, other) for other in kept if (relation := _relation(limbs[index], limbs[other]))]
        if found:
            copies[index] = found[0]
        else:
            kept.append(index)
    return copies


def _relation(one: _Limbs, other: _Limbs) -> str | None:
    """Whether a track is a "double" or a "part" of somebody else."""
    _, own, theirs = np.intersect1d(one.frames, other.frames, assume_unique=True, return_indices=True)
    needed = MOST * len(one.frames)
    if len(own) < needed:
        return None
    xy, person = one.xy[own], other.xy[theirs]
    apart = np.linalg.norm(xy - person, axis=-1).mean(1)
    if (apart < DOUBLE * max(one.size, other.size)).sum() >= needed:
        return "double"
    if one.size > PART * other.size or one.score > PART_SCORE * other.score:
        return None
    on_person = _distance_from_bones(xy, person).mean(1) < ON_BONES * other.size
    return "part" if (on_person & _within(one.boxes[own], other.boxes[theirs])).sum() >= needed else None


def _within(boxes: Floats, others: Floats) -> Bools:
    """(N,) whether most of each box (N, 4) lies in the other."""
    sides = np.minimum(boxes[:, 2:], others[:, 2:]) - np.maximum(boxes[:, :2], others[:, :2])
    area = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    within: Bools = sides.clip(0).prod(1) >= 0.8 * area
    return within


def _distance_from_bones(xy: Floats, person: Floats) -> Floats:
    """(N, P) pixels from points (N, P, 2) to the nearest bone of a person (N, 12, 2)."""
    start, end = person[:, None, _BONES[:, 0]], person[:, None, _BONES[:, 1]]
    along, away = end - start, xy[:, :, None] - start
    share = ((away * along).sum(-1) / np.maximum((along**2).sum(-1), 1e-9)).clip(0, 1)
    distance: Floats = np.linalg.norm(away - share[..., None] * along, axis=-1).min(-1)
    return distance
