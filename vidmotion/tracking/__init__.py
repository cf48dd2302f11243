"""From detections in single frames to the tracks of people."""

from vidmotion.tracking.appearance import with_appearance
from vidmotion.tracking.person_tracker import PersonTracker
from vidmotion.tracking.selection import most_prominent
from vidmotion.tracking.tracker import Tracker
from vidmotion.tracking.tracks import FrameTimes, make_track

__all__ = ["FrameTimes", "PersonTracker", "Tracker", "make_track", "most_prominent", "with_appearance"]
