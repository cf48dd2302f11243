"""COCO's JSON: results, a list of people with the number of a picture each; annotations, with pictures and names.

Source: cocodataset.org, "results format" and "data format". People of the results have COCO's 17 points, the third
number of each a score. In annotations it is a flag: 0 not labelled, 1 labelled though hidden, 2 seen; categories name
the points. `track_id`, which PoseTrack and others add, is somebody's identity.

In results an `image_id` is the frame's number. In annotations it is the last number in the picture's `file_name`.
"""

from __future__ import annotations

from typing import Any

from vidmotion.errors import InputError
from vidmotion.io.keypoints.raw_keypoints import Found, Seen, frame_of, identity, in_threes, whole_number

RESULTS = "COCO's results"
ANNOTATIONS = "COCO's annotations"
HALF_SEEN = 0.5
"""Score of a point that people labelled though it was hidden."""
WIDEST = 100_000
"""Pixels."""
COCO = {17: "coco17"}


def is_results(tree: Any) -> bool:
    """Whether this is a list of people with pictures and points."""
    first = tree[0] if isinstance(tree, list) and tree else None
    return isinstance(first, dict) and {"image_id", "keypoints"} <= first.keys()


def read_results(tree: Any) -> Found:
    """People one after the other."""
    seen = []
    for record in tree:
        frame = frame_of(record["image_id"])
        seen.append(Seen(frame, in_threes(record["keypoints"], frame), identity(record.get("track_id"))))
    return Found(RESULTS, tuple(seen), documented=COCO)


def is_annotations(tree: Any) -> bool:
    """Whether this has pictures, annotations and categories."""
    return isinstance(tree, dict) and {"images", "annotations"} <= tree.keys()


def read_annotations(tree: Any) -> Found:
    """People whom somebody, or a program, marked.

    Raises:
        InputError: no category has names of points, several have other ones, or pictures differ in size.
    """
    frames = {image["id"]: frame_of(image["file_name"]) for image in tree["images"]}
    seen = []
    for record in tree["annotations"]:
        if not record.get("keypoints") or record.get("iscrowd"):
            continue
        frame = frames[record["image_id"]]
        points = in_threes(_scored(record["keypoints"]), frame)
        seen.append(Seen(frame, points, identity(record.get("track_id"))))
    return Found(ANNOTATIONS, tuple(seen), _names(tree.get("categories") or []), size=_size(tree["images"]))


def _scored(values: Any) -> Any:
    """The same numbers with scores instead of flags."""
    return [{1: HALF_SEEN, 2: 1.0}.get(value, 0.0) if place % 3 == 2 else value for place, value in enumerate(values)]


def _names(categories: Any) -> tuple[str, ...]:
    named = {tuple(map(str, one["keypoints"])) for one in categories if one.get("keypoints")}
    if len(named) > 1:
        raise InputError("has categories with different points; keep those of people")
    return named.pop() if named else ()


def _size(images: Any) -> tuple[int, int] | None:
    sizes = {(whole_number(image.get("width")), whole_number(image.get("height"))) for image in images}
    if len(sizes) > 1:
        raise InputError("its pictures differ in size, so they are no video's")
    width, height = sizes.pop() if sizes else (None, None)
    return (width, height) if width and height and 0 < min(width, height) <= max(width, height) <= WIDEST else None
