"""Cameras that other programs wrote: `read_camera` recognizes the format and reads the camera of each frame.

COLMAP's text files, the JSON of `docs/recipes/blender_camera.py`, and CSV. Does not import video: how many frames there
are, and how large the picture is, is checked in `vidmotion.tracking.known_camera`.
"""

from vidmotion.io.cameras.formats import read_camera
from vidmotion.io.cameras.raw_camera import RawCamera

__all__ = ["RawCamera", "read_camera"]
