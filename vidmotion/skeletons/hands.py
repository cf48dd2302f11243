"""The landmarks of a hand, and the finger joints of SMPL-X and MANO."""

from vidmotion.skeletons.skeleton import Skeleton

FINGERS = ("index", "middle", "pinky", "ring", "thumb")
"""In the order of SMPL-X and MANO."""

HAND21 = Skeleton(
    "hand21",
    (
        "wrist", "thumb_cmc", "thumb_mcp", "thumb_ip", "thumb_tip",
        *(f"{finger}_{joint}" for finger in ("index", "middle", "ring", "pinky")
          for joint in ("mcp", "pip", "dip", "tip")),
    ),
    (-1, 0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 0, 13, 14, 15, 0, 17, 18, 19),
    left=(),
    right=(),
)  # fmt: skip
"""MediaPipe's 21 landmarks of one hand (arXiv 2006.10214), in a tree from the wrist."""

FINGER_JOINTS = tuple(f"{finger}{number}" for finger in FINGERS for number in (1, 2, 3))
"""The 15 finger joints of a hand, in the order of SMPL-X and MANO; 1 is the one next to the palm."""
FINGER_LANDMARKS = tuple(
    HAND21.joints.index(f"{finger}_{joint}")
    for finger in FINGERS
    for joint in (("cmc", "mcp", "ip") if finger == "thumb" else ("mcp", "pip", "dip"))
)
"""(15,) the landmark at each finger joint."""
