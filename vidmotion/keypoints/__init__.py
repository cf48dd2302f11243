"""2D keypoints of other programs, instead of a detector: `read_keypoints` makes a scene of them that can be lifted."""

from vidmotion.keypoints.read import read_keypoints
from vidmotion.keypoints.scene import Told

__all__ = ["Told", "read_keypoints"]
