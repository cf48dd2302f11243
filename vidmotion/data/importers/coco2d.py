"""Reads labelled people in pictures and videos: COCO's keypoint JSON, and PoseTrack 2018's, which adds tracks.

A person in a picture becomes a clip of one frame, a track becomes a clip of its frames. In short gaps of a track the
points are missing; after a long gap the track continues in another clip. In files with tracks, annotations without a
track are left out; so are, in all files, crowds and annotations with few points.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from vidmotion.data.importers.importer import ImportFile, ImportOptions, points_at_rate
from vidmotion.data.packed_writer import NewClip
from vidmotion.errors import InputError
from vidmotion.model.normalization import FRAME_RATE
from vidmotion.skeletons import COCO17, H36M17, POSETRACK17, Skeleton, convert
from vidmotion.types import Floats, Keypoints2D

LEAST_POINTS = 6
"""Annotations with fewer labelled points are left out."""
LONGEST_GAP = 15
"""Frames; after a longer gap a track continues in another clip."""
HALF_SEEN = 0.5
"""Score of a point that COCO labels although it is hidden."""

Record = dict[str, Any]


def read_coco(file: ImportFile, options: ImportOptions) -> Iterator[NewClip]:
    """The clips of a JSON file.

    Raises:
        InputError: the file is not a keypoint JSON, is damaged or lacks something.
    """
    try:
        tree = json.loads(file.path.read_bytes())
        images = {image["id"]: image for image in tree["images"]}
        people = [record for record in tree["annotations"] if _is_worth_it(record)]
        skeleton = _skeleton(tree.get("categories") or [])
        if any("track_id" in record for record in people):
            yield from _tracks(file, people, images, skeleton, options)
        else:
            for record in people:
                yield _still(file, record, images[record["image_id"]], skeleton, options)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        detail = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        raise InputError(f"is not a keypoint JSON, or is damaged ({detail})") from None


def _is_worth_it(record: Record) -> bool:
    labelled = sum(flag > 0 for flag in record.get("keypoints", ())[2::3])
    return labelled >= LEAST_POINTS and not record.get("iscrowd")


def _skeleton(categories: list[Record]) -> Skeleton:
    names = next((category["keypoints"] for category in categories if "keypoints" in category), list(COCO17.joints))
    for skeleton in (COCO17, POSETRACK17):
        if tuple(names) == skeleton.joints:
            return skeleton
    raise ValueError(f"unknown keypoints {', '.join(names)}; wanted COCO's or PoseTrack's")


def _still(file: ImportFile, record: Record, image: Record, skeleton: Skeleton, options: ImportOptions) -> NewClip:
    size = _size(image, options)
    xy, score = _joints([record], skeleton, size)
    name, scene = f"{file.name}/{record['id']}", f"{file.name}/{image['id']}"
    return NewClip(
        name, "", options.split, None, None, xy, score, scene=scene, person=str(record["id"]), size=size
    )  # fmt: skip


def _tracks(
    file: ImportFile, people: list[Record], images: dict[int, Record], skeleton: Skeleton, options: ImportOptions
) -> Iterator[NewClip]:
    tracks: dict[tuple[str, str], dict[int, Record]] = defaultdict(dict)
    for record in people:
        image = images[record["image_id"]]
        if "track_id" in record:
            tracks[str(image.get("vid_id", file.name)), str(record["track_id"])][_number(image)] = record
    for (video, person), records in tracks.items():
        numbers = np.array(sorted(records))
        edges = [0, *(np.flatnonzero(np.diff(numbers) > LONGEST_GAP) + 1).tolist(), len(numbers)]
        for part, (start, stop) in enumerate(pairwise(edges)):
            run = numbers[start:stop]
            image = images[records[run[0]]["image_id"]]
            size = _size(image, options)
            xy, score = _spread(run, *_joints([records[number] for number in run], skeleton, size))
            xy, score = points_at_rate(xy, score, options.fps or FRAME_RATE)
            yield NewClip(
                f"{file.name}/{video}/{person}.{part}", video, options.split_of(video), None, None, xy, score,
                scene=f"{file.name}/{video}/{run[0]}", person=person, size=size,
            )  # fmt: skip


def _number(image: Record) -> int:
    """The number of a frame in its video, taken from the file name: frame_id is counted over all videos."""
    digits = re.findall(r"\d+", str(image["file_name"]))
    if not digits:
        raise ValueError(f"the file name {image['file_name']!r} has no frame number")
    return int(digits[-1])


def _size(image: Record, options: ImportOptions) -> tuple[int, int]:
    if options.size is not None:
        return options.size
    if not image.get("width") or not image.get("height"):
        raise InputError("does not contain the size of its pictures; pass `size`, such as 1280x720")
    return int(image["width"]), int(image["height"])


def _joints(records: list[Record], skeleton: Skeleton, size: tuple[int, int]) -> tuple[Floats, Floats]:
    """(T, 17, 2) pixels from the picture's center, and scores (T, 17)."""
    points = np.array([record["keypoints"] for record in records], dtype=float)
    if points.shape[1:] != (51,):
        raise ValueError(f"wanted 17 keypoints of 3 numbers, received {points.shape[1:]} numbers")
    points = points.reshape(-1, 17, 3)
    hidden = (points[..., 2] == 1) & (skeleton is COCO17)
    score = np.where(hidden, HALF_SEEN, points[..., 2] > 0)
    joints = convert(Keypoints2D(points[..., :2], score, skeleton.name), H36M17.name)
    return joints.xy - np.array(size) / 2, joints.score


def _spread(numbers: np.ndarray, xy: Floats, score: Floats) -> tuple[Floats, Floats]:
    """Points and scores of the frames `numbers` (T,), with missing points in the frames between."""
    rows = numbers - numbers[0]
    all_xy, all_scores = np.zeros((rows[-1] + 1, 17, 2)), np.zeros((rows[-1] + 1, 17))
    all_xy[rows], all_scores[rows] = xy, score
    return all_xy, all_scores
