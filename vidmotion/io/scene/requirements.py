"""What writers require of a person or a scene. Does not depend on files."""

from __future__ import annotations

import numpy as np

from vidmotion.errors import InputError
from vidmotion.skeletons import H36M17
from vidmotion.types import Motion, Person, Scene


def only_person(scene: Scene, format_name: str) -> Person:
    """The one person of a scene, for a format that holds one.

    Raises:
        InputError: there is nobody, or there are several people.
    """
    if not scene.people:
        raise InputError(f"{format_name} holds one person, and nobody is in {scene.source}")
    if len(scene.people) > 1:
        raise InputError(f"{format_name} holds one person, and {len(scene.people)} people are in {scene.source}")
    return scene.people[0]


def require_motion(person: Person) -> Motion:
    """The motion of a person.

    Raises:
        InputError: there is none, it has no frames or another skeleton, or it holds a number that is not finite.
    """
    motion = person.motion
    if motion is None:
        raise InputError(f"person {person.id} has no 3D motion yet; run `vidmotion lift` first")
    if motion.skeleton != H36M17.name:
        raise InputError(f"person {person.id} has the skeleton {motion.skeleton!r}; wanted {H36M17.name!r}")
    if not len(motion):
        raise InputError(f"person {person.id} has no frames")
    if not all(np.isfinite(part).all() for part in (motion.joints, motion.confidence, person.track.times)):
        raise InputError(f"the motion of person {person.id} holds a number that is not finite")
    return motion
