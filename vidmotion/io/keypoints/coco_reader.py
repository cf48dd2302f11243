"""COCO's JSON: results (a list of people, each with the number of a picture), or annotations (with pictures and names).

Source: cocodataset.org, "results format" and "data format". People of the results have COCO's 17 points, and the third
number of each point is a score. In annotations it is a flag: 0 not labelled, 1 labelled but hidden, 2 visible; there
the categories name the points. `track_id`, which PoseTrack and others add, is a person's identity.

In results `image_id` is the number of the frame. In annotations it is the last number in the picture's `file_name`.
"""

from __future__ import annotations

from typing import Any

from vidmotion.errors import InputError
from vidmotion.io.keypoints.raw_keypoints import (
    KeypointFile,
    PersonInFrame,
    frame_number,
    parse_person_id,
    points_from_triples,
    whole_number,
)

RESULTS = "COCO's results"
ANNOTATIONS = "COCO's annotations"
HIDDEN_SCORE = 0.5
"""Score of a point that was labelled although it is hidden."""
WIDEST = 100_000
"""Pixels."""
COCO = {17: "coco17"}


def is_results(tree: Any) -> bool:
    """Whether this is a list of people with pictures and points."""
    first = tree[0] if isinstance(tree, list) and tree else None
    return isinstance(first, dict) and {"image_id", "keypoints"} <= first.keys()


def read_results(tree: Any) -> KeypointFile:
    """Reads the list of people."""
    people = []
    for record in tree:
        frame = frame_number(record["image_id"])
        points = points_from_triples(record["keypoints"], frame)
        people.append(PersonInFrame(frame, points, parse_person_id(record.get("track_id"))))
    return KeypointFile(RESULTS, tuple(people), documented_skeletons=COCO)


def is_annotations(tree: Any) -> bool:
    """Whether this has pictures and annotations."""
    return isinstance(tree, dict) and {"images", "annotations"} <= tree.keys()


def read_annotations(tree: Any) -> KeypointFile:
    """Reads the annotated people; crowds are left out.

    Raises:
        InputError: categories name different points, or pictures differ in size.
    """
    frames = {image["id"]: frame_number(image["file_name"]) for image in tree["images"]}
    people = []
    for record in tree["annotations"]:
        if not record.get("keypoints") or record.get("iscrowd"):
            continue
        frame = frames[record["image_id"]]
        points = points_from_triples(_flags_to_scores(record["keypoints"]), frame)
        people.append(PersonInFrame(frame, points, parse_person_id(record.get("track_id"))))
    names = _point_names(tree.get("categories") or [])
    return KeypointFile(ANNOTATIONS, tuple(people), names, size=_picture_size(tree["images"]))


def _flags_to_scores(values: Any) -> Any:
    """The same numbers with a score in place of each flag."""
    return [
        {1: HIDDEN_SCORE, 2: 1.0}.get(value, 0.0) if index % 3 == 2 else value for index, value in enumerate(values)
    ]


def _point_names(categories: Any) -> tuple[str, ...]:
    names = {tuple(map(str, one["keypoints"])) for one in categories if one.get("keypoints")}
    if len(names) > 1:
        raise InputError("has categories with different points; keep the category of people only")
    return names.pop() if names else ()


def _picture_size(images: Any) -> tuple[int, int] | None:
    sizes = {(whole_number(image.get("width")), whole_number(image.get("height"))) for image in images}
    if len(sizes) > 1:
        raise InputError("its pictures differ in size, so they are not the frames of one video")
    width, height = sizes.pop() if sizes else (None, None)
    return (width, height) if width and height and 0 < min(width, height) <= max(width, height) <= WIDEST else None
