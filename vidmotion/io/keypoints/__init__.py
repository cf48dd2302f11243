"""2D keypoints of other programs, instead of a detector: `read_keypoints` makes a scene of them that can be lifted."""

from vidmotion.io.keypoints.format_table import read_keypoints
from vidmotion.io.keypoints.scene_builder import Told

__all__ = ["Told", "read_keypoints"]
