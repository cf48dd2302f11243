"""Where taught motions happen: places of windows on the sphere against those of a library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from vidmotion.actions.library import Library
from vidmotion.actions.timeline import WINDOW, judged
from vidmotion.model.heads import EmbeddingHead
from vidmotion.types import Floats, Track


@dataclass(frozen=True, eq=False)
class Placed:
    """One person's W overlapping windows on the unit sphere."""

    person: int
    middles: Floats
    """(W,) seconds."""
    places: Floats
    """(W, C) of length 1."""
    seen: tuple[float, float]
    """Seconds at which the person is seen first and last."""

    @property
    def mean(self) -> Floats:
        """(C,) the place of all windows together."""
        total = self.places.sum(0)
        return np.asarray(total / max(float(np.linalg.norm(total)), 1e-9))


@dataclass(frozen=True)
class Hit:
    """A stretch in which a person moves as was taught."""

    video: str
    person: int
    name: str
    start: float
    """Seconds; likewise `end`."""
    end: float
    score: float
    """Cosine of the angle to the nearest example: 1 is the same, 0 unlike."""


@torch.inference_mode()
def places(head: EmbeddingHead, features: Floats, track: Track) -> Placed:
    """Where a person's windows lie.

    Args:
        features: (T, passes, C) of `EmbeddingHead.features` for each frame of the track.
    """
    middles, found = [], []
    for _, times, said in judged(head, features, track):
        middles.append(times)
        found.append(F.normalize(said.mean(1), dim=-1).cpu().numpy())
    seen = float(track.times[0]), float(track.times[-1])
    return Placed(track.id, np.concatenate(middles), np.concatenate(found), seen)


def hits(library: Library, video: str, people: Sequence[Placed]) -> list[Hit]:
    """For each taught name and person, the windows that are nearest within their own length, best first."""
    found = []
    for one in people:
        likeness = one.places @ library.places.T  # (W, N)
        for name in dict.fromkeys(library.names):
            mine = [index for index, other in enumerate(library.names) if other == name]
            score = likeness[:, mine].max(1)
            for window in _peaks(score, one.middles):
                middle = float(one.middles[window])
                start, end = max(middle - WINDOW / 2, one.seen[0]), min(middle + WINDOW / 2, one.seen[1])
                found.append(Hit(video, one.person, name, start, end, float(score[window])))
    return sorted(found, key=lambda hit: -hit.score)


def _peaks(score: Floats, middles: Floats) -> list[int]:
    """Windows better than all others that overlap them, best first (greedy non-maximum suppression)."""
    free, chosen = np.ones(len(score), bool), []
    for window in np.argsort(-score, kind="stable"):
        if free[window]:
            chosen.append(int(window))
            free &= np.abs(middles - middles[window]) >= WINDOW
    return chosen
