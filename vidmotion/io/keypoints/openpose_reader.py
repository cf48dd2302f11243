"""A folder with one JSON file for each frame, as OpenPose, Pose2Sim and AlphaPose's `sep-json` write it.

Source: doc/02_output.md of CMU-Perceptual-Computing-Lab/openpose: BODY_25 has 25 points and COCO 18; a point that was
not found is (0, 0, 0). Pose2Sim writes the points of other models in the same form. The name of a file ends with the
number of its frame, from 0, before `_keypoints`. Frames without a file or with an empty one are missing, like those
without people.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from vidmotion.errors import InputError
from vidmotion.io.folders import visible_files
from vidmotion.io.keypoints.json_input import read_tree, refuse_bad_content
from vidmotion.io.keypoints.raw_keypoints import (
    KeypointFile,
    PersonInFrame,
    frame_number,
    parse_person_id,
    points_from_triples,
)

FORMAT = "OpenPose's JSON"
OPENPOSE = {25: "openpose25", 18: "openpose18"}
_NAME = re.compile(r"(?:.*[^0-9])?([0-9]+)(?:_keypoints)?\.json", re.IGNORECASE)


def frame_files(folder: Path) -> dict[int, Path]:
    """The files of a folder that are named after frames, by frame number.

    Raises:
        InputError: two files are of the same frame.
    """
    files: dict[int, Path] = {}
    for path in visible_files(folder):
        match = _NAME.fullmatch(path.name)
        if match is None:
            continue
        other = files.setdefault(frame_number(match[1]), path)
        if other is not path:
            raise InputError(
                f"{other.name} and {path.name} are of one frame; keep the files of one video only in a folder"
            )
    return files


def read_folder(files: dict[int, Path]) -> KeypointFile:
    """Reads the people of all frames.

    Raises:
        InputError: a file is damaged; the message names it.
    """
    people: list[PersonInFrame] = []
    for frame, path in sorted(files.items()):
        tree = read_tree(path) if path.stat().st_size else None
        with refuse_bad_content(path):
            people += people_of(tree, frame) if tree else []
    return KeypointFile(FORMAT, tuple(people), documented_skeletons=OPENPOSE)


def is_frame(tree: Any) -> bool:
    """Whether this is the file of one frame."""
    return isinstance(tree, dict) and any(isinstance(tree.get(name), list) for name in ("people", "bodies"))


def read_frame(tree: Any) -> KeypointFile:
    """Reads one file as a single picture."""
    return KeypointFile(FORMAT, tuple(people_of(tree, 0)), documented_skeletons=OPENPOSE)


def people_of(tree: Any, frame: int) -> list[PersonInFrame]:
    """The people of one file, also of CMU's older form with `bodies` and `joints`."""
    people = tree["people"] if "people" in tree else tree["bodies"]
    return [
        PersonInFrame(frame, points_from_triples(_points(person), frame), parse_person_id(person.get("person_id")))
        for person in people
    ]


def _points(person: Any) -> Any:
    for name in ("pose_keypoints_2d", "pose_keypoints", "joints"):
        if name in person:
            return person[name]
    raise KeyError("pose_keypoints_2d")
