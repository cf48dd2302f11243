"""From detections to people through time."""

from vidmotion.tracking.tracker import Tracker
from vidmotion.tracking.tracks import Clock, make_track

__all__ = ["Clock", "Tracker", "make_track"]
