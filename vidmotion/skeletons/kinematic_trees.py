"""3D skeletons: that of lifted motion, and that of body models.

Source: Human3.6M's 17 joints as MotionBERT orders them (arXiv 2210.06551); SMPL.
"""

from vidmotion.skeletons.skeleton import Skeleton

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
"""Joints of `H36M17` from the ankle to the top of the head: the lengths of their bones add up to the height."""
ANKLE_HEIGHT = 0.039
"""Height of the ankle above the floor, as a share of the body's height (Drillis and Contini 1966)."""
_HEIGHTS = {
    "ankle": ANKLE_HEIGHT, "knee": 0.03, "elbow": 0.025, "wrist": 0.018, "head": 0.0, "spine": 0.07, "thorax": 0.07
}  # fmt: skip
RESTING_HEIGHTS = tuple(_HEIGHTS.get(name.split("_")[-1], 0.06) for name in H36M17.joints)
"""Height of each joint of `H36M17` in a part of the body that lies on the floor, as a share of the body's height."""
