"""2D keypoints that other programs wrote, as a scene that can be lifted: no detector runs.

A table of formats says which program wrote a file; what is none of them is refused with the list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidmotion.errors import InputError
from vidmotion.io.keypoints import (
    alphapose_reader,
    coco_reader,
    mediapipe_reader,
    mmpose_reader,
    openpose_reader,
    sports2d_reader,
)
from vidmotion.io.keypoints.json_input import read_bytes, read_tree, told_plainly
from vidmotion.io.keypoints.raw_keypoints import Found
from vidmotion.io.keypoints.scene_builder import Told, make_scene
from vidmotion.io.scene.formats import READERS, load
from vidmotion.types import Scene


@dataclass(frozen=True)
class Form:
    """A kind of JSON."""

    is_one: Callable[[Any], bool]
    read: Callable[[Any], Found]


FORMS = (
    Form(alphapose_reader.is_list, alphapose_reader.read_list),
    Form(coco_reader.is_results, coco_reader.read_results),
    Form(coco_reader.is_annotations, coco_reader.read_annotations),
    Form(mmpose_reader.is_demo, mmpose_reader.read_demo),
    Form(mmpose_reader.is_predictions, mmpose_reader.read_predictions),
    Form(openpose_reader.is_frame, openpose_reader.read_frame),
    Form(alphapose_reader.is_by_picture, alphapose_reader.read_by_picture),
)
"""The first that a tree is one of reads it."""
KNOWN = (
    "JSON of AlphaPose, COCO (results or annotations), mmpose or vidmotion, CSV of MediaPipe's landmarks, "
    "Sports2D's _px_personNN.trc, or a folder of OpenPose's JSON or of such TRC"
)


def read_keypoints(path: Path | str, video: Path | str | None = None, **told: Any) -> Scene:
    """The people of a file or folder, in 2D.

    Args:
        video: what they were found in; tells the times of its frames and its size.
        told: fields of `Told`: what neither the file nor the video tells.

    Raises:
        InputError: it is no such file, is damaged, or does not tell enough; says what is missing.
        VideoError: the video cannot be read.
        NobodyFoundError: nobody is in it for long enough.
    """
    path, facts = Path(path), Told(**told)
    if not path.exists():
        raise InputError(f"{path}: no such file or folder; check the spelling")
    if path.is_dir():
        found: Found | Scene = _read_folder(path)
    else:
        found = _read_file(path)
    if isinstance(found, Scene):
        if facts != Told():
            raise InputError(f"{path}: vidmotion's own file tells its skeleton, rate, size and section; leave them out")
        return found
    return make_scene(path, found, None if video is None else Path(video), facts)


def _read_folder(folder: Path) -> Found:
    try:
        frames, markers = openpose_reader.frame_files(folder), sports2d_reader.pixel_files(folder)
    except OSError as error:
        raise InputError(f"{folder}: cannot be read ({error.strerror})") from None
    if bool(frames) == bool(markers):
        kept = "both kinds of files" if frames else "none of them"
        raise InputError(
            f"{folder}: wanted OpenPose's NAME_000000000000_keypoints.json or Sports2D's NAME_px_personNN.trc; "
            f"there are {kept}"
        )
    return openpose_reader.read_folder(frames) if frames else sports2d_reader.read_files(markers)


def _read_file(path: Path) -> Found | Scene:
    suffix = path.suffix.lower()
    if suffix == ".trc":
        return sports2d_reader.read_files([path])
    if suffix == ".csv":
        with told_plainly(path):
            return mediapipe_reader.read_csv(read_bytes(path).decode("utf-8-sig", "replace"))
    if suffix != ".json":
        if suffix in READERS:
            return load(path)
        raise InputError(f"{path}: no keypoints that are known; wanted {KNOWN}")
    tree = read_tree(path)
    if isinstance(tree, dict) and str(tree.get("schema")).startswith("vidmotion."):
        return load(path)
    for form in FORMS:
        if form.is_one(tree):
            with told_plainly(path):
                return form.read(tree)
    raise InputError(f"{path}: no keypoints that are known; wanted {KNOWN}")
