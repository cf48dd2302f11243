"""COLMAP's text files: `cameras.txt` has the lenses, `images.txt` the place of the camera for each picture.

COLMAP's camera axes are ours, and so are its pixels. The numbers at the end of the pictures' names are those of the
frames; they count from 0 if there is a 0, and from 1 otherwise, as ffmpeg numbers pictures. Source: COLMAP's
documentation, "Output Format".
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from vidmotion.errors import InputError
from vidmotion.geometry.rotations import quaternion_to_matrix
from vidmotion.io.cameras.raw_camera import RawCamera
from vidmotion.io.keypoints.json_input import read_bytes

FILES = ("cameras.txt", "images.txt")
LENSES = {
    "SIMPLE_PINHOLE": 3, "PINHOLE": 4, "SIMPLE_RADIAL": 3, "RADIAL": 3, "OPENCV": 4, "FULL_OPENCV": 4,
    "SIMPLE_RADIAL_FISHEYE": 3, "RADIAL_FISHEYE": 3, "OPENCV_FISHEYE": 4, "FOV": 4, "THIN_PRISM_FISHEYE": 4,
}  # fmt: skip
"""Of each model, the number of parameters for focal lengths and principal point; distortion follows them."""
SQUARE = 0.005
"""Share by which the focal lengths along x and y differ at most."""
_NUMBER = re.compile(r"(\d{1,9})\D*$")

_Lens = tuple[float, tuple[float, float], tuple[int, int]]
"""Focal length, principal point, width and height, all in pixels."""


def read_colmap(folder: Path) -> RawCamera:
    """The camera of COLMAP's text files.

    Raises:
        InputError: a file is missing, there is lens distortion, or a picture has no number.
    """
    for name in FILES:
        if not (folder / name).is_file():
            binary = (folder / name).with_suffix(".bin").is_file()
            advice = "; write text with `colmap model_converter --output_type TXT`" if binary else ""
            raise InputError(f"there is no {name}{advice}")
    lenses = dict(map(_lens, _lines(folder / FILES[0], keep_empty=False)))
    # Each picture has two lines; the second one lists its points and may be empty.
    poses = [line.split(maxsplit=9) for line in _lines(folder / FILES[1], keep_empty=True)[::2] if line]
    unknown = {pose[8] for pose in poses} - set(lenses)
    if unknown:
        raise InputError(f"images.txt names camera {min(unknown)}, which cameras.txt does not have")
    used = [lenses[pose[8]] for pose in poses]
    quaternion = np.array([[float(pose[at]) for at in (2, 3, 4, 1)] for pose in poses]).reshape(-1, 4)
    translation = np.array([[float(value) for value in pose[5:8]] for pose in poses]).reshape(-1, 3)
    rotation = quaternion_to_matrix(quaternion)
    sizes = {size for _, _, size in used}
    if len(sizes) > 1:
        raise InputError("the pictures have different sizes; wanted those of one video")
    return RawCamera(
        "COLMAP",
        _frame_numbers([pose[9] for pose in poses]),
        np.array([focal for focal, _, _ in used]),
        rotation,
        -np.einsum("fji,fj->fi", rotation, translation),
        np.array([center for _, center, _ in used]).reshape(-1, 2),
        sizes.pop() if sizes else None,
    )


def _lines(path: Path, keep_empty: bool) -> list[str]:
    lines = [line.strip() for line in read_bytes(path).decode("utf-8", "replace").splitlines()]
    return [line for line in lines if not line.startswith("#") and (line or keep_empty)]


def _lens(line: str) -> tuple[str, _Lens]:
    """A camera's number and its lens."""
    number, model, width, height, *values = line.split()
    if model not in LENSES:
        raise InputError(f"camera model {model} is not known; wanted PINHOLE or SIMPLE_PINHOLE")
    *focals, x, y = map(float, values[: LENSES[model]])
    if any(float(value) for value in values[LENSES[model] :]):
        raise InputError(
            f"camera {number} ({model}) has lens distortion, but cameras have none here; undistort the pictures with "
            "`colmap image_undistorter`, and lift these"
        )
    if max(focals) > (1 + SQUARE) * min(focals):
        raise InputError(f"camera {number} has pixels that are not square; wanted one focal length")
    return number, (sum(focals) / len(focals), (x, y), (int(width), int(height)))


def _frame_numbers(names: list[str]) -> np.ndarray:
    if len(names) == 1:
        return np.zeros(1, int)
    found = [_NUMBER.search(Path(name).stem) for name in names]
    numbers = [int(match[1]) for match in found if match]
    if len(numbers) < len(names):
        unnumbered = next(name for name, match in zip(names, found, strict=True) if not match)
        raise InputError(f"picture {unnumbered} has no number that says which frame of the video it is")
    return np.array(numbers, int) - (0 if 0 in numbers else 1)
