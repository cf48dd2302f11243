"""Selects the most prominent people of a video."""

from __future__ import annotations

import numpy as np

from vidmotion.types import Track


def most_prominent(tracks: list[Track], count: int | None) -> list[Track]:
    """The `count` people who are seen longest and largest, with their ids, in their original order.

    Each frame in which a person was detected counts by the diagonal of the box. So a person in front who is twice as
    large counts more than a person behind who is seen less than twice as long.

    Args:
        count: None keeps everybody.
    """
    if count is None or len(tracks) <= count:
        return tracks
    chosen = sorted(tracks, key=_prominence, reverse=True)[:count]
    return [track for track in tracks if any(track is one for one in chosen)]


def _prominence(track: Track) -> float:
    boxes = track.boxes[track.observed]
    return float(np.hypot(*(boxes[:, 2:] - boxes[:, :2]).T).sum())
