"""What one person does over time: features of overlapping windows, probabilities of classes, segments.

Needs a head and the times of a track. Does not depend on videos, encoders or files.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from vidmotion.geometry.filters import unbroken_runs
from vidmotion.model.heads import ActionHead, EmbeddingHead, apply_temperature
from vidmotion.types import UNKNOWN, Actions, Floats, Segment, Track

WINDOW = 2.7
"""Seconds in one window, as in the training of the heads."""
HOP = 0.25
"""Seconds from one window to the next."""
SWITCH = 0.5
"""Nats times seconds by which another class must fit better before it takes over."""
KNOWN = 0.5
"""Probability from which on a class is named: it is likelier than all others together. Below, the action is unknown."""
LEAST = 1e-6
"""Smaller probabilities are treated as this one."""


@torch.inference_mode()
def timeline(head: ActionHead, features: Floats, track: Track) -> Actions:
    """The probabilities of all classes over time, and the segments in which one class holds.

    Args:
        features: (T, passes, C) of `ActionHead.features` for each frame of the track, plain and mirrored.
    """
    labels = head.config.classes
    times, probabilities, segments = [], [], list[Segment]()
    for seconds, centers, logits in window_outputs(head, features, track):
        of_run = apply_temperature(logits.softmax(-1).mean(1), head.config.temperature).cpu().numpy()
        times.append(centers)
        probabilities.append(of_run)
        segments += _segments(labels, of_run, centers, seconds)
    return Actions(labels, np.concatenate(times), np.concatenate(probabilities), tuple(segments))


def window_outputs(
    head: ActionHead | EmbeddingHead, features: Floats, track: Track
) -> Iterator[tuple[Floats, Floats, Tensor]]:
    """The outputs of a head for overlapping windows.

    Yields, for each unbroken run of a track: times (T,) of its frames and centers (W,) of its windows, both in seconds,
    and the outputs (W, passes, ...) for the windows, on the head's device.

    Args:
        features: (T, passes, C) of the head's `features` for each frame of the track.
    """
    device = next(head.parameters()).device
    for run in unbroken_runs(track.frames, track.times):
        centers, means = window_means(features[run], track.times[run])
        outputs = head.from_features(torch.from_numpy(means).to(device).flatten(0, 1)).view(*means.shape[:2], -1)
        yield track.times[run], centers, outputs


def window_means(features: Floats, times: Floats) -> tuple[Floats, Floats]:
    """Centers (W,) in seconds of overlapping windows, and mean features (W, ...) of the frames (T, ...) in each.

    A run that is shorter than a window becomes one window.
    """
    spare = times[-1] - times[0] - WINDOW
    if spare <= 0:
        return np.array([(times[0] + times[-1]) / 2]), features.mean(0, keepdims=True).astype(np.float32)
    centers = times[0] + WINDOW / 2 + np.linspace(0, spare, math.ceil(spare / HOP) + 1)
    first = np.searchsorted(times, centers - WINDOW / 2 - 1e-9)
    last = np.searchsorted(times, centers + WINDOW / 2 + 1e-9)
    sums = np.concatenate([np.zeros_like(features[:1], np.float64), np.cumsum(features, 0, dtype=np.float64)])
    filled = last > first  # The times of a video may jump by more than a window.
    centers, first, last = centers[filled], first[filled], last[filled]
    count = (last - first).reshape(-1, *[1] * (features.ndim - 1))
    return centers, ((sums[last] - sums[first]) / count).astype(np.float32)


def _segments(labels: tuple[str, ...], probabilities: Floats, centers: Floats, times: Floats) -> Iterator[Segment]:
    """Segments of one unbroken run, from its first to its last frame."""
    unknown = np.full((len(probabilities), 1), KNOWN)
    evidence = np.log(np.concatenate([probabilities, unknown], 1).clip(LEAST))
    path = best_path(evidence * HOP, SWITCH)
    cuts = np.flatnonzero(np.diff(path)) + 1
    bounds = [times[0], *((centers[cuts - 1] + centers[cuts]) / 2), times[-1]]
    for index, part in enumerate(np.split(np.arange(len(path)), cuts)):
        state = path[part[0]]
        known = state < len(labels)
        score = probabilities[part, state].mean() if known else 1 - probabilities[part].max(1).mean()
        yield Segment(float(bounds[index]), float(bounds[index + 1]), labels[state] if known else UNKNOWN, float(score))


def best_path(evidence: Floats, switch: float) -> np.ndarray:
    """The states (W,) with the largest sum of evidence (W, S), less `switch` for each change (Viterbi 1967)."""
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
