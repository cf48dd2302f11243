"""Where the motions of a library happen in videos, by the similarity of embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from vidmotion.actions.library import Library
from vidmotion.actions.timeline import WINDOW, window_outputs
from vidmotion.model.heads import EmbeddingHead
from vidmotion.types import Floats, Track

TEMPERATURE = 0.1
"""Difference of cosines by which an example counts e times as much as another one, as in the training of embeddings."""


@dataclass(frozen=True, eq=False)
class WindowEmbeddings:
    """The embeddings of one person's W overlapping windows."""

    person: int
    centers: Floats
    """(W,) seconds."""
    embeddings: Floats
    """(W, C) of length 1."""
    span: tuple[float, float]
    """Seconds of the first and the last frame of the person."""

    @property
    def mean(self) -> Floats:
        """(C,) of length 1, the direction of the sum of all embeddings."""
        total = self.embeddings.sum(0)
        return np.asarray(total / max(float(np.linalg.norm(total)), 1e-9))


@dataclass(frozen=True)
class Hit:
    """A stretch of time in which a person moves like the examples of a motion."""

    video: str
    person: int
    name: str
    start: float
    """Seconds; likewise `end`."""
    end: float
    score: float
    """Similarity to the examples, as `similarity` gives it: 1 is the same, 0 is unrelated."""


@torch.inference_mode()
def embed_windows(head: EmbeddingHead, features: Floats, track: Track) -> WindowEmbeddings:
    """The embeddings of a person's windows.

    Args:
        features: (T, passes, C) of `EmbeddingHead.features` for each frame of the track.
    """
    centers, embeddings = [], []
    for _, of_run, outputs in window_outputs(head, features, track):
        centers.append(of_run)
        embeddings.append(F.normalize(outputs.mean(1), dim=-1).cpu().numpy())
    span = float(track.times[0]), float(track.times[-1])
    return WindowEmbeddings(track.id, np.concatenate(centers), np.concatenate(embeddings), span)


def similarity(cosines: Floats) -> Floats:
    """(...) similarity to a motion, from the cosines (..., N) to its examples.

    The mean over the examples, in which near ones count most (matching networks: Vinyals et al. 2016, arXiv
    1606.04080).
    """
    powers = np.exp((cosines - 1) / TEMPERATURE)
    mean: Floats = 1 + TEMPERATURE * np.log(powers.mean(-1))
    return mean


def hits(library: Library, video: str, people: Sequence[WindowEmbeddings]) -> list[Hit]:
    """For each motion of the library and each person, the windows that are the most similar; best first.

    Hits of one motion and person do not overlap.
    """
    found = []
    for person in people:
        cosines = person.embeddings @ library.embeddings.T  # (W, N)
        for name in dict.fromkeys(library.names):
            examples = [index for index, other in enumerate(library.names) if other == name]
            score = similarity(cosines[:, examples])
            for window in _peaks(score, person.centers):
                center = float(person.centers[window])
                start, end = max(center - WINDOW / 2, person.span[0]), min(center + WINDOW / 2, person.span[1])
                found.append(Hit(video, person.person, name, start, end, float(score[window])))
    return sorted(found, key=lambda hit: -hit.score)


def _peaks(score: Floats, centers: Floats) -> list[int]:
    """Windows better than all others that overlap them, best first (greedy non-maximum suppression)."""
    free, chosen = np.ones(len(score), bool), []
    for window in np.argsort(-score, kind="stable"):
        if free[window]:
            chosen.append(int(window))
            free &= np.abs(centers - centers[window]) >= WINDOW
    return chosen
