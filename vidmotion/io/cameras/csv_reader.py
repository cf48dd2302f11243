"""A camera as CSV: one row for each frame of the video, or one row for a camera that stands still.

    frame            number of the frame, from 0
    focal            pixels
    x, y, z          metres, where the camera is in the world: Y up, the floor at y = 0
    qx, qy, qz, qw   quaternion that turns the camera's axes (x right, y down, z forward) to those of the world
    cx, cy           pixels, the principal point; without them it is the center of the picture
    width, height    pixels of the picture; without them it is that of the video

Columns may have any order; others are left alone.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from vidmotion.geometry.rotations import quaternion_to_matrix
from vidmotion.io.cameras.raw_camera import RawCamera, frame_numbers
from vidmotion.io.keypoints.json_input import read_bytes
from vidmotion.types import Floats


def read_csv(path: Path) -> RawCamera:
    """The camera of such a file."""
    text = read_bytes(path).decode("utf-8-sig", "replace")
    names, *rows = [[cell.strip() for cell in row] for row in csv.reader(text.splitlines()) if any(row)]
    columns = {name.lower(): at for at, name in enumerate(names)}

    def read(wanted: Iterable[str]) -> Floats:
        """(F, N) values of N columns."""
        at = [columns[name] for name in wanted]
        return np.array([[float(row[column]) for column in at] for row in rows]).reshape(-1, len(at))

    has_size = "width" in columns and len(rows) > 0
    width, height = read(("width", "height"))[0] if has_size else (0, 0)
    return RawCamera(
        "CSV",
        frame_numbers(read(("frame",))[:, 0]),
        read(("focal",))[:, 0],
        quaternion_to_matrix(read(("qx", "qy", "qz", "qw"))).swapaxes(1, 2),
        read("xyz"),
        read(("cx", "cy")) if "cx" in columns else None,
        (int(width), int(height)) if has_size else None,
    )
