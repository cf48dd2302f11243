"""Reads NTU RGB+D's 2D skeletons as pyskl and mmaction publish them (ntu60_hrnet.pkl, ntu120_hrnet.pkl). Research only.

A dictionary of "split" ({xsub_train: [names], ...}) and "annotations": a list of dictionaries with frame_dir, label,
img_shape, total_frames, keypoint (people, frames, 17, 2) COCO's points in pixels, keypoint_score (people, frames, 17).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from vidmotion.data.importers.importer import ImportFile, ImportOptions, check_numbers, points_at_rate
from vidmotion.data.packed_writer import NewClip
from vidmotion.errors import InputError
from vidmotion.io.pickles import read_pickle
from vidmotion.skeletons import COCO17, H36M17, convert
from vidmotion.types import Keypoints2D

RATE = 30.0
_NEEDED = ("frame_dir", "label", "img_shape", "keypoint", "keypoint_score")
_SPLITS = {"train": "train", "val": "test"}
"""NTU's names of its two parts, and the splits that they become."""
_NAME = re.compile(r"P(\d{3})R\d{3}A(\d{3})")


def read_ntu(file: ImportFile, options: ImportOptions) -> Iterator[NewClip]:
    """A clip for each person of each video in the parts of `options.split_rule`.

    Raises:
        InputError: the file is damaged, would run code, or lacks something.
    """
    tree = read_pickle(file.path, "NTU pickle")
    if not isinstance(tree, dict) or not isinstance(tree.get("split"), dict) or "annotations" not in tree:
        raise InputError("lacks split or annotations; wanted a dictionary of both")
    wanted = {f"{options.split_rule}_{part}": split for part, split in _SPLITS.items()}
    missing = [name for name in wanted if name not in tree["split"]]
    if missing:
        raise InputError(
            f"has no split {', '.join(missing)}, but {', '.join(tree['split'])}; pass another `split_rule`"
        )
    split_of = {name: split for part, split in wanted.items() for name in tree["split"][part]}
    for record in tree["annotations"]:
        if not isinstance(record, dict) or any(name not in record for name in _NEEDED):
            raise InputError(f"an annotation lacks one of {', '.join(_NEEDED)}")
        if record["frame_dir"] not in split_of:
            continue
        try:
            yield from _people(record, split_of[record["frame_dir"]], options)
        except (ValueError, TypeError) as error:
            raise InputError(f"its {record['frame_dir']} is damaged ({error})") from None


def _people(record: dict[str, Any], split: str, options: ImportOptions) -> Iterator[NewClip]:
    scene, (height, width) = str(record["frame_dir"]), record["img_shape"]
    points, scores = (np.asarray(record[name]).astype(float) for name in ("keypoint", "keypoint_score"))
    if points.shape[2:] != (17, 2) or scores.shape != points.shape[:3]:
        raise InputError(f"{scene}: wanted keypoint (people, frames, 17, 2), received {points.shape}, {scores.shape}")
    check_numbers(points)
    check_numbers(scores)
    coded = _NAME.search(scene)
    subject, label = (f"P{coded[1]}", f"A{coded[2]}") if coded else ("", str(record["label"]))
    for person, (xy, score) in enumerate(zip(points, scores, strict=True)):
        if not (score > 0).any():
            continue
        joints = convert(Keypoints2D(xy, score.clip(0, 1), COCO17.name), H36M17.name)
        center = np.array([width, height]) / 2
        xy, score = points_at_rate(joints.xy - center, joints.score, options.fps or RATE)
        yield NewClip(
            f"{scene}_{person}", subject, split, None, None, xy, score, label, scene, str(person), (width, height)
        )
