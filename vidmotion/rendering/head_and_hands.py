"""Draws the landmarks of hands and the axes of a head over a picture. Does not depend on videos."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vidmotion.geometry.rotations import axis_angle_to_matrix
from vidmotion.rendering.drawing import DARK, LEFT, RIGHT, Canvas, Color, dot, line
from vidmotion.skeletons import HAND21, by_name
from vidmotion.types import Floats, Person

LEAST_CONFIDENCE = 0.35
"""Of a head's rotation, from which its axes are drawn."""
TO_LEFT, TO_TOP, TO_FRONT = (226, 78, 78), (110, 200, 90), (70, 120, 235)
"""Colors of the axes to the left, the top and the front of the head: red, green and blue as in 3D programs."""
AXIS = 0.32
"""Length of an axis as a share of the trunk."""
LEAST_SIZE = 60.0
"""Pixels of the canvas; smaller hands have no dots, which would hide the bones."""
_AXES = ((0, 1.0, TO_LEFT), (1, -1.0, TO_TOP), (2, -1.0, TO_FRONT))
"""Column of a head's rotation, sign and color of each axis that is drawn."""


@dataclass(frozen=True, eq=False)
class HeadAxes:
    """Where the axes of a head are drawn."""

    start: Floats
    """(2,) pixels of the scene, the nose."""
    ends: tuple[tuple[Floats, Color], ...]
    """The end (2,) of each axis and its color, the one that points furthest away from the camera first."""


def head_axes(person: Person, row: int) -> HeadAxes | None:
    """The axes of a person's head in a frame; None where they are not known well enough."""
    head, keypoints = person.head, person.track.keypoints
    joints = by_name(keypoints.skeleton).joints
    if head is None or head.confidence[row] < LEAST_CONFIDENCE or "nose" not in joints:
        return None
    nose, *corners = (
        keypoints.xy[row, joints.index(name)].astype(np.float64)
        for name in ("nose", "left_shoulder", "right_shoulder", "left_hip", "right_hip")
    )
    left, right, left_hip, right_hip = corners
    trunk = max(np.linalg.norm(left + right - left_hip - right_hip) / 2, np.linalg.norm(left - right))
    rotation = axis_angle_to_matrix(head.rotation[row].astype(np.float64))
    axes = sorted(_AXES, key=lambda axis: -axis[1] * rotation[2, axis[0]])
    return HeadAxes(
        nose, tuple((nose + AXIS * trunk * sign * rotation[:2, column], color) for column, sign, color in axes)
    )


def draw_head(canvas: Canvas, axes: HeadAxes, scale: Floats, width: float) -> None:
    """Draw the axes of a head.

    Args:
        scale: (2,) pixels of the canvas per pixel of the scene.
        width: pixels of the canvas.
    """
    start = axes.start * scale
    for end, color in axes.ends:
        line(canvas, start, end * scale, DARK, width + 2)
        line(canvas, start, end * scale, color, width)


def draw_hands(canvas: Canvas, hands: Floats, score: Floats, scale: Floats) -> None:
    """Draw the landmarks (2, 21, 2) of the hands that are seen, in the colors of their sides, with the bones.

    Args:
        score: (2,) presence of each hand.
        scale: (2,) pixels of the canvas per pixel of the scene.
    """
    for landmarks, seen, color in zip(hands, score, (LEFT, RIGHT), strict=True):
        if not seen:
            continue
        xy = landmarks * scale
        size = float(np.ptp(xy, axis=0).max())
        width = float(np.clip(size / 30, 1, 5))
        for a, b in HAND21.bones:
            line(canvas, xy[a], xy[b], DARK, width + 1)
        for a, b in HAND21.bones:
            line(canvas, xy[a], xy[b], color, width)
        for point in xy if size >= LEAST_SIZE else ():
            dot(canvas, point, width * 0.7, (255, 255, 255))
