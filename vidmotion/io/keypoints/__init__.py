"""2D keypoints that other programs wrote: `read_keypoint_file` recognizes the format and reads the points.

Does not import detectors, tracking or video, so reading ends with points in frames.
`vidmotion.tracking.imported_keypoints` makes tracks of them, with the times and the size of the video.
"""

from vidmotion.io.keypoints.format_table import read_keypoint_file
from vidmotion.io.keypoints.raw_keypoints import KeypointFile, PersonInFrame

__all__ = ["KeypointFile", "PersonInFrame", "read_keypoint_file"]
