"""VideoPose3D's .npz of 2D points: `data_2d_custom_NAME.npz`.

Source: data/prepare_data_2d_custom.py of facebookresearch/VideoPose3D. `positions_2d` is {video: {action: [(T, K, 2)
pixels of each camera]}}, `metadata` has the layout of the points and, in `video_metadata`, the size of each video. Both
are pickled objects; they are read without running any code in them. There are no scores, frame rates or identities.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from vidmotion.errors import InputError
from vidmotion.io.keypoints.json_input import LARGEST, refuse_bad_content
from vidmotion.io.keypoints.raw_keypoints import KeypointFile, PersonInFrame, points_from_arrays, whole_number
from vidmotion.io.pickles import open_untrusted, unpickle_array

FORMAT = "VideoPose3D's .npz"
_LAYOUTS = {"coco": "coco17", "h36m": "h36m17"}


def is_archive(path: Path) -> bool:
    """Whether an .npz file holds 2D points of VideoPose3D."""
    with open_untrusted(path, "file of VideoPose3D") as file:
        return zipfile.is_zipfile(file) and "positions_2d.npy" in zipfile.ZipFile(file).namelist()


def read_archive(path: Path) -> KeypointFile:
    """Reads the one video of a file.

    Raises:
        InputError: the file is damaged, would run code, or holds several videos; the message names it.
    """
    positions, metadata = _object(path, "positions_2d"), _object(path, "metadata")
    with refuse_bad_content(path):
        return _parse(positions, metadata)


def _parse(positions: Any, metadata: Any) -> KeypointFile:
    videos = [
        (video, np.asarray(array, dtype=float))
        for video, actions in positions.items()
        for arrays in actions.values()
        for array in arrays
    ]
    if len(videos) != 1:
        names = ", ".join(map(str, list(positions)[:10]))
        raise InputError(f"holds {len(videos)} videos or cameras ({names}), wanted one; write a file for each video")
    name, points = videos[0]
    if points.ndim != 3:
        raise InputError(f"wanted points (T, K, 2), received {points.shape}")
    people = [
        PersonInFrame(frame, points_from_arrays(xy, np.ones(len(xy)), frame), 0) for frame, xy in enumerate(points)
    ]
    layout = _LAYOUTS.get(metadata.get("layout_name"))
    documented = {points.shape[1]: layout} if layout else {}
    return KeypointFile(FORMAT, tuple(people), documented_skeletons=documented, size=_size(metadata, name))


def _size(metadata: Any, video: str) -> tuple[int, int] | None:
    found = metadata.get("video_metadata", {}).get(video, {})
    width, height = whole_number(found.get("w")), whole_number(found.get("h"))
    return (width, height) if width and height and min(width, height) > 0 else None


def _object(path: Path, name: str) -> Any:
    """The object that an array without dimensions holds."""
    what = "file of VideoPose3D"
    with open_untrusted(path, what) as file, zipfile.ZipFile(file) as archive:
        if archive.getinfo(f"{name}.npy").file_size > LARGEST:
            raise InputError(f"{path}: its {name} is larger than {LARGEST / 2**30:g} GB; split it")
        with archive.open(f"{name}.npy") as member:
            return unpickle_array(member, what)
