"""From detections to people through time."""

from vidmotion.track.tracker import Tracker

__all__ = ["Tracker"]
