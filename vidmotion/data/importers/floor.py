"""Puts motion on the floor: laboratories and programs differ in where they put the height 0. Numpy only."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vidmotion.skeletons import ANKLE_HEIGHT, H36M17, RESTING_HEIGHTS, STATURE_CHAIN
from vidmotion.types import Floats

_LOW = 5
"""Percentile over frames of the lowest part of the body; what is below counts as an error of the capture."""
_LEVEL = 0.03
"""Metres; a floor that is nearer to 0 stays where it is."""


def on_floor(joints: Floats, note: Callable[[str], None]) -> Floats:
    """Joints (T, 17, 3) in metres, Y up, moved so that the floor under the lower foot is at 0.

    Who is on hands, knees or back has the floor under these. A motion that is above the ground from beginning to end,
    such as a climber's, is moved to the floor, too.

    Args:
        note: called with a sentence if the motion is moved.
    """
    lengths = np.median(H36M17.bone_lengths(joints), axis=0)
    height = lengths[list(STATURE_CHAIN)].sum() / (1 - ANKLE_HEIGHT)
    floor = float(np.percentile((joints[..., 1] - height * np.array(RESTING_HEIGHTS)).min(1), _LOW))
    if abs(floor) < _LEVEL:
        return joints
    note(f"its floor is at {floor:.2f} m and is moved to 0")
    return joints - np.array([0.0, floor, 0.0])
