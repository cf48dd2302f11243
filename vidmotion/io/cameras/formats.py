"""Recognizes the format of a camera file and reads it. Unknown formats are refused with the list of known ones."""

from __future__ import annotations

from pathlib import Path

from vidmotion.errors import InputError
from vidmotion.io.cameras import blender_reader, colmap_reader, csv_reader
from vidmotion.io.cameras.raw_camera import RawCamera
from vidmotion.io.keypoints.json_input import refuse_bad_content

KNOWN = "a folder with COLMAP's cameras.txt and images.txt, the .json of our Blender script, or a .csv"


def read_camera(path: Path) -> RawCamera:
    """The camera of a file.

    Args:
        path: a folder with COLMAP's text files or one of these, a JSON or a CSV file.

    Raises:
        InputError: the format is unknown, or the content cannot be used; the message names the file.
    """
    if path.is_dir() or path.name in colmap_reader.FILES:
        folder = path if path.is_dir() else path.parent
        with refuse_bad_content(folder):
            return colmap_reader.read_colmap(folder)
    if not path.exists():
        raise InputError(f"{path}: there is no such file; check the name of the camera's file")
    readers = {".json": blender_reader.read_blender, ".csv": csv_reader.read_csv}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{path}: cameras are not read from such files; wanted {KNOWN}")
    with refuse_bad_content(path):
        return reader(path)
