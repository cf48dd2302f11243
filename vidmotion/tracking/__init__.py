"""From detections to people through time."""

from vidmotion.tracking.appearance import with_looks
from vidmotion.tracking.choosing import foremost
from vidmotion.tracking.tracker import Tracker

__all__ = ["Tracker", "foremost", "with_looks"]
