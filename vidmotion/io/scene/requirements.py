"""The 3D joints of a person, fit to be written. Knows nothing about files."""

from __future__ import annotations

import numpy as np

from vidmotion.errors import InputError
from vidmotion.skeletons import H36M17
from vidmotion.types import Motion, Person, Scene


def only_person(scene: Scene, holder: str) -> Person:
    """The one person of a scene, for a format that holds one.

    Raises:
        InputError: there is nobody, or there are several.
    """
    if len(scene.people) != 1:
        raise InputError(f"{holder} holds one person; {scene.source} has {len(scene.people)}")
    return scene.people[0]


def lifted(person: Person) -> Motion:
    """The motion of a person.

    Raises:
        InputError: there is none, it has no frames or another skeleton, or it holds a number that is not finite.
    """
    motion = person.motion
    if motion is None:
        raise InputError(f"person {person.id} has no 3D motion yet; run `vidmotion lift` first")
    if motion.skeleton != H36M17.name:
        raise InputError(f"person {person.id} has the skeleton {motion.skeleton!r}; wanted {H36M17.name}")
    if not len(motion):
        raise InputError(f"person {person.id} has no frames")
    if not all(np.isfinite(part).all() for part in (motion.joints, motion.confidence, person.track.times)):
        raise InputError(f"the motion of person {person.id} holds a number that is not finite")
    return motion
