"""Recognizes the format of a keypoint file and reads it. Unknown formats are refused with the list of known ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidmotion.errors import InputError
from vidmotion.io.keypoints import (
    alphapose_reader,
    coco_reader,
    deeplabcut_reader,
    mediapipe_reader,
    mmpose_reader,
    openpose_reader,
    sports2d_reader,
    ultralytics_reader,
    videopose3d_reader,
)
from vidmotion.io.keypoints.json_input import read_bytes, read_tree, refuse_bad_content
from vidmotion.io.keypoints.raw_keypoints import KeypointFile
from vidmotion.io.scene.formats import is_scene, load
from vidmotion.types import Scene


@dataclass(frozen=True)
class JsonFormat:
    """One layout of JSON."""

    matches: Callable[[Any], bool]
    """Whether a tree has this layout."""
    read: Callable[[Any], KeypointFile]


JSON_FORMATS = (
    JsonFormat(alphapose_reader.is_list, alphapose_reader.read_list),
    JsonFormat(coco_reader.is_results, coco_reader.read_coco),
    JsonFormat(coco_reader.is_annotations, coco_reader.read_coco),
    JsonFormat(mmpose_reader.is_demo, mmpose_reader.read_demo),
    JsonFormat(mmpose_reader.is_predictions, mmpose_reader.read_predictions),
    JsonFormat(ultralytics_reader.is_results, ultralytics_reader.read_results),
    JsonFormat(openpose_reader.is_frame, openpose_reader.read_frame),
    JsonFormat(alphapose_reader.is_by_picture, alphapose_reader.read_by_picture),
)
"""The first format that matches reads the file."""
KNOWN = (
    "JSON of AlphaPose, COCO (results or annotations), mmpose, Ultralytics or vidmotion, DeepLabCut's CSV or H5, "
    "CSV of MediaPipe's landmarks, VideoPose3D's .npz, Sports2D's _px_personNN.trc, or a folder of OpenPose's JSON, of "
    "such TRC files or of Ultralytics' labels"
)


def read_keypoint_file(path: Path) -> KeypointFile | Scene:
    """The people of a file or folder, in 2D; a file that vidmotion wrote gives its scene.

    Raises:
        InputError: there is no such file, its format is unknown, or it is damaged.
    """
    if not path.exists():
        raise InputError(f"{path}: no such file or folder; check the spelling")
    return _read_folder(path) if path.is_dir() else _read_file(path)


def _read_folder(folder: Path) -> KeypointFile:
    try:
        frames, markers = openpose_reader.frame_files(folder), sports2d_reader.pixel_files(folder)
        labels = ultralytics_reader.label_files(folder) if not frames and not markers else []
    except OSError as error:
        raise InputError(f"{folder}: cannot be read ({error.strerror})") from None
    if labels:
        return ultralytics_reader.read_labels(labels)
    if bool(frames) == bool(markers):
        raise InputError(
            f"{folder}: wanted OpenPose's NAME_000000000000_keypoints.json, Sports2D's NAME_px_personNN.trc or "
            f"Ultralytics' NAME_1.txt; {'both of the first two are in it' if frames else 'it contains none of them'}"
        )
    return openpose_reader.read_folder(frames) if frames else sports2d_reader.read_files(markers)


def _read_file(path: Path) -> KeypointFile | Scene:
    suffix = path.suffix.lower()
    if suffix == ".trc":
        return sports2d_reader.read_files([path])
    if suffix == ".csv":
        text = read_bytes(path).decode("utf-8-sig", "replace")
        with refuse_bad_content(path):
            return (deeplabcut_reader if deeplabcut_reader.is_table(text) else mediapipe_reader).read_csv(text)
    if suffix in (".h5", ".hdf5"):
        return deeplabcut_reader.read_h5(path)
    if suffix == ".npz" and videopose3d_reader.is_archive(path):
        return videopose3d_reader.read_archive(path)
    if suffix != ".json":
        if is_scene(path):
            return load(path)
        raise _unknown(path)
    tree = read_tree(path)
    if isinstance(tree, dict) and str(tree.get("schema")).startswith("vidmotion."):
        return load(path)
    for json_format in JSON_FORMATS:
        if json_format.matches(tree):
            with refuse_bad_content(path):
                return json_format.read(tree)
    raise _unknown(path)


def _unknown(path: Path) -> InputError:
    return InputError(f"{path}: not a known format of keypoints; wanted {KNOWN}")
