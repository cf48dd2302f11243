"""A folder of one JSON file a frame, as OpenPose, Pose2Sim and AlphaPose's `sep-json` write it.

Source: doc/02_output.md of CMU-Perceptual-Computing-Lab/openpose: BODY_25 has 25 points and COCO 18; a point that was
not found is (0, 0, 0). Pose2Sim writes the points of other models into the same form. A file's name ends with its
frame's number, from 0, before `_keypoints`; frames without a file are missing, as those without people are.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from vidmotion.errors import InputError
from vidmotion.io.keypoints.json_input import read_tree, told_plainly
from vidmotion.io.keypoints.raw_keypoints import Found, Seen, frame_of, identity, in_threes

FORM = "OpenPose's JSON"
OPENPOSE = {25: "openpose25", 18: "openpose18"}
_NAME = re.compile(r"(?:.*[^0-9])?([0-9]+)(?:_keypoints)?\.json", re.IGNORECASE)


def frame_files(folder: Path) -> dict[int, Path]:
    """The files of a folder that are named after frames.

    Raises:
        InputError: two are of one frame.
    """
    files: dict[int, Path] = {}
    for path in sorted(folder.iterdir()):
        match = _NAME.fullmatch(path.name)
        if match is None or not path.is_file():
            continue
        other = files.setdefault(frame_of(match[1]), path)
        if other is not path:
            raise InputError(f"{other.name} and {path.name} are of one frame; keep one video's files in a folder")
    return files


def read_folder(files: dict[int, Path]) -> Found:
    """The people of all frames.

    Raises:
        InputError: a file is damaged; says which.
    """
    seen: list[Seen] = []
    for frame, path in sorted(files.items()):
        tree = read_tree(path)
        with told_plainly(path):
            seen += people_of(tree, frame)
    return Found(FORM, tuple(seen), documented=OPENPOSE)


def is_frame(tree: Any) -> bool:
    """Whether this is one such file."""
    return isinstance(tree, dict) and any(isinstance(tree.get(name), list) for name in ("people", "bodies"))


def read_frame(tree: Any) -> Found:
    """The people of one file as those of one picture."""
    return Found(FORM, tuple(people_of(tree, 0)), documented=OPENPOSE)


def people_of(tree: Any, frame: int) -> list[Seen]:
    """The people of one file, also of one in CMU's older form with `bodies` and `joints`."""
    people = tree["people"] if "people" in tree else tree["bodies"]
    return [Seen(frame, in_threes(_points(person), frame), identity(person.get("person_id"))) for person in people]


def _points(person: Any) -> Any:
    for name in ("pose_keypoints_2d", "pose_keypoints", "joints"):
        if name in person:
            return person[name]
    raise KeyError("pose_keypoints_2d")
