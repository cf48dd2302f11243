"""The JSON that `docs/recipes/blender_camera.py` writes in Blender.

An object with `size` (width and height of the picture) and `frames`: for each frame of the video `frame` (from 0),
`focal` (pixels), `center` (pixels) and `matrix`, the 4 rows of the camera's `matrix_world` in metres. Blender's world
has Z up; its camera looks along -Z and has Y up.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vidmotion.io.cameras.raw_camera import RawCamera, frame_numbers
from vidmotion.io.keypoints.json_input import read_tree

TO_WORLD = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""From Blender's world to ours: its Z is our Y."""
CAMERA_AXES = np.diag([1.0, -1.0, -1.0])
"""From our camera axes to Blender's."""


def read_blender(path: Path) -> RawCamera:
    """The camera of such a file."""
    tree = read_tree(path)
    frames = tree["frames"]
    width, height = tree["size"]
    matrix = np.array([frame["matrix"] for frame in frames], float).reshape(-1, 4, 4)
    return RawCamera(
        "Blender",
        frame_numbers(np.array([frame["frame"] for frame in frames], float)),
        np.array([frame["focal"] for frame in frames], float),
        (TO_WORLD @ matrix[:, :3, :3] @ CAMERA_AXES).swapaxes(1, 2),
        matrix[:, :3, 3] @ TO_WORLD.T,
        np.array([frame["center"] for frame in frames], float).reshape(-1, 2),
        (int(width), int(height)),
    )
