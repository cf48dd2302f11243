"""Fits a body to a lifted skeleton: shape from bone lengths, rotations by inverse kinematics, feet from the floor.

Numpy only; all frames at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vidmotion.body.feet import ANKLES, KNEES, ankle_rotations, clamp_ankles
from vidmotion.body.foot_points import rotate_feet_to_keypoints
from vidmotion.body.initial_rotations import initial_rotations
from vidmotion.body.inverse_kinematics import PARENTS, PoseSequence, RestSkeleton, h36m_joints, solve_inverse_kinematics
from vidmotion.body.joints import to_h36m
from vidmotion.body.kinematics import forward_kinematics
from vidmotion.body.model import BODY_JOINTS, BodyModel, RestBody
from vidmotion.body.shape import fit_shape
from vidmotion.errors import InputError
from vidmotion.geometry.filters import frame_rate, unbroken_runs
from vidmotion.geometry.rotations import matrix_to_axis_angle
from vidmotion.skeletons import H36M17
from vidmotion.types import BodyMotion, Floats, Keypoints2D, Motion, Track

MIN_WEIGHT = 0.2
"""Weight of a joint with confidence 0: its lifted position is still the best estimate."""
MIN_BONE_LENGTH = 1e-3
"""Metres."""
SINGLE_FRAME_RATE = 30.0
"""Frames a second that are assumed for a run of one frame; it contains no motion."""


@dataclass(frozen=True, eq=False)
class InitialBody:
    """A body predicted by a network, from which the fit starts."""

    rotations: Floats
    """(T, 24, 3, 3) of each joint in the frame of its parent; the first in the world of the motion."""
    betas: Floats
    """(S,) betas of the shape."""


def fit_body(
    model: BodyModel, motion: Motion, track: Track, initial: InitialBody | None = None, refine: bool = True
) -> BodyMotion:
    """The body that moves like the skeleton.

    Each run of consecutive frames of the track is fitted by itself.

    Args:
        initial: start of the fit. It also gives what the skeleton does not determine: twists, wrists, feet, girth. None
            starts with bones along those of the skeleton and flat feet.
        refine: fit the initial body to the skeleton. False keeps its rotations and shape and only moves the center of
            its hips to joint 0. Without `initial`, the body is always fitted.

    Raises:
        InputError: skeleton other than h36m17, number that is not finite, or bone without length.
    """
    joints = _checked(motion)
    lengths = _lengths(joints)
    kept = initial if not refine else None
    prior = None if initial is None else initial.betas.astype(np.float64)
    betas = fit_shape(model, lengths, motion.height, prior) if kept is None else kept.betas
    shaped = model.shape(betas)
    body = RestSkeleton(shaped.joints[:BODY_JOINTS].astype(np.float64), motion.height)
    weights = np.maximum(motion.confidence, MIN_WEIGHT)
    parts = []
    for run in unbroken_runs(track.frames, track.times):
        times = track.times[run]
        start = _start(body, joints[run], times, None if initial is None else initial.rotations[run])
        parts.append(solve_inverse_kinematics(body, joints[run], weights[run], start) if kept is None else start)
    poses = PoseSequence(
        np.concatenate([part.rotations for part in parts]), np.concatenate([part.translation for part in parts])
    )
    if initial is None:
        poses = replace(poses, rotations=_with_flat_feet(body, shaped, poses))
    if kept is None:
        poses = replace(poses, rotations=_with_keypoint_feet(body, poses, motion, track))
    pose = np.zeros((len(joints), 24, 3), np.float32)
    pose[:, :BODY_JOINTS] = matrix_to_axis_angle(poses.rotations)
    error = np.linalg.norm(h36m_joints(body, poses) - joints, axis=-1).mean(1)
    return BodyMotion(
        model.name,
        pose,
        betas.astype(np.float32),
        poses.translation.astype(np.float32),
        error.astype(np.float32),
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
    """(17,) metres, median length over time of the bone that ends in each joint; 0 for the root."""
    lengths = np.median(H36M17.bone_lengths(joints), axis=0)
    for joint, length in enumerate(lengths[1:], start=1):
        if length < MIN_BONE_LENGTH:
            raise InputError(f"the bone that ends in {H36M17.joints[joint]} has no length")
    return np.asarray(lengths)


def _start(body: RestSkeleton, joints: Floats, times: Floats, rotations: Floats | None) -> PoseSequence:
    """Start of the solver: given rotations (T, 24, 3, 3), or else bones along those of the joints (T, 17, 3)."""
    rest = to_h36m(body.rest, np.eye(3), body.height)
    if rotations is None:
        world = initial_rotations(joints, rest, frame_rate(times, SINGLE_FRAME_RATE))[:, :BODY_JOINTS]
        local = world.copy()
        local[:, 1:] = world[:, PARENTS[1:]].swapaxes(-1, -2) @ world[:, 1:]
    else:
        local = rotations[:, :BODY_JOINTS].astype(np.float64)
    # The pelvis rotates about itself, and the center of the hips is moved to joint 0.
    return PoseSequence(local, joints[:, 0] - body.rest[0] - local[:, 0] @ (rest[0] - body.rest[0]))


def _with_flat_feet(body: RestSkeleton, shaped: RestBody, poses: PoseSequence) -> Floats:
    """(T, 22, 3, 3) the rotations of a pose sequence, with feet that are flat where they are near the floor."""
    world, positions = forward_kinematics(poses.rotations, body.rest, PARENTS, poses.translation)
    standing = shaped.joints[list(ANKLES), 1] - shaped.vertices[:, 1].min()
    rotations = poses.rotations.copy()
    rotations[:, ANKLES] = ankle_rotations(world[:, KNEES], positions[:, ANKLES, 1] - standing, body.height)
    return rotations


def _with_keypoint_feet(body: RestSkeleton, poses: PoseSequence, motion: Motion, track: Track) -> Floats:
    """(T, 22, 3, 3) the rotations of a pose sequence, with feet that point like heels and toes in the picture."""
    world, _ = forward_kinematics(poses.rotations, body.rest, PARENTS, poses.translation)
    rotations = poses.rotations.copy()
    for run in unbroken_runs(track.frames, track.times):
        points = track.keypoints
        feet = rotate_feet_to_keypoints(
            world[run][:, ANKLES],
            motion.joints[run].astype(np.float64),
            Keypoints2D(points.xy[run], points.score[run], points.skeleton),
            motion.camera.part(run),
            motion.height,
            frame_rate(track.times[run], SINGLE_FRAME_RATE),
        )
        rotations[run, ANKLES] = clamp_ankles(world[run][:, KNEES].swapaxes(-1, -2) @ feet)
    return rotations
