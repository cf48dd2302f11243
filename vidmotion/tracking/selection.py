"""Which people of a video matter most."""

from __future__ import annotations

import numpy as np

from vidmotion.types import Track


def foremost(tracks: list[Track], count: int | None) -> list[Track]:
    """The `count` people who are seen longest and largest, in the order that they had, with their ids.

    Each frame in which somebody was seen counts by the diagonal of their box: somebody in front who is twice as large
    outweighs somebody behind who is seen less than twice as long.

    Args:
        count: None keeps everybody.
    """
    if count is None or len(tracks) <= count:
        return tracks
    chosen = sorted(tracks, key=_weight, reverse=True)[:count]
    return [track for track in tracks if any(track is one for one in chosen)]


def _weight(track: Track) -> float:
    seen = track.boxes[track.observed]
    return float(np.hypot(*(seen[:, 2:] - seen[:, :2]).T).sum())
