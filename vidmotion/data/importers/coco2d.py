"""Reads labelled people in pictures and videos: COCO's keypoint JSON and results, and PoseTrack 2018's, with tracks.

A person in a picture becomes a clip of one frame, a track becomes a clip of its frames. In short gaps of a track the
points are missing; after a long gap the track continues in another clip. In files with tracks, annotations without a
track are left out; so are, in all files, crowds and annotations with few points.

`vidmotion.io.keypoints.coco_reader` parses the file, as for `lift --keypoints`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from vidmotion.data.importers.importer import ImportFile, ImportOptions, points_at_rate
from vidmotion.data.packed_writer import NewClip
from vidmotion.errors import InputError
from vidmotion.io.keypoints.coco_reader import COCO, RESULTS, CocoFile, CocoPerson, parse_coco
from vidmotion.io.keypoints.json_input import read_tree, refuse_bad_content
from vidmotion.io.keypoints.raw_keypoints import frame_number
from vidmotion.io.keypoints.skeleton_matching import Layout, find_layout
from vidmotion.model.normalization import FRAME_RATE
from vidmotion.skeletons import H36M17, convert
from vidmotion.types import Floats, Keypoints2D

LEAST_POINTS = 6
"""Annotations with fewer labelled points are left out."""
LONGEST_GAP = 15
"""Frames; after a longer gap a track continues in another clip."""


def read_coco(file: ImportFile, options: ImportOptions) -> Iterator[NewClip]:
    """The clips of a JSON file.

    Raises:
        InputError: the file is not a keypoint JSON, is damaged or lacks something.
    """
    tree = read_tree(file.path)
    with refuse_bad_content(file.path):
        content = parse_coco(tree)
        people = [one for one in content.people if (one.points[:, 2] > 0).sum() >= LEAST_POINTS]
        if not people:
            return
        layout = find_layout(content.format_name, len(people[0].points), content.point_names, COCO, None)
        clips = _tracks if any(one.track_id is not None for one in people) else _stills
        yield from clips(file, content, people, layout, options)


def _stills(
    file: ImportFile, content: CocoFile, people: list[CocoPerson], layout: Layout, options: ImportOptions
) -> Iterator[NewClip]:
    for one in people:
        size = _size(one, content, options)
        xy, score = _joints([one], layout, size)
        yield NewClip(
            f"{file.name}/{one.id}", "", options.split, None, None, xy, score,
            scene=f"{file.name}/{one.picture.id}", person=one.id, size=size,
        )  # fmt: skip


def _tracks(
    file: ImportFile, content: CocoFile, people: list[CocoPerson], layout: Layout, options: ImportOptions
) -> Iterator[NewClip]:
    tracks: dict[tuple[str, str], dict[int, CocoPerson]] = defaultdict(dict)
    for one in people:
        if one.track_id is not None:
            # PoseTrack's frame_id is counted over all videos, the file name is not.
            tracks[one.picture.video or file.name, str(one.track_id)][frame_number(one.picture.name)] = one
    for (video, person), by_frame in tracks.items():
        numbers = np.array(sorted(by_frame))
        edges = [0, *(np.flatnonzero(np.diff(numbers) > LONGEST_GAP) + 1).tolist(), len(numbers)]
        for part, (start, stop) in enumerate(pairwise(edges)):
            run = numbers[start:stop]
            size = _size(by_frame[run[0]], content, options)
            xy, score = _spread(run, *_joints([by_frame[number] for number in run], layout, size))
            xy, score = points_at_rate(xy, score, options.fps or FRAME_RATE)
            yield NewClip(
                f"{file.name}/{video}/{person}.{part}", video, options.split_of(video), None, None, xy, score,
                scene=f"{file.name}/{video}/{run[0]}", person=person, size=size,
            )  # fmt: skip


def _size(one: CocoPerson, content: CocoFile, options: ImportOptions) -> tuple[int, int]:
    size = options.size or one.picture.size
    if size is None:
        what = "is a list of results, without" if content.format_name == RESULTS else "does not contain"
        raise InputError(f"{what} the size of its pictures; pass `size`, such as 1280x720")
    return size


def _joints(people: list[CocoPerson], layout: Layout, size: tuple[int, int]) -> tuple[Floats, Floats]:
    """(T, 17, 2) pixels from the picture's center, and scores (T, 17)."""
    points = np.stack([layout.select(one.points, one.picture.name) for one in people])
    joints = convert(Keypoints2D(points[..., :2], points[..., 2], layout.skeleton), H36M17.name)
    return joints.xy - np.array(size) / 2, joints.score


def _spread(numbers: np.ndarray, xy: Floats, score: Floats) -> tuple[Floats, Floats]:
    """Points and scores of the frames `numbers` (T,), with missing points in the frames between."""
    rows = numbers - numbers[0]
    all_xy, all_scores = np.zeros((rows[-1] + 1, 17, 2)), np.zeros((rows[-1] + 1, 17))
    all_xy[rows], all_scores[rows] = xy, score
    return all_xy, all_scores
