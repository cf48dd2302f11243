"""A body for a lifted skeleton: shape from its bones, rotations by inverse kinematics, feet from the floor.

Numpy only; all frames at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vidmotion.body.aim import aim
from vidmotion.body.feet import ANKLES, KNEES, ankle_turns, planted, within_limits
from vidmotion.body.foot_points import turned_by_points
from vidmotion.body.joints import to_h36m
from vidmotion.body.kinematics import forward
from vidmotion.body.model import BODY_JOINTS, BodyModel, RestBody
from vidmotion.body.shape import fit_shape
from vidmotion.body.solve import PARENTS, Posture, Skeleton22, points_of, solve
from vidmotion.errors import InputError
from vidmotion.geometry.filters import frame_rate, unbroken_runs
from vidmotion.geometry.rotations import matrix_to_axis_angle
from vidmotion.skeletons import H36M17
from vidmotion.types import BodyMotion, Floats, Keypoints2D, Motion, Track

LEAST_TRUST = 0.2
"""Weight of a joint of which the lifter knows nothing: its guess is still the best there is."""
SHORTEST_BONE = 1e-3
"""Metres."""
ONLY_FRAME = 30.0
"""Frames a second that a run of one frame is taken to have; nothing moves in it."""


@dataclass(frozen=True, eq=False)
class BodyGuess:
    """What a network says of a body."""

    turns: Floats
    """(T, 24, 3, 3) rotations in the parents' frames; the first in the world of the motion."""
    betas: Floats
    """(S,) shape."""


def fit_body(
    model: BodyModel, motion: Motion, track: Track, guess: BodyGuess | None = None, refine: bool = True
) -> BodyMotion:
    """The body that moves as the skeleton does.

    Frames that the track does not have stay out; each unbroken run is fitted by itself.

    Args:
        guess: where to begin, and where to stay as far as the skeleton leaves it open: twists, wrists, feet, stoutness.
            None begins with bones aimed along the skeleton's and feet that stand flat.
        refine: pull the guessed body to the skeleton; False leaves its rotations and shape as they are, the middle of
            its hips at joint 0. Without a guess nothing is left to be.

    Raises:
        InputError: another skeleton than h36m17, a number that is not finite, or a bone without length.
    """
    joints = _checked(motion)
    lengths = _lengths(joints)
    kept = guess if not refine else None
    told = None if guess is None else guess.betas.astype(np.float64)
    betas = fit_shape(model, lengths, motion.height, told) if kept is None else kept.betas
    shaped = model.shape(betas)
    body = Skeleton22(shaped.joints[:BODY_JOINTS].astype(np.float64), motion.height)
    weights = np.maximum(motion.confidence, LEAST_TRUST)
    parts = []
    for run in unbroken_runs(track.frames):
        times = track.times[run]
        begun = _begin(body, joints[run], times, None if guess is None else guess.turns[run])
        targets = planted(joints[run], frame_rate(times, ONLY_FRAME))
        parts.append(solve(body, targets, weights[run], begun) if kept is None else begun)
    posture = Posture(
        np.concatenate([part.rotations for part in parts]), np.concatenate([part.translation for part in parts])
    )
    if guess is None:
        posture = replace(posture, rotations=_with_feet(body, shaped, posture))
    if kept is None:
        posture = replace(posture, rotations=_seen_feet(body, posture, motion, track))
    pose = np.zeros((len(joints), 24, 3), np.float32)
    pose[:, :BODY_JOINTS] = matrix_to_axis_angle(posture.rotations)
    error = np.linalg.norm(points_of(body, posture) - joints, axis=-1).mean(1)
    return BodyMotion(
        model.name, pose, betas.astype(np.float32), posture.translation.astype(np.float32), error.astype(np.float32)
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


def _begin(body: Skeleton22, joints: Floats, times: Floats, turns: Floats | None) -> Posture:
    """Where the solver begins: a network's rotations (T, 24, 3, 3), or bones aimed along the joints (T, 17, 3)."""
    rest = to_h36m(body.rest, np.eye(3), body.height)
    if turns is None:
        world = aim(joints, rest, frame_rate(times, ONLY_FRAME))[:, :BODY_JOINTS]
        local = world.copy()
        local[:, 1:] = world[:, PARENTS[1:]].swapaxes(-1, -2) @ world[:, 1:]
    else:
        local = turns[:, :BODY_JOINTS].astype(np.float64)
    # The pelvis turns about itself, and the middle of the hips comes to joint 0.
    return Posture(local, joints[:, 0] - body.rest[0] - local[:, 0] @ (rest[0] - body.rest[0]))


def _with_feet(body: Skeleton22, shaped: RestBody, posture: Posture) -> Floats:
    """(T, 22, 3, 3) the rotations of a posture with feet that stand on the floor where it is near."""
    world, places = forward(posture.rotations, body.rest, PARENTS, posture.translation)
    standing = shaped.joints[list(ANKLES), 1] - shaped.vertices[:, 1].min()
    rotations = posture.rotations.copy()
    rotations[:, ANKLES] = ankle_turns(world[:, KNEES], places[:, ANKLES, 1] - standing, body.height)
    return rotations


def _seen_feet(body: Skeleton22, posture: Posture, motion: Motion, track: Track) -> Floats:
    """(T, 22, 3, 3) the rotations of a posture whose feet point as heels and toes do in the picture."""
    world, _ = forward(posture.rotations, body.rest, PARENTS, posture.translation)
    rotations = posture.rotations.copy()
    for run in unbroken_runs(track.frames):
        points = track.keypoints
        feet = turned_by_points(
            world[run][:, ANKLES],
            motion.joints[run].astype(np.float64),
            Keypoints2D(points.xy[run], points.score[run], points.skeleton),
            motion.camera,
            motion.height,
            frame_rate(track.times[run], ONLY_FRAME),
        )
        rotations[run, ANKLES] = within_limits(world[run][:, KNEES].swapaxes(-1, -2) @ feet)
    return rotations
