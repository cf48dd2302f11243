"""A body for a lifted skeleton: shape from its bones, rotations by inverse kinematics, feet from the floor.

Numpy only; all frames at once.
"""

from __future__ import annotations

import numpy as np

from vidmotion.body.aim import aim
from vidmotion.body.feet import ANKLES, KNEES, ankle_turns
from vidmotion.body.joints import to_h36m
from vidmotion.body.kinematics import forward
from vidmotion.body.model import BODY_JOINTS, BodyModel, RestBody
from vidmotion.body.shape import fit_shape
from vidmotion.body.solve import PARENTS, Posture, Skeleton22, points_of, solve
from vidmotion.errors import InputError
from vidmotion.geometry import frame_rate, runs
from vidmotion.rotations import axis_angles
from vidmotion.skeletons import H36M17
from vidmotion.types import BodyMotion, Floats, Motion, Track

LEAST_TRUST = 0.2
"""Weight of a joint of which the lifter knows nothing: its guess is still the best there is."""
SHORTEST_BONE = 1e-3
"""Metres."""
ONLY_FRAME = 30.0
"""Frames a second that a run of one frame is taken to have; nothing moves in it."""


def fit_body(model: BodyModel, motion: Motion, track: Track) -> BodyMotion:
    """The body that moves as the skeleton does.

    Frames that the track does not have stay out; each unbroken run is fitted by itself.

    Raises:
        InputError: another skeleton than h36m17, a number that is not finite, or a bone without length.
    """
    joints = _checked(motion)
    lengths = _lengths(joints)
    betas = fit_shape(model, lengths, motion.height)
    shaped = model.shape(betas)
    body = Skeleton22(shaped.joints[:BODY_JOINTS].astype(np.float64), motion.height)
    weights = np.maximum(motion.confidence, LEAST_TRUST)
    parts = [
        _fit_run(body, joints[run], weights[run], frame_rate(track.times[run], ONLY_FRAME))
        for run in runs(track.frames)
    ]
    rotations = np.concatenate([part.rotations for part in parts])
    translation = np.concatenate([part.translation for part in parts])
    posture = Posture(_with_feet(body, shaped, Posture(rotations, translation)), translation)
    pose = np.zeros((len(joints), 24, 3), np.float32)
    pose[:, :BODY_JOINTS] = axis_angles(posture.rotations)
    error = np.linalg.norm(points_of(body, posture) - joints, axis=-1).mean(1)
    return BodyMotion(
        model.name, pose, betas.astype(np.float32), translation.astype(np.float32), error.astype(np.float32)
    )


def _checked(motion: Motion) -> Floats:
    """(T, 17, 3) joints in float64."""
    if motion.skeleton != H36M17.name:
        raise InputError(f"a body needs joints of {H36M17.name}, not of {motion.skeleton}")
    joints = motion.joints.astype(np.float64)
    if not np.isfinite(joints).all():
        raise InputError("the motion holds a number that is not finite")
    return joints


def _lengths(joints: Floats) -> Floats:
    """(17,) metres, median over time of the bone that ends in each joint; 0 for the root."""
    lengths = np.median(H36M17.bone_lengths(joints), axis=0)
    for joint, length in enumerate(lengths[1:], start=1):
        if length < SHORTEST_BONE:
            raise InputError(f"the bone that ends in {H36M17.joints[joint]} has no length")
    return np.asarray(lengths)


def _fit_run(body: Skeleton22, joints: Floats, weights: Floats, fps: float) -> Posture:
    rest = to_h36m(body.rest, np.eye(3), body.height)
    world = aim(joints, rest, fps)[:, :BODY_JOINTS]
    local = world.copy()
    local[:, 1:] = world[:, PARENTS[1:]].swapaxes(-1, -2) @ world[:, 1:]
    # The pelvis turns about itself, and the middle of the hips comes to joint 0.
    translation = joints[:, 0] - body.rest[0] - world[:, 0] @ (rest[0] - body.rest[0])
    return solve(body, joints, weights, Posture(local, translation))


def _with_feet(body: Skeleton22, shaped: RestBody, posture: Posture) -> Floats:
    """(T, 22, 3, 3) the rotations of a posture with feet that stand on the floor where it is near."""
    world, places = forward(posture.rotations, body.rest, PARENTS, posture.translation)
    standing = shaped.joints[list(ANKLES), 1] - shaped.vertices[:, 1].min()
    rotations = posture.rotations.copy()
    rotations[:, ANKLES] = ankle_turns(world[:, KNEES], places[:, ANKLES, 1] - standing, body.height)
    return rotations
