"""mmpose's JSON: `results_NAME.json` of its demos, and the predictions of MMPoseInferencer.

Source: demo/topdown_demo_with_mmdet.py, mmpose/apis/inferencers and mmpose/structures/utils.py of open-mmlab/mmpose.
The demos name the points (`meta_info`) and count frames from 1. The inferencer does not name them and counts from 0, or
gives a list of people for each frame. Scores of some heads exceed 1 and are clipped. 3D results are refused.
"""

from __future__ import annotations

from typing import Any

from vidmotion.io.keypoints.raw_keypoints import (
    KeypointFile,
    PersonInFrame,
    frame_number,
    parse_person_id,
    points_from_arrays,
)

DEMO = "mmpose's demo results"
INFERENCER = "mmpose's predictions"


def is_demo(tree: Any) -> bool:
    """Whether a demo saved this."""
    return isinstance(tree, dict) and {"meta_info", "instance_info"} <= tree.keys()


def read_demo(tree: Any) -> KeypointFile:
    """Reads all frames of a video, or the people of one picture."""
    names = tree["meta_info"].get("keypoint_id2name") or {}
    point_names = tuple(str(names[key]) for key in sorted(names, key=int))
    people = tree["instance_info"]
    frames = people if _are_frames(people) else [{"frame_id": 1, "instances": people}]
    counts_from_0 = any(item["frame_id"] == 0 for item in frames)
    return KeypointFile(DEMO, _read(frames, first=0 if counts_from_0 else 1), point_names)


def is_predictions(tree: Any) -> bool:
    """Whether the inferencer saved or returned this."""
    if not isinstance(tree, list) or not tree:
        return False
    people = [person for item in tree if isinstance(item, list) for person in item]
    first = people[0] if people else tree[0]
    return _are_frames(tree) or (isinstance(first, dict) and {"keypoints", "keypoint_scores"} <= first.keys())


def read_predictions(tree: Any) -> KeypointFile:
    """Reads all frames of a video, or the people of one picture."""
    if _are_frames(tree):
        frames = tree
    else:
        lists = tree if isinstance(tree[0], list) else [tree]
        frames = [{"frame_id": index, "instances": people} for index, people in enumerate(lists)]
    return KeypointFile(INFERENCER, _read(frames, first=0))


def _are_frames(items: Any) -> bool:
    first = items[0] if isinstance(items, list) and items else None
    return isinstance(first, dict) and {"frame_id", "instances"} <= first.keys()


def _read(frames: Any, first: int) -> tuple[PersonInFrame, ...]:
    people = []
    for item in frames:
        frame = frame_number(frame_number(item["frame_id"]) - first)
        for person in item["instances"]:
            points = points_from_arrays(person["keypoints"], person["keypoint_scores"], frame)
            people.append(PersonInFrame(frame, points, parse_person_id(person.get("track_id"))))
    return tuple(people)
