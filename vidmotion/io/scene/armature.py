"""A body model as the armature of animation programs: names, checks, and where the last bones end.

The names are those that Blender, Maya, MotionBuilder and Mixamo map to a character by themselves.
Knows nothing about files.
"""

from __future__ import annotations

import numpy as np

from vidmotion.body.model import BODY_JOINTS, BodyModel, RestBody
from vidmotion.errors import InputError
from vidmotion.io.scene.requirements import lifted
from vidmotion.types import BodyMotion, Floats, Person

NAMES = (
    "Hips", "LeftUpLeg", "RightUpLeg", "Spine", "LeftLeg", "RightLeg", "Spine1", "LeftFoot", "RightFoot",
    "Spine2", "LeftToeBase", "RightToeBase", "Neck", "LeftShoulder", "RightShoulder", "Head", "LeftArm",
    "RightArm", "LeftForeArm", "RightForeArm", "LeftHand", "RightHand",
)  # fmt: skip
"""Of SMPL's 22 body joints."""
_HANDS = ("LeftHandEnd", "RightHandEnd")
_ENDS = {"Head": (0, 1, 0), "LeftHand": (1, 0, 0), "RightHand": (-1, 0, 0), "LeftToeBase": (0, 0, 1),
         "RightToeBase": (0, 0, 1)}  # fmt: skip
"""Where the last bones of the T-pose point to."""
_SHORTEST_END = 0.01
"""Metres."""


def joint_names(count: int) -> tuple[str, ...]:
    """Names of a model's joints; those of models with fingers, jaw and eyes are numbered after the body's."""
    if posed_joints(count) == count:
        return NAMES + _HANDS
    return NAMES + tuple(f"Joint{index}" for index in range(BODY_JOINTS, count))


def posed_joints(count: int) -> int:
    """How many of a model's joints a pose turns; SMPL's last two, the hands, are none in models with fingers."""
    return count if count == len(NAMES) + len(_HANDS) else BODY_JOINTS


def fitted(person: Person, model: BodyModel) -> BodyMotion:
    """The body of a person, fit to be written.

    Raises:
        InputError: there is none, it belongs to another model, or it or the motion cannot be used (see `lifted`).
    """
    lifted(person)
    body = person.body
    if body is None:
        raise InputError(f"person {person.id} has a motion without a body; run `vidmotion lift` again")
    model.check(body)
    if not all(np.isfinite(part).all() for part in (body.pose, body.betas, body.translation)):
        raise InputError(f"the body of person {person.id} holds a number that is not finite")
    return body


def ends(model: BodyModel, rest: RestBody) -> dict[int, Floats]:
    """(3,) metres from each last body joint at rest to the end of its bone: as far as the skin reaches."""
    return {NAMES.index(name): _end(model, rest, NAMES.index(name), np.array(way)) for name, way in _ENDS.items()}


def _end(model: BodyModel, rest: RestBody, joint: int, way: Floats) -> Floats:
    below = {joint}
    for child, parent in enumerate(model.parents):
        if parent in below:
            below.add(child)
    skin = np.isin(model.weights.argmax(1), list(below))
    reach = (rest.vertices[skin] - rest.joints[joint]) @ way
    return way * reach.max(initial=_SHORTEST_END)
