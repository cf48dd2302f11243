"""How often each clip of motion capture is drawn: rare classes of motion more often than by their length."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from vidmotion.types import Floats

CLASS_POWER = 0.5
"""A class is drawn in proportion to this power of its length: 1 would mean by length, 0 all classes equally often."""
CLASS_FACTORS = {"acrobatics": 2.0, "ground": 2.0}
"""Factors for classes that are drawn more often: people upside down or lying, of which there is little data."""
CLIP_POWER = 0.75
"""The same power for the clips of one class."""


def clip_probabilities(labels: Sequence[str], frames: Sequence[int]) -> Floats:
    """(N,) probability of each of N clips, from the length of its class and from its own length within the class.

    Args:
        labels: class of each clip, or "".
        frames: length of each clip.
    """
    lengths: Counter[str] = Counter()
    within: defaultdict[str, float] = defaultdict(float)
    for label, count in zip(labels, frames, strict=True):
        lengths[label] += count
        within[label] += count**CLIP_POWER
    of_class = {label: CLASS_FACTORS.get(label, 1.0) * length**CLASS_POWER for label, length in lengths.items()}
    weights = np.array(
        [of_class[label] * count**CLIP_POWER / within[label] for label, count in zip(labels, frames, strict=True)]
    )
    return weights / weights.sum()
