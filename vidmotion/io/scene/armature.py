"""A body model as the armature of animation programs: joint names, checks, and the ends of the last bones.

Blender, Maya, MotionBuilder and Mixamo map these names to a character automatically. Does not depend on files.
"""

from __future__ import annotations

import numpy as np

from vidmotion.body.model import BODY_JOINTS, BodyModel, RestBody
from vidmotion.errors import InputError
from vidmotion.io.scene.requirements import require_motion
from vidmotion.types import BodyMotion, Floats, Person

BODY_JOINT_NAMES = (
    "Hips", "LeftUpLeg", "RightUpLeg", "Spine", "LeftLeg", "RightLeg", "Spine1", "LeftFoot", "RightFoot",
    "Spine2", "LeftToeBase", "RightToeBase", "Neck", "LeftShoulder", "RightShoulder", "Head", "LeftArm",
    "RightArm", "LeftForeArm", "RightForeArm", "LeftHand", "RightHand",
)  # fmt: skip
"""Of SMPL's 22 body joints, in its order."""
_HANDS = ("LeftHandEnd", "RightHandEnd")
_ENDS = {"Head": (0, 1, 0), "LeftHand": (1, 0, 0), "RightHand": (-1, 0, 0), "LeftToeBase": (0, 0, 1),
         "RightToeBase": (0, 0, 1)}  # fmt: skip
"""Directions of the last bones in the T-pose."""
_SHORTEST_END = 0.01
"""Metres."""


def joint_names(count: int) -> tuple[str, ...]:
    """Names of all joints of a model with `count` joints; fingers, jaw and eyes have numbers instead of names."""
    if posed_joints(count) == count:
        return BODY_JOINT_NAMES + _HANDS
    return BODY_JOINT_NAMES + tuple(f"Joint{index}" for index in range(BODY_JOINTS, count))


def posed_joints(count: int) -> int:
    """How many of a model's `count` joints have rotations in a pose: SMPL's 24, or 22 with fingers."""
    return count if count == len(BODY_JOINT_NAMES) + len(_HANDS) else BODY_JOINTS


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


def bone_ends(model: BodyModel, rest: RestBody) -> dict[int, Floats]:
    """(3,) metres from each last body joint at rest to the end of its bone, which is as far as the skin reaches."""
    return {
        BODY_JOINT_NAMES.index(name): _end(model, rest, BODY_JOINT_NAMES.index(name), np.array(direction))
        for name, direction in _ENDS.items()
    }


def _end(model: BodyModel, rest: RestBody, joint: int, direction: Floats) -> Floats:
    descendants = {joint}
    for child, parent in enumerate(model.parents):
        if parent in descendants:
            descendants.add(child)
    skin = np.isin(model.weights.argmax(1), list(descendants))
    reach = (rest.vertices[skin] - rest.joints[joint]) @ direction
    return direction * reach.max(initial=_SHORTEST_END)
