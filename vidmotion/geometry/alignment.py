"""Brings the worlds of several people together: each motion has its own, but one camera filmed them all.

Numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vidmotion.types import Camera, Floats, Motion


@dataclass(frozen=True, eq=False)
class RigidTransform:
    """From the world of one motion to the common world: a rotation about the vertical, then a move along the floor."""

    rotation: Floats
    """(3, 3) rotation about Y."""
    translation: Floats
    """(3,) metres, with y = 0."""

    def apply(self, points: Floats) -> Floats:
        """Points (..., 3) of the motion's world in the common world."""
        return points @ self.rotation.T + self.translation

    def apply_to_camera(self, camera: Camera) -> Camera:
        """A camera of the motion's world in the common world."""
        rotation = camera.rotation @ self.rotation.T
        return replace(camera, rotation=rotation, translation=camera.translation - rotation @ self.translation)


def align_worlds(motions: list[Motion | None]) -> list[RigidTransform | None]:
    """The transform of each motion's world into the world of the first motion, so that their cameras coincide.

    Heights do not change, since the floor of every world is at 0. Entries without a motion have no transform.
    """
    first = next((motion for motion in motions if motion is not None), None)
    transforms: list[RigidTransform | None] = []
    for motion in motions:
        if motion is None or first is None:
            transforms.append(None)
            continue
        angle = heading(first.camera) - heading(motion.camera)
        cos, sin = np.cos(angle), np.sin(angle)
        rotation = np.array([[cos, 0.0, sin], [0.0, 1.0, 0.0], [-sin, 0.0, cos]])
        translation = (first.camera.position - rotation @ motion.camera.position) * [1, 0, 1]
        transforms.append(RigidTransform(rotation, translation))
    return transforms


def heading(camera: Camera) -> float:
    """Radians around Y, from +Z towards +X, of the side on which the camera stands."""
    forward = camera.rotation[2]
    return float(np.arctan2(-forward[0], -forward[2]))
