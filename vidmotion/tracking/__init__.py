"""From detections to people through time."""

from vidmotion.tracking.tracker import Tracker

__all__ = ["Tracker"]
