"""Skeletons by name: joints, parents, mirrors; conversion of 2D points between them.

Numpy only; does not depend on detectors or networks.
"""

from __future__ import annotations

from vidmotion.skeletons.conversion import convert
from vidmotion.skeletons.hands import FINGER_JOINTS, FINGER_LANDMARKS, FINGERS, HAND21
from vidmotion.skeletons.keypoint_sets import BLAZEPOSE33, COCO17, COCO23, HALPE26, OPENPOSE18, OPENPOSE25, POSETRACK17
from vidmotion.skeletons.kinematic_trees import ANKLE_HEIGHT, H36M17, RESTING_HEIGHTS, SMPL24, STATURE_CHAIN
from vidmotion.skeletons.registry import SKELETONS, by_name, foot_points
from vidmotion.skeletons.skeleton import Skeleton

__all__ = [
    "ANKLE_HEIGHT",
    "BLAZEPOSE33",
    "COCO17",
    "COCO23",
    "FINGERS",
    "FINGER_JOINTS",
    "FINGER_LANDMARKS",
    "H36M17",
    "HALPE26",
    "HAND21",
    "OPENPOSE18",
    "OPENPOSE25",
    "POSETRACK17",
    "RESTING_HEIGHTS",
    "SKELETONS",
    "SMPL24",
    "STATURE_CHAIN",
    "Skeleton",
    "by_name",
    "convert",
    "foot_points",
]
