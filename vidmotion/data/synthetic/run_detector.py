"""What the real detector says of a clip: our detect stage over its frames, and which track is whom.

Knows nothing about how the frames were made.
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
from vidmotion.types import Floats, Ints, Track

FARTHEST = 0.3
"""Mean distance of a track's joints from somebody's, in statures, up to which it shows this person."""


@dataclass(frozen=True, eq=False)
class Testimony:
    """What was said of P people in T frames, with the detector's own K points."""

    xy: Floats
    """(P, T, K, 2) pixels."""
    score: Floats
    """(P, T, K) in 0..1; 0 where nobody was seen."""
    state: Ints
    """(P, T) `vidmotion.data.store.NOBODY`, `SEEN`, or `FILLED` where the tracker filled in a short gap."""


def watch(pictures: Iterable[Picture], detector: Detector, rate: int) -> list[Track]:
    """The tracks of a clip, as `Pipeline.detect` finds them in a file."""
    tracker = PersonTracker(detector, Fraction(rate))
    for index, picture in enumerate(pictures):
        tracker.update(picture, index, index / rate)
    return tracker.finish()


def attribute(tracks: list[Track], xy: Floats, stature: Floats, points: int) -> Testimony:
    """Give tracks to the people whom they show; of two that show somebody at a time, the longer one counts.

    Args:
        xy: (P, T, 17, 2) pixels, exact.
        stature: (P, T) pixels, at the root's depth.
        points: how many the detector has.
    """
    people, frames = stature.shape
    out = Testimony(
        np.zeros((people, frames, points, 2)), np.zeros((people, frames, points)), np.zeros((people, frames), np.uint8)
    )
    for track in sorted(tracks, key=lambda track: -int(track.observed.sum())):
        distance = [_distance(track, xy[person], stature[person]) for person in range(people)]
        person = int(np.argmin(distance))
        if distance[person] > FARTHEST:
            continue
        free = out.state[person, track.frames] == NOBODY
        rows = track.frames[free]
        out.xy[person, rows] = track.keypoints.xy[free]
        out.score[person, rows] = track.keypoints.score[free]
        out.state[person, rows] = np.where(track.observed[free], SEEN, FILLED)
    return out


def _distance(track: Track, xy: Floats, stature: Floats) -> float:
    """Mean distance of a track's 17 joints from somebody's (T, 17, 2), in statures."""
    found = convert(track.keypoints, H36M17.name).xy
    apart = np.linalg.norm(found - xy[track.frames], axis=-1).mean(1)
    return float((apart / stature[track.frames]).mean())
