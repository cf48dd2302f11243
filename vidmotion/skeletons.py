"""Skeletons by name: joints, parents, mirrors; conversion of 2D points between them.

Sources: Human3.6M's 17 joints as MotionBERT orders them (arXiv 2210.06551), BlazePose's 33 landmarks
(arXiv 2006.10204), COCO's and PoseTrack's 17 keypoints. Numpy only; knows nothing about detectors or networks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vidmotion.errors import InputError
from vidmotion.types import Floats, Keypoints2D


@dataclass(frozen=True)
class Skeleton:
    """Joint names and how they hang together."""

    name: str
    joints: tuple[str, ...]
    parents: tuple[int, ...]
    """Parent of each joint, -1 for a root; empty where points form no tree."""
    left: tuple[int, ...]
    right: tuple[int, ...]
    """left[i] and right[i] change places in a mirror."""

    def __len__(self) -> int:
        return len(self.joints)

    @property
    def bones(self) -> tuple[tuple[int, int], ...]:
        """(parent, child) of every joint that has a parent."""
        return tuple((parent, child) for child, parent in enumerate(self.parents) if parent >= 0)

    def bone_lengths(self, joints: Floats) -> Floats:
        """(T, J) length of the bone that ends in each joint, 0 for a root; joints (T, J, 3)."""
        parents = [child if parent < 0 else parent for child, parent in enumerate(self.parents)]
        return np.linalg.norm(joints - joints[:, parents], axis=-1)

    @property
    def mirror(self) -> tuple[int, ...]:
        """The permutation of joints that a mirror makes."""
        order = list(range(len(self)))
        for left, right in zip(self.left, self.right, strict=True):
            order[left], order[right] = right, left
        return tuple(order)


H36M17 = Skeleton(
    "h36m17",
    (
        "root", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
        "spine", "thorax", "neck", "head",
        "left_shoulder", "left_elbow", "left_wrist", "right_shoulder", "right_elbow", "right_wrist",
    ),
    (-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15),
    left=(4, 5, 6, 11, 12, 13),
    right=(1, 2, 3, 14, 15, 16),
)  # fmt: skip
"""Human3.6M; "neck" is the point at the nose's height, "head" the top of the head."""

SMPL24 = Skeleton(
    "smpl24",
    (
        "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle", "right_ankle",
        "spine3", "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head", "left_shoulder",
        "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hand", "right_hand",
    ),
    (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21),
    left=(1, 4, 7, 10, 13, 16, 18, 20, 22),
    right=(2, 5, 8, 11, 14, 17, 19, 21, 23),
)  # fmt: skip
"""The joints of SMPL's body models."""

STATURE_CHAIN = (3, 2, 7, 8, 9, 10)
"""Joints of `H36M17` whose bones, laid in a line, reach from the ankle to the top of the head."""

BLAZEPOSE33 = Skeleton(
    "blazepose33",
    (
        "nose", "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye", "right_eye_outer",
        "left_ear", "right_ear", "mouth_left", "mouth_right", "left_shoulder", "right_shoulder",
        "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_pinky", "right_pinky",
        "left_index", "right_index", "left_thumb", "right_thumb", "left_hip", "right_hip",
        "left_knee", "right_knee", "left_ankle", "right_ankle", "left_heel", "right_heel",
        "left_foot_index", "right_foot_index",
    ),
    (),
    left=(1, 2, 3, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31),
    right=(4, 5, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32),
)  # fmt: skip

_LIMBS = (
    "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip

COCO17 = Skeleton(
    "coco17",
    ("nose", "left_eye", "right_eye", "left_ear", "right_ear", *_LIMBS),
    (),
    left=(1, 3, 5, 7, 9, 11, 13, 15),
    right=(2, 4, 6, 8, 10, 12, 14, 16),
)

POSETRACK17 = Skeleton(
    "posetrack17",
    ("nose", "head_bottom", "head_top", "left_ear", "right_ear", *_LIMBS),
    (),
    left=(3, 5, 7, 9, 11, 13, 15),
    right=(4, 6, 8, 10, 12, 14, 16),
)
"""PoseTrack 2018, whose ears are not labelled."""

SKELETONS = {skeleton.name: skeleton for skeleton in (H36M17, BLAZEPOSE33, COCO17, POSETRACK17)}


def by_name(name: str) -> Skeleton:
    """The skeleton called `name`.

    Raises:
        InputError: there is none.
    """
    try:
        return SKELETONS[name]
    except KeyError:
        raise InputError(f"unknown skeleton {name!r}; known: {', '.join(SKELETONS)}") from None


def _blazepose_to_h36m() -> np.ndarray:
    """(17, 33) weights: each Human3.6M joint as a sum of BlazePose points."""
    shared = {joint: {joint: 1.0} for joint in H36M17.joints if joint in BLAZEPOSE33.joints}
    hips, shoulders = ("left_hip", "right_hip"), ("left_shoulder", "right_shoulder")
    eyes, ears, mouth = ("left_eye", "right_eye"), ("left_ear", "right_ear"), ("mouth_left", "mouth_right")
    # Fitted by benchmarks/keypoint_calibration.py to rendered people whose joints are known exactly. Plain
    # middles and namesakes lie 2 to 4 % of the body's height beside the joints that lifters are trained on,
    # mostly too high (hips, ankles) or too far forward (spine, neck). Weights below 0 undo such an offset.
    built = {
        "root": dict.fromkeys(hips, 0.53) | dict.fromkeys(shoulders, -0.03),
        "spine": dict.fromkeys(hips, 0.22) | dict.fromkeys(shoulders, 0.435) | {"nose": -0.31},
        "thorax": dict.fromkeys(shoulders, 0.43) | dict.fromkeys(ears, 0.25) | {"nose": -0.36},
        "neck": dict.fromkeys(ears, 0.45) | dict.fromkeys(shoulders, 0.09) | {"nose": -0.08},
        "head": dict.fromkeys(ears, 0.85) | dict.fromkeys(eyes, 0.55) | dict.fromkeys(mouth, -0.55) | {"nose": -0.7},
    }
    for side, other in (("left", "right"), ("right", "left")):
        hip, knee, ankle = f"{side}_hip", f"{side}_knee", f"{side}_ankle"
        built[hip] = {hip: 0.95, f"{other}_hip": 0.11} | dict.fromkeys(shoulders, -0.03)
        built[knee] = {knee: 1.03, hip: -0.03}
        built[ankle] = {ankle: 0.61, f"{side}_heel": 0.35, f"{side}_foot_index": 0.04}
    return _weights(BLAZEPOSE33, shared | built)


def _labels_to_h36m(source: Skeleton, head: dict[str, dict[str, float]]) -> np.ndarray:
    """(17, 17) weights from points that people labelled on pictures; `head` says what neck and head are made of."""
    hips, shoulders = ("left_hip", "right_hip"), ("left_shoulder", "right_shoulder")
    shared = {joint: {joint: 1.0} for joint in H36M17.joints if joint in source.joints}
    trunk = {
        "root": dict.fromkeys(hips, 0.5),
        "spine": dict.fromkeys(hips + shoulders, 0.25),
        "thorax": dict.fromkeys(shoulders, 0.5),
    }
    return _weights(source, shared | trunk | head)


def _weights(source: Skeleton, built: dict[str, dict[str, float]]) -> np.ndarray:
    weights = np.zeros((len(H36M17), len(source)))
    for row, joint in enumerate(H36M17.joints):
        for point, weight in built[joint].items():
            weights[row, source.joints.index(point)] = weight
    return weights


# COCO has nothing above the eyes: the top of the head is as far above the ears as half of the way from the shoulders.
_COCO_HEAD = {
    "neck": {"left_ear": 0.5, "right_ear": 0.5},
    "head": {"left_ear": 0.75, "right_ear": 0.75, "left_shoulder": -0.25, "right_shoulder": -0.25},
}
_POSETRACK_HEAD = {"neck": {"head_bottom": 0.5, "head_top": 0.5}, "head": {"head_top": 1.0}}

_WEIGHTS = {
    ("blazepose33", "h36m17"): _blazepose_to_h36m(),
    ("coco17", "h36m17"): _labels_to_h36m(COCO17, _COCO_HEAD),
    ("posetrack17", "h36m17"): _labels_to_h36m(POSETRACK17, _POSETRACK_HEAD),
}


def convert(keypoints: Keypoints2D, skeleton: str) -> Keypoints2D:
    """The same points in another skeleton.

    A built joint scores the weighted mean of the points that it is built from, and 0 if one of them is missing.

    Raises:
        InputError: no conversion between the two is known.
    """
    if keypoints.skeleton == skeleton:
        return keypoints
    weights = _WEIGHTS.get((keypoints.skeleton, skeleton))
    if weights is None:
        raise InputError(f"no conversion from skeleton {keypoints.skeleton!r} to {skeleton!r}")
    xy = np.einsum("jk,tkc->tjc", weights, keypoints.xy)
    shares = np.abs(weights) / np.abs(weights).sum(1, keepdims=True)
    missing = ((weights != 0) @ (keypoints.score <= 0).T.astype(float)).T > 0
    score = np.where(missing, 0.0, keypoints.score @ shares.T)
    return Keypoints2D(xy.astype(np.float32), score.astype(np.float32), skeleton)
