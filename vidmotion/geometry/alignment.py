"""Brings the worlds of several people together: each motion has its own, but one camera filmed them all.

Numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vidmotion.types import Camera, Floats, Motion


@dataclass(frozen=True, eq=False)
class Placement:
    """From the world of one motion to a common one: turned about the vertical and moved on the floor."""

    turn: Floats
    """(3, 3) rotation about Y."""
    move: Floats
    """(3,) metres, with y = 0."""

    def apply(self, points: Floats) -> Floats:
        """Points (..., 3) of the motion's world in the common world."""
        return points @ self.turn.T + self.move


def one_world(motions: list[Motion | None]) -> list[Placement | None]:
    """The way of each motion into the world of the first: turned and moved on the floor until the cameras meet.

    Heights stay, since every floor is at 0. People without a motion have no way.
    """
    first = next((motion for motion in motions if motion is not None), None)
    placements: list[Placement | None] = []
    for motion in motions:
        if motion is None or first is None:
            placements.append(None)
            continue
        angle = heading(first.camera) - heading(motion.camera)
        cos, sin = np.cos(angle), np.sin(angle)
        turn = np.array([[cos, 0.0, sin], [0.0, 1.0, 0.0], [-sin, 0.0, cos]])
        placements.append(Placement(turn, (_place(first.camera) - turn @ _place(motion.camera)) * [1, 0, 1]))
    return placements


def heading(camera: Camera) -> float:
    """Radians around Y, from +Z towards +X, of the side on which the camera stands."""
    forward = camera.rotation[2]
    return float(np.arctan2(-forward[0], -forward[2]))


def _place(camera: Camera) -> Floats:
    """(3,) metres, where the camera stands in the world."""
    return -camera.rotation.T @ camera.translation
