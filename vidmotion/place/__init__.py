"""From a lifted pose to metres on a floor: scale, constant bones, place before the camera, level ground.

The network gives root-relative poses up to the distance from the camera. Here the stature sets the scale,
a pinhole camera and the 2D points give the path of the root, and the feet and the upright body say where
the floor is. Numpy only. Camera axes: x right, y down, z forward. World: right-handed, Y up, X to the
picture's right, Z towards the camera, the floor at y = 0. Lengths in metres, H36M17 joints.
"""

from vidmotion.place.floor import floor_height, level, world_axes, world_camera
from vidmotion.place.root import hold_feet, place_root
from vidmotion.place.size import ANKLE_HEIGHT, even_size, to_metres, with_bone_lengths

__all__ = [
    "ANKLE_HEIGHT",
    "even_size",
    "floor_height",
    "hold_feet",
    "level",
    "place_root",
    "to_metres",
    "with_bone_lengths",
    "world_axes",
    "world_camera",
]
