"""What one person does over time: features of overlapping windows, chances of classes, segments.

Knows the head's judgement and a track's times; nothing about videos, networks' encoders or files.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from vidmotion.geometry.filters import runs
from vidmotion.model.heads import ActionHead, EmbeddingHead, temper
from vidmotion.types import UNKNOWN, Actions, Floats, Segment, Track

WINDOW = 2.7
"""Seconds that are judged at once: what the heads learn from."""
HOP = 0.25
"""Seconds from one window to the next."""
SWITCH = 1.0
"""Nats times seconds by which another class must fit better before it takes over."""
BELIEVED = 0.5
"""Chance from which on a class is more likely right than wrong; below, what is done is unknown."""
LEAST = 1e-6
"""Chance below which nothing is told apart."""


@torch.inference_mode()
def timeline(head: ActionHead, features: Floats, track: Track) -> Actions:
    """The chances of all classes over time, and the segments in which one holds.

    Args:
        features: (T, passes, C) of `ActionHead.features` for each frame of the track, plain and mirrored.
    """
    labels = head.config.classes
    times, chances, segments = [], [], list[Segment]()
    for seconds, middles, logits in judged(head, features, track):
        said = temper(logits.softmax(-1).mean(1), head.config.temperature).cpu().numpy()
        times.append(middles)
        chances.append(said)
        segments += _segments(labels, said, middles, seconds)
    return Actions(labels, np.concatenate(times), np.concatenate(chances), tuple(segments))


def judged(head: ActionHead | EmbeddingHead, features: Floats, track: Track) -> Iterator[tuple[Floats, Floats, Tensor]]:
    """For each unbroken run of a track: times (T,) of its frames and middles (W,) of its windows, both in seconds, and
    (W, passes, ...) what a head says of the windows, on its own device.

    Args:
        features: (T, passes, C) of the head's `features` for each frame of the track.
    """
    device = next(head.parameters()).device
    for run in runs(track.frames):
        middles, means = window_means(features[run], track.times[run])
        said = head.judge(torch.from_numpy(means).to(device).flatten(0, 1)).view(*means.shape[:2], -1)
        yield track.times[run], middles, said


def window_means(features: Floats, times: Floats) -> tuple[Floats, Floats]:
    """Middles (W,) in seconds of overlapping windows, and mean features (W, ...) of the frames (T, ...) in each.

    A run that is shorter than a window is one.
    """
    spare = times[-1] - times[0] - WINDOW
    if spare <= 0:
        return np.array([(times[0] + times[-1]) / 2]), features.mean(0, keepdims=True).astype(np.float32)
    middles = times[0] + WINDOW / 2 + np.linspace(0, spare, math.ceil(spare / HOP) + 1)
    first = np.searchsorted(times, middles - WINDOW / 2 - 1e-9)
    last = np.searchsorted(times, middles + WINDOW / 2 + 1e-9)
    sums = np.concatenate([np.zeros_like(features[:1], np.float64), np.cumsum(features, 0, dtype=np.float64)])
    filled = last > first  # A video may stand still for longer than a window.
    middles, first, last = middles[filled], first[filled], last[filled]
    count = (last - first).reshape(-1, *[1] * (features.ndim - 1))
    return middles, ((sums[last] - sums[first]) / count).astype(np.float32)


def _segments(labels: tuple[str, ...], chances: Floats, middles: Floats, times: Floats) -> Iterator[Segment]:
    """Segments of one unbroken run, from its first to its last frame."""
    evidence = np.log(np.concatenate([chances, np.full((len(chances), 1), BELIEVED)], 1).clip(LEAST))
    path = best_path(evidence * HOP, SWITCH)
    cuts = np.flatnonzero(np.diff(path)) + 1
    bounds = [times[0], *((middles[cuts - 1] + middles[cuts]) / 2), times[-1]]
    for index, part in enumerate(np.split(np.arange(len(path)), cuts)):
        state = path[part[0]]
        known = state < len(labels)
        score = chances[part, state].mean() if known else 1 - chances[part].max(1).mean()
        yield Segment(float(bounds[index]), float(bounds[index + 1]), labels[state] if known else UNKNOWN, float(score))


def best_path(evidence: Floats, switch: float) -> np.ndarray:
    """States (W,) that gather most of the evidence (W, S), less `switch` for each change (Viterbi 1967)."""
    total, back = evidence[0], []
    for row in evidence[1:]:
        best = int(total.argmax())
        stays = total >= total[best] - switch
        back.append(np.where(stays, np.arange(len(total)), best))
        total = np.where(stays, total, total[best] - switch) + row
    path = [int(total.argmax())]
    for before in reversed(back):
        path.append(int(before[path[-1]]))
    return np.array(path[::-1])
