"""What writers require of a scene and its people. Does not depend on files."""

from __future__ import annotations

import numpy as np

from vidmotion.body.model import BodyModel
from vidmotion.errors import InputError
from vidmotion.skeletons import H36M17
from vidmotion.types import BodyMotion, Motion, Person, Scene


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


def require_body(person: Person, model: BodyModel) -> BodyMotion:
    """The body of a person.

    Raises:
        InputError: there is none, it belongs to another model, it holds a number that is not finite, or the motion
            cannot be used (see `require_motion`).
    """
    require_motion(person)
    body = person.body
    if body is None:
        raise InputError(f"person {person.id} has a motion without a body; run `vidmotion lift` again")
    model.check_motion(body)
    if not all(np.isfinite(part).all() for part in (body.pose, body.betas, body.translation)):
        raise InputError(f"the body of person {person.id} holds a number that is not finite")
    return body


def chosen_people(scene: Scene, person: int | None) -> tuple[Person, ...]:
    """The person with this id; everybody if it is None.

    Raises:
        InputError: there is no such person.
    """
    people = tuple(one for one in scene.people if person in (None, one.id))
    if people or person is None:
        return people
    ids = ", ".join(str(one.id) for one in scene.people)
    raise InputError(
        f"there is no person {person} in {scene.source}" + (f"; the ids are {ids}" if ids else ": nobody is in it")
    )
