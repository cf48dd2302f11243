"""AlphaPose's results: a list of people with a picture's name each, or its `cmu` and `open` forms by picture.

Source: doc/output.md and write_json of MVIG-SJTU/AlphaPose. The list's documented order of 17 points is COCO's; longer
ones (Halpe, COCO-WholeBody) are not told apart by the file. Videos give pictures the names 0.jpg, 1.jpg, ...

`idx` is somebody's identity where tracking ran: a number, or a list in lists where suppression merged people. Without
tracking everybody has 0.
"""

from __future__ import annotations

from typing import Any

from vidmotion.io.keypoints.openpose_reader import OPENPOSE, people_of
from vidmotion.io.keypoints.raw_keypoints import Found, Seen, frame_of, identity, in_threes

LIST = "AlphaPose's results"
BY_PICTURE = "AlphaPose's results in the form of CMU or OpenPose"
COCO = {17: "coco17"}


def is_list(tree: Any) -> bool:
    """Whether the people have what AlphaPose adds to COCO's results: names of pictures, `idx`."""
    first = tree[0] if isinstance(tree, list) and tree else None
    return (
        isinstance(first, dict)
        and {"image_id", "keypoints"} <= first.keys()
        and (isinstance(first["image_id"], str) or "idx" in first)
    )


def read_list(tree: Any) -> Found:
    """People one after the other.

    Raises:
        KeyError, TypeError: something is missing or of another kind; likewise in all readers of trees.
        InputError: numbers that are none.
    """
    seen = []
    for record in tree:
        frame = frame_of(record["image_id"])
        seen.append(Seen(frame, in_threes(record["keypoints"], frame), identity(record.get("idx"))))
    if not any(one.person for one in seen):
        seen = [Seen(one.frame, one.points) for one in seen]
    return Found(LIST, tuple(seen), documented=COCO)


def is_by_picture(tree: Any) -> bool:
    """Whether these are pictures by name, each with people."""
    first = next(iter(tree.values()), None) if isinstance(tree, dict) else None
    return isinstance(first, dict) and bool({"people", "bodies"} & first.keys())


def read_by_picture(tree: Any) -> Found:
    """Pictures by name, each as a file of OpenPose."""
    seen = [one for name, picture in tree.items() for one in people_of(picture, frame_of(name))]
    return Found(BY_PICTURE, tuple(seen), documented=OPENPOSE)
