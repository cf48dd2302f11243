"""The 2D points of detectors and data sets, by name. They form no tree.

Sources: BlazePose's 33 landmarks (arXiv 2006.10204); the keypoints of COCO, COCO-WholeBody (arXiv 2007.11858),
PoseTrack 2018, Halpe (AlphaPose, arXiv 2211.03375) and OpenPose (arXiv 1812.08008).
"""

from vidmotion.skeletons.skeleton import Skeleton

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

_TOES_AND_HEELS = (
    "left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel",
)  # fmt: skip

COCO23 = Skeleton(
    "coco23",
    (*COCO17.joints, *_TOES_AND_HEELS),
    (),
    left=(*COCO17.left, 17, 18, 19),
    right=(*COCO17.right, 20, 21, 22),
)
"""The body and feet of COCO-WholeBody's 133 points, which face and hands follow."""

HALPE26 = Skeleton(
    "halpe26",
    (
        *COCO17.joints, "head", "neck", "hip",
        "left_big_toe", "right_big_toe", "left_small_toe", "right_small_toe", "left_heel", "right_heel",
    ),
    (),
    left=(*COCO17.left, 20, 22, 24),
    right=(*COCO17.right, 21, 23, 25),
)  # fmt: skip
"""The body of Halpe's 136 points, which face and hands follow; "head" is its top, "neck" between the shoulders."""

OPENPOSE18 = Skeleton(
    "openpose18",
    (
        "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
        "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
        "right_eye", "left_eye", "right_ear", "left_ear",
    ),
    (),
    left=(5, 6, 7, 11, 12, 13, 15, 17),
    right=(2, 3, 4, 8, 9, 10, 14, 16),
)  # fmt: skip
"""OpenPose's COCO model; "neck" is between the shoulders."""

OPENPOSE25 = Skeleton(
    "openpose25",
    (
        "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
        "hip", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
        "right_eye", "left_eye", "right_ear", "left_ear", *_TOES_AND_HEELS,
    ),
    (),
    left=(5, 6, 7, 12, 13, 14, 16, 18, 19, 20, 21),
    right=(2, 3, 4, 9, 10, 11, 15, 17, 22, 23, 24),
)  # fmt: skip
"""OpenPose's BODY_25."""
