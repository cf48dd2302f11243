"""How well tracks keep their identities: IDF1, switches, recall and precision, for one video or summed over many.

Sources: IDF1 as in Ristani et al., "Performance Measures and a Data Set for Multi-Target, Multi-Camera Tracking"
(arXiv 1609.01775); switches as in CLEAR MOT (Bernardin and Stiefelhagen, 2008). Does not depend on pictures or points.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from vidmotion.tracking.assignment import assign
from vidmotion.types import Bools, Floats


@dataclass(frozen=True)
class Identities:
    """Counts of frames, which add up over videos, and the measures computed from them."""

    people: int = 0
    """Frames in which a person is visible, summed over all people."""
    found: int = 0
    """Frames of all tracks, summed."""
    hits: int = 0
    """Frames in which a person has any track."""
    own_hits: int = 0
    """Frames in which a person has the one track that the best assignment of tracks to people gives them."""
    switches: int = 0
    """How often a person's track is another one than the last time."""

    def __add__(self, other: Identities) -> Identities:
        return Identities(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))

    @property
    def idf1(self) -> float:
        """F1 of `own_hits`, 0..1."""
        return 2 * self.own_hits / max(self.people + self.found, 1)

    @property
    def recall(self) -> float:
        """Share of the people's frames that have a track."""
        return self.hits / max(self.people, 1)

    @property
    def precision(self) -> float:
        """Share of the tracks' frames that match a person."""
        return self.hits / max(self.found, 1)


def count_identities(distance: Floats, there: Bools, found: Bools, reach: float) -> Identities:
    """Compare the tracks of one video with the truth.

    Args:
        distance: (P, Q, T) between person and track.
        there: (P, T) whether the person is visible.
        found: (Q, T) whether the track exists in that frame.
        reach: the largest distance at which a track matches a person.
    """
    hit = (distance <= reach) & there[:, None] & found[None]
    own = sum(int(hit[pair].sum()) for pair in assign(-hit.sum(2).astype(float)))
    hits, switches = _followed(np.where(hit, distance, np.inf))
    return Identities(int(there.sum()), int(found.sum()), hits, own, switches)


def _followed(distance: Floats) -> tuple[int, int]:
    """Hits and switches for distances (P, Q, T), inf where nothing matches.

    A person keeps a track as long as it matches.
    """
    hits = switches = 0
    last: dict[int, int] = {}
    for now in np.moveaxis(distance, 2, 0):
        kept: dict[int, int] = {}
        free = now.copy()
        for person, track in sorted(last.items()):
            if np.isfinite(free[person, track]):
                kept[person] = track
                free[person], free[:, track] = np.inf, np.inf
        for person, track in [*kept.items(), *assign(free)]:
            switches += last.get(person, track) != track
            last[person] = track
            hits += 1
    return hits, switches
