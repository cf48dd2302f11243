"""Runs a real detector on a clip, and matches its tracks with the people whose positions are known.

The tracks come from the same class that `vidmotion lift` uses. Does not depend on how the frames were drawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from vidmotion.data.store import FILLED, NOBODY, SEEN
from vidmotion.detectors import Detector, Picture
from vidmotion.skeletons import H36M17, convert
from vidmotion.tracking import PersonTracker
from vidmotion.tracking.plausibility import split_plausible
from vidmotion.types import Floats, Ints, Track

MAX_MATCH_DISTANCE = 0.3
"""Largest mean distance between a track's joints and a person's, as a share of the body height, for a match."""


@dataclass(frozen=True, eq=False)
class DetectorOutput:
    """The detector's output for P people in T frames, with the detector's own K points."""

    xy: Floats
    """(P, T, K, 2) pixels."""
    score: Floats
    """(P, T, K) in 0..1; 0 where the person was not detected."""
    state: Ints
    """(P, T) `vidmotion.data.store.NOBODY`, `SEEN`, or `FILLED` where the tracker filled in a short gap."""


def detect_clip(pictures: Iterable[Picture], detector: Detector, rate: int) -> list[Track]:
    """The tracks of a clip, as `vidmotion.detect` finds them in a file: without those that show nobody.

    Args:
        pictures: frames, (H, W, 3) RGB.
        rate: frames per second.
    """
    tracker, size = PersonTracker(detector, Fraction(rate)), (1, 1)
    for index, picture in enumerate(pictures):
        tracker.update(picture, index, index / rate)
        size = picture.shape[1], picture.shape[0]
    return split_plausible(tracker.finish(), size)[0]


def match_tracks(tracks: list[Track], xy: Floats, height: Floats, points: int) -> DetectorOutput:
    """Assign each track to the nearest person; tracks that are far from everybody are left out.

    Where two tracks are nearest to the same person in the same frame, the longer track is used.

    Args:
        xy: (P, T, 17, 2) pixels, the exact joints.
        height: (P, T) pixels, body height at the depth of the root.
        points: number of points of the detector.
    """
    people, frames = height.shape
    out = DetectorOutput(
        np.zeros((people, frames, points, 2)), np.zeros((people, frames, points)), np.zeros((people, frames), np.uint8)
    )
    for track in sorted(tracks, key=lambda track: -int(track.observed.sum())):
        distance = [_distance(track, xy[person], height[person]) for person in range(people)]
        person = int(np.argmin(distance))
        if distance[person] > MAX_MATCH_DISTANCE:
            continue
        free = out.state[person, track.frames] == NOBODY
        rows = track.frames[free]
        out.xy[person, rows] = track.keypoints.xy[free]
        out.score[person, rows] = track.keypoints.score[free]
        out.state[person, rows] = np.where(track.observed[free], SEEN, FILLED)
    return out


def _distance(track: Track, xy: Floats, height: Floats) -> float:
    """Mean distance of a track's 17 joints from a person's (T, 17, 2), as a share of the body height (T,)."""
    found = convert(track.keypoints, H36M17.name).xy
    distance = np.linalg.norm(found - xy[track.frames], axis=-1).mean(1)
    return float((distance / height[track.frames]).mean())
