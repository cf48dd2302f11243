"""mmpose's JSON: what its demos save as `results_NAME.json`, and what MMPoseInferencer saves or returns.

Source: demo/topdown_demo_with_mmdet.py, mmpose/apis/inferencers and mmpose/structures/utils.py of open-mmlab/mmpose.
The demos name the points (`meta_info`) and count frames from 1; the inferencer names nothing and counts from 0, or
returns a list of people a frame. Scores of some heads exceed 1 and are cut there. Its 3D results are not 2D.
"""

from __future__ import annotations

from typing import Any

from vidmotion.io.keypoints.raw_keypoints import Found, Seen, frame_of, identity, side_by_side

DEMO = "mmpose's demo results"
INFERENCER = "mmpose's predictions"


def is_demo(tree: Any) -> bool:
    """Whether this is what a demo saved."""
    return isinstance(tree, dict) and {"meta_info", "instance_info"} <= tree.keys()


def read_demo(tree: Any) -> Found:
    """All frames of a video, or one picture's people."""
    names = tree["meta_info"].get("keypoint_id2name") or {}
    ordered = tuple(str(names[key]) for key in sorted(names, key=int))
    people = tree["instance_info"]
    frames = people if _are_frames(people) else [{"frame_id": 1, "instances": people}]
    counts_from_0 = any(item["frame_id"] == 0 for item in frames)
    return Found(DEMO, _read(frames, first=0 if counts_from_0 else 1), ordered)


def is_predictions(tree: Any) -> bool:
    """Whether this is what the inferencer saved or returned."""
    if not isinstance(tree, list) or not tree:
        return False
    people = [person for item in tree if isinstance(item, list) for person in item]
    first = people[0] if people else tree[0]
    return _are_frames(tree) or (isinstance(first, dict) and {"keypoints", "keypoint_scores"} <= first.keys())


def read_predictions(tree: Any) -> Found:
    """All frames of a video, or one picture's people."""
    if _are_frames(tree):
        frames = tree
    else:
        lists = tree if isinstance(tree[0], list) else [tree]
        frames = [{"frame_id": index, "instances": people} for index, people in enumerate(lists)]
    return Found(INFERENCER, _read(frames, first=0))


def _are_frames(items: Any) -> bool:
    first = items[0] if isinstance(items, list) and items else None
    return isinstance(first, dict) and {"frame_id", "instances"} <= first.keys()


def _read(frames: Any, first: int) -> tuple[Seen, ...]:
    seen = []
    for item in frames:
        frame = frame_of(frame_of(item["frame_id"]) - first)
        for person in item["instances"]:
            points = side_by_side(person["keypoints"], person["keypoint_scores"], frame)
            seen.append(Seen(frame, points, identity(person.get("track_id"))))
    return tuple(seen)
