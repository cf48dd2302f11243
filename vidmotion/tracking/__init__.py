"""From detections to people through time."""

from vidmotion.tracking.appearance import with_looks
from vidmotion.tracking.person_tracker import PersonTracker
from vidmotion.tracking.selection import foremost
from vidmotion.tracking.tracker import Tracker
from vidmotion.tracking.tracks import Clock, make_track

__all__ = ["Clock", "PersonTracker", "Tracker", "foremost", "make_track", "with_looks"]
