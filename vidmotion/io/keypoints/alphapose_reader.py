"""AlphaPose's results: a list of people with the name of a picture each, or its `cmu` and `open` forms by picture.

Source: doc/output.md and write_json of MVIG-SJTU/AlphaPose. The documented order of 17 points in the list is COCO's.
The file does not say which of the larger sets (Halpe, COCO-WholeBody) it has. Frames of a video are named 0.jpg, 1.jpg,
and so on.

`idx` is a person's identity if tracking ran: a number, or nested lists where suppression merged people. Without
tracking everybody has 0.
"""

from __future__ import annotations

from typing import Any

from vidmotion.io.keypoints.coco_reader import COCO
from vidmotion.io.keypoints.openpose_reader import OPENPOSE, people_of
from vidmotion.io.keypoints.raw_keypoints import (
    KeypointFile,
    PersonInFrame,
    frame_number,
    parse_person_id,
    points_from_triples,
)

LIST = "AlphaPose's results"
BY_PICTURE = "AlphaPose's results in the form of CMU or OpenPose"


def is_list(tree: Any) -> bool:
    """Whether the people have what AlphaPose adds to COCO's results: names of pictures, or `idx`."""
    first = tree[0] if isinstance(tree, list) and tree else None
    return (
        isinstance(first, dict)
        and {"image_id", "keypoints"} <= first.keys()
        and (isinstance(first["image_id"], str) or "idx" in first)
    )


def read_list(tree: Any) -> KeypointFile:
    """Reads the list of people.

    Raises:
        KeyError, TypeError: a field is missing or has another type; likewise in all readers of trees.
        InputError: a value is not a number.
    """
    people = []
    for record in tree:
        frame = frame_number(record["image_id"])
        points = points_from_triples(record["keypoints"], frame)
        people.append(PersonInFrame(frame, points, parse_person_id(record.get("idx"))))
    if not any(one.person_id for one in people):
        people = [PersonInFrame(one.frame, one.points) for one in people]
    return KeypointFile(LIST, tuple(people), documented_skeletons=COCO)


def is_by_picture(tree: Any) -> bool:
    """Whether the tree has names of pictures as keys, each with people."""
    first = next(iter(tree.values()), None) if isinstance(tree, dict) else None
    return isinstance(first, dict) and bool({"people", "bodies"} & first.keys())


def read_by_picture(tree: Any) -> KeypointFile:
    """Reads pictures by name; each is like a file of OpenPose."""
    people = [one for name, picture in tree.items() for one in people_of(picture, frame_number(name))]
    return KeypointFile(BY_PICTURE, tuple(people), documented_skeletons=OPENPOSE)
