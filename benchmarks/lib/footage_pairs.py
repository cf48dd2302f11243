"""Person-frames of a footage store as flat arrays: the detector's output beside the truth.

Used by accuracy/detector_table.py and accuracy/keypoint_calibration.py. N is the number of frames in which a person was
seen, summed over people.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np

from vidmotion.data.store import Store, StoredClip
from vidmotion.skeletons import H36M17, convert
from vidmotion.types import Keypoints2D

WRONG = 0.15
"""Mean error in body heights; a detection with a larger one does not show the pose at all."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """N person-frames, those of a person together and in order of time."""

    xy: np.ndarray
    """(N, K, 2) pixels, detected."""
    score: np.ndarray
    """(N, K) in 0..1."""
    truth: np.ndarray
    """(N, 17, 2) pixels, exact."""
    camera: np.ndarray
    """(N, 17, 3) metres, camera axes, exact."""
    height: np.ndarray
    """(N,) pixels, at the root's depth."""
    clip: np.ndarray
    """(N,) name of the clip of motion capture."""
    run: np.ndarray
    """(N,) number of the person in the store."""
    frame: np.ndarray
    """(N,) of the footage clip."""

    def take(self, which: np.ndarray) -> Pairs:
        """The frames chosen by a mask or by numbers."""
        return Pairs(*(getattr(self, field.name)[which] for field in fields(self)))

    def converted(self, skeleton: str) -> tuple[np.ndarray, np.ndarray]:
        """The 17 joints of the detector's points, (N, 17, 2) pixels, and their scores (N, 17)."""
        points = convert(Keypoints2D(self.xy, self.score, skeleton), H36M17.name)
        return points.xy, points.score

    def runs(self, frames: int) -> np.ndarray:
        """(R, frames) numbers of frames that follow each other, cut from the beginning of each whole stretch."""
        breaks = np.flatnonzero((np.diff(self.run) != 0) | (np.diff(self.frame) != 1)) + 1
        edges = [0, *breaks, len(self.run)]
        starts = [start for first, last in pairwise(edges) for start in range(first, last - frames + 1, frames)]
        return np.array(starts, int)[:, None] + np.arange(frames)


def read_pairs(store: Store) -> Pairs:
    """All people whom the detector saw; gaps that the tracker filled in are left out."""
    parts = [_of_person(store, clip, person) for clip in store.clips for person in range(clip.people)]
    joined = [np.concatenate(column) for column in zip(*parts, strict=True)]
    run = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])
    xy, score, truth, camera, height, clip, frame = joined
    return Pairs(xy, score, truth, camera, height, clip, run, frame)


def _of_person(store: Store, clip: StoredClip, person: int) -> tuple[np.ndarray, ...]:
    stored, actor = store.person(clip, person), clip.recipe["actors"][person]
    seen = np.flatnonzero(stored.observed)
    height = clip.focal * actor["height"] / stored.joints[seen, 0, 2]
    arrays = (stored.xy, stored.score, stored.exact, stored.joints)
    return (
        *(array[seen].astype(np.float32) for array in arrays),
        height,
        np.full(len(seen), actor["clip"]),
        seen,
    )


def right_ones(error: np.ndarray) -> np.ndarray:
    """(N,) bool, of errors (N, 17, 2) in body heights: whether the detection shows the pose at all."""
    return np.linalg.norm(error, axis=-1).mean(1) < WRONG
