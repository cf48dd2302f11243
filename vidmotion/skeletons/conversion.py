"""Converts 2D points from one skeleton to another."""

from __future__ import annotations

import numpy as np

from vidmotion.errors import InputError
from vidmotion.skeletons.keypoint_sets import BLAZEPOSE33, COCO17, COCO23, HALPE26, OPENPOSE18, OPENPOSE25, POSETRACK17
from vidmotion.skeletons.kinematic_trees import H36M17
from vidmotion.skeletons.registry import by_name
from vidmotion.skeletons.skeleton import Skeleton
from vidmotion.types import Keypoints2D


def _blazepose_to_h36m() -> np.ndarray:
    """(17, 33) weights: each Human3.6M joint as a weighted sum of BlazePose points."""
    shared = {joint: {joint: 1.0} for joint in H36M17.joints if joint in BLAZEPOSE33.joints}
    hips, shoulders = ("left_hip", "right_hip"), ("left_shoulder", "right_shoulder")
    eyes, ears, mouth = ("left_eye", "right_eye"), ("left_ear", "right_ear"), ("mouth_left", "mouth_right")
    # Fitted by benchmarks/accuracy/keypoint_calibration.py to rendered people whose joints are known exactly. Simple
    # centers, and points of the same name, are 2 to 4 % of the body height away from the joints that lifters are
    # trained on, mostly too high (hips, ankles) or too far forward (spine, neck). Negative weights correct this.
    computed = {
        "root": dict.fromkeys(hips, 0.53) | dict.fromkeys(shoulders, -0.03),
        "spine": dict.fromkeys(hips, 0.22) | dict.fromkeys(shoulders, 0.435) | {"nose": -0.31},
        "thorax": dict.fromkeys(shoulders, 0.43) | dict.fromkeys(ears, 0.25) | {"nose": -0.36},
        "neck": dict.fromkeys(ears, 0.45) | dict.fromkeys(shoulders, 0.09) | {"nose": -0.08},
        "head": dict.fromkeys(ears, 0.85) | dict.fromkeys(eyes, 0.55) | dict.fromkeys(mouth, -0.55) | {"nose": -0.7},
    }
    for side, other in (("left", "right"), ("right", "left")):
        hip, knee, ankle = f"{side}_hip", f"{side}_knee", f"{side}_ankle"
        computed[hip] = {hip: 0.95, f"{other}_hip": 0.11} | dict.fromkeys(shoulders, -0.03)
        computed[knee] = {knee: 1.03, hip: -0.03}
        computed[ankle] = {ankle: 0.61, f"{side}_heel": 0.35, f"{side}_foot_index": 0.04}
    return _weights(BLAZEPOSE33, shared | computed)


def _labels_to_h36m(source: Skeleton, head: dict[str, dict[str, float]]) -> np.ndarray:
    """(17, J) weights for points that were labelled in pictures; `head` has the weights of neck and head."""
    hips, shoulders = ("left_hip", "right_hip"), ("left_shoulder", "right_shoulder")
    shared = {joint: {joint: 1.0} for joint in H36M17.joints if joint in source.joints}
    trunk = {
        "root": dict.fromkeys(hips, 0.5),
        "spine": dict.fromkeys(hips + shoulders, 0.25),
        "thorax": dict.fromkeys(shoulders, 0.5),
    }
    return _weights(source, shared | trunk | head)


def _weights(source: Skeleton, computed: dict[str, dict[str, float]]) -> np.ndarray:
    weights = np.zeros((len(H36M17), len(source)))
    for row, joint in enumerate(H36M17.joints):
        for point, weight in computed[joint].items():
            weights[row, source.joints.index(point)] = weight
    return weights


_EARS = {"left_ear": 0.5, "right_ear": 0.5}
# COCO has no point above the eyes. The line from shoulders to ears, made longer by half, ends at the top of the head.
_COCO_HEAD = {
    "neck": _EARS,
    "head": {"left_ear": 0.75, "right_ear": 0.75, "left_shoulder": -0.25, "right_shoulder": -0.25},
}
_HALPE_HEAD = {"neck": _EARS, "head": {"head": 1.0}}
_POSETRACK_HEAD = {"neck": {"head_bottom": 0.5, "head_top": 0.5}, "head": {"head_top": 1.0}}

_WEIGHTS = {
    ("blazepose33", "h36m17"): _blazepose_to_h36m(),
    ("halpe26", "h36m17"): _labels_to_h36m(HALPE26, _HALPE_HEAD),
    ("posetrack17", "h36m17"): _labels_to_h36m(POSETRACK17, _POSETRACK_HEAD),
    **{
        (source.name, "h36m17"): _labels_to_h36m(source, _COCO_HEAD)
        for source in (COCO17, COCO23, OPENPOSE18, OPENPOSE25)
    },
}


def convert(keypoints: Keypoints2D, skeleton: str) -> Keypoints2D:
    """The same points in another skeleton.

    The score of a computed joint is the weighted mean of the scores of its points, and 0 if one of them is missing. A
    missing ear is replaced by the other one.

    Raises:
        InputError: no conversion between the two is known.
    """
    if keypoints.skeleton == skeleton:
        return keypoints
    weights = _WEIGHTS.get((keypoints.skeleton, skeleton))
    if weights is None:
        raise InputError(f"no conversion from skeleton {keypoints.skeleton!r} to {skeleton!r}")
    keypoints = _with_both_ears(keypoints)
    xy = np.einsum("jk,tkc->tjc", weights, keypoints.xy)
    shares = np.abs(weights) / np.abs(weights).sum(1, keepdims=True)
    missing = ((weights != 0) @ (keypoints.score <= 0).T.astype(float)).T > 0
    score = np.where(missing, 0.0, keypoints.score @ shares.T)
    return Keypoints2D(xy.astype(np.float32), score.astype(np.float32), skeleton)


def _with_both_ears(keypoints: Keypoints2D) -> Keypoints2D:
    """Replace a missing ear by the other one.

    Detectors omit the ear that the head hides. Seen from the side, both ears are nearly at the same place.
    """
    names = by_name(keypoints.skeleton).joints
    if not {"left_ear", "right_ear"} <= set(names):
        return keypoints
    left, right = names.index("left_ear"), names.index("right_ear")
    xy, score = keypoints.xy.copy(), keypoints.score.copy()
    for hidden, seen in ((left, right), (right, left)):
        gone = (score[:, hidden] <= 0) & (score[:, seen] > 0)
        xy[gone, hidden], score[gone, hidden] = xy[gone, seen], score[gone, seen] / 2
    return Keypoints2D(xy, score, keypoints.skeleton)
