"""Brings the worlds of several people together: each motion has its own, but one camera filmed them all.

Numpy only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vidmotion.types import Camera, CameraMotion, Floats, Person


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


def align_worlds(people: Sequence[Person], camera_motion: CameraMotion | None) -> list[RigidTransform | None]:
    """The transform of each person's world into the world of the first motion, so that their cameras coincide.

    Heights do not change, since the floor of every world is at 0. People without a motion have no transform.

    Args:
        camera_motion: of the scene. A camera that moves is compared as it was at the beginning of the shot. All worlds
            are one if the camera is known.
    """
    if camera_motion is not None and camera_motion.is_known:
        return [None if person.motion is None else RigidTransform(np.eye(3), np.zeros(3)) for person in people]
    cameras = [_first_camera(person, camera_motion) for person in people]
    first = next((camera for camera in cameras if camera is not None), None)
    transforms: list[RigidTransform | None] = []
    for camera in cameras:
        if camera is None or first is None:
            transforms.append(None)
            continue
        angle = heading(first) - heading(camera)
        cos, sin = np.cos(angle), np.sin(angle)
        rotation = np.array([[cos, 0.0, sin], [0.0, 1.0, 0.0], [-sin, 0.0, cos]])
        translation = (first.position - rotation @ camera.position) * [1, 0, 1]
        transforms.append(RigidTransform(rotation, translation))
    return transforms


def _first_camera(person: Person, camera_motion: CameraMotion | None) -> Camera | None:
    """The camera at the beginning of the person's shot, in the world of the person's motion."""
    if person.motion is None:
        return None
    camera = person.motion.camera
    if not camera.moves or camera_motion is None:
        return camera.at(0)
    turned = camera_motion.rotation[min(int(person.track.frames[0]), len(camera_motion) - 1)]
    now = camera.at(0)
    return replace(now, rotation=turned.T @ now.rotation, translation=turned.T @ now.translation)


def heading(camera: Camera) -> float:
    """Radians around Y, from +Z towards +X, of the side on which a still camera stands."""
    forward = camera.rotation[2]
    return float(np.arctan2(-forward[0], -forward[2]))
