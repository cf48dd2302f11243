"""Turns the head and the hands of a fitted body as they are seen in the picture, and gives it fingers. Numpy only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vidmotion.body.hand_at_rest import rest_hand
from vidmotion.body.hand_pose import finger_rotations, palm_rotation, relaxed_fingers
from vidmotion.body.inverse_kinematics import PARENTS, PoseSequence, RestSkeleton, h36m_joints
from vidmotion.body.joints import HEAD
from vidmotion.body.kinematics import forward_kinematics
from vidmotion.body.limits import BOUNDS
from vidmotion.body.load import with_finger_joints
from vidmotion.body.model import BODY_JOINTS, WRISTS, BodyModel
from vidmotion.geometry.filters import frame_rate, gaussian_smooth, unbroken_runs
from vidmotion.geometry.rotations import (
    axis_angle_to_matrix,
    matrix_to_axis_angle,
    matrix_to_quaternion,
    rotation_about_axis,
    shortest_rotation,
    slerp,
)
from vidmotion.geometry.vectors import unit
from vidmotion.types import BodyMotion, Camera, Floats, Hands, Head, Ints, Motion, Track

CHEST, NECK = 9, 12
ELBOWS = (18, 19)
UNSURE, SURE = 0.15, 0.45
"""Confidence of a head's rotation up to which it does not count, and from which it counts in full."""
FARTHEST = np.radians([85, 115])
"""Rotation of the head from the chest from which it counts for less, and from which it does not count."""
TWIST = np.radians(100)
"""Largest pronation or supination of a forearm, from a thumb that points where the elbow bends."""
BENT = np.radians(85)
"""Largest bend of a wrist."""
TOO_FAR = np.radians(30)
"""Beyond these by which a hand is taken to be read wrongly."""
BLEND = 0.12
"""Seconds over which a hand goes from what is seen to a relaxed one, and back."""
_TO_HEAD = np.diag([1.0, -1.0, -1.0])
"""From the axes of a body's head (left, up, forward) to those of a head in the picture (right, down, away)."""


def with_head_and_hands(
    model: BodyModel, body: BodyMotion, motion: Motion, track: Track, hands: Hands | None, head: Head | None
) -> BodyMotion:
    """The body with the head and the hands turned as they are seen, as far as that is certain.

    The forearm and the wrist share the twist of a hand; the neck and the head that of a head. Hands that are not seen
    follow the forearms and are relaxed.
    """
    shaped = (model := with_finger_joints(model)).shape(body.betas)
    rest = shaped.joints[:BODY_JOINTS].astype(np.float64)
    local = axis_angle_to_matrix(body.pose[:, :BODY_JOINTS].astype(np.float64))
    world, places = forward_kinematics(local, rest, PARENTS, body.translation)
    if head is not None:
        seen = seen_in_world(axis_angle_to_matrix(head.rotation.astype(np.float64)), places[:, HEAD], motion.camera)
        _turn_head(local, world, rest, seen @ _TO_HEAD, head.confidence)
    fingers = body.fingers
    if hands is not None:
        fingers = np.zeros((len(body), 2, 15, 3))
        for side in range(2):
            share = _blend(hands.score[:, side] > 0, track)
            rows = np.flatnonzero(hands.score[:, side] > 0)
            fingers[:, side] = relaxed_fingers(side)
            if not len(rows):
                continue
            nearest = _nearest(rows, len(body))
            points = hands.points[nearest, side].astype(np.float64)
            shown = share[:, None, None]
            fingers[:, side] = shown * finger_rotations(points, side) + (1 - shown) * fingers[:, side]
            seen = seen_in_world(palm_rotation(points, side), places[:, WRISTS[side]], motion.camera)
            _turn_hand(local, world, rest, seen @ rest_hand(model, shaped, side).rotation.T, share, side)
        fingers = fingers.astype(np.float32)
    pose = body.pose.copy()
    pose[:, :BODY_JOINTS] = matrix_to_axis_angle(local)
    points = h36m_joints(RestSkeleton(rest, motion.height), PoseSequence(local, body.translation.astype(np.float64)))
    error = np.linalg.norm(points - motion.joints, axis=-1).mean(1).astype(np.float32)
    return replace(body, pose=pose, error=error, fingers=fingers)


def seen_in_world(rotation: Floats, places: Floats, camera: Camera) -> Floats:
    """Rotations (T, 3, 3), or directions (T, 3, N) as columns, relative to the lines of sight to places, in the world.

    Args:
        places: (T, 3) metres.
    """
    sight = unit(camera.to_camera_axes(places))
    turned = shortest_rotation(np.tile([0.0, 0.0, 1.0], (len(sight), 1)), sight) @ rotation
    columns = np.moveaxis(turned, -1, 1)  # (T, N, 3): directions, as cameras take them
    return np.moveaxis(camera.turn_to_world(columns), 1, -1)


def _turn_head(local: Floats, world: Floats, rest: Floats, seen: Floats, confidence: Floats) -> None:
    """Write the rotations of neck and head into `local` (T, 22, 3, 3).

    Args:
        seen: (T, 3, 3) of the head in the world.
        confidence: (T,) of it.
    """
    away = np.linalg.norm(matrix_to_axis_angle(world[:, CHEST].swapaxes(1, 2) @ seen), axis=-1)
    share = np.clip((confidence - UNSURE) / (SURE - UNSURE), 0, 1)
    share = share * np.clip((FARTHEST[1] - away) / (FARTHEST[1] - FARTHEST[0]), 0, 1)
    wanted = slerp(world[:, [HEAD]], seen[:, None], share)[:, 0]
    on_neck = world[:, NECK].swapaxes(1, 2) @ wanted
    axis = np.tile(unit(rest[HEAD] - rest[NECK]), (len(local), 1))
    half = rotation_about_axis(axis, _twist(on_neck, axis[0]) / 2)
    local[:, NECK] = _limited(local[:, NECK] @ half, NECK)
    local[:, HEAD] = _limited(half.swapaxes(1, 2) @ on_neck, HEAD)


def _turn_hand(local: Floats, world: Floats, rest: Floats, seen: Floats, share: Floats, side: int) -> None:
    """Write the rotations of a forearm and a wrist into `local` (T, 22, 3, 3).

    Args:
        seen: (T, 3, 3) of the hand from its rest pose, in the world.
        share: (T,) 0..1, how much it counts.
    """
    elbow, wrist = ELBOWS[side], WRISTS[side]
    on_forearm = world[:, elbow].swapaxes(1, 2) @ seen
    axis = np.tile(unit(rest[wrist] - rest[elbow]), (len(local), 1))
    twist = _twist(on_forearm, axis[0])
    bend = matrix_to_axis_angle(rotation_about_axis(axis, -twist) @ on_forearm)
    angle = np.linalg.norm(bend, axis=-1)
    excess = np.maximum(np.abs(twist) - TWIST, angle - BENT)
    share = share * np.clip(1 - excess / TOO_FAR, 0, 1)
    twist = twist.clip(-TWIST, TWIST) * share
    bend = bend * (np.minimum(1, BENT / np.maximum(angle, 1e-9)) * share)[:, None]
    half = rotation_about_axis(axis, twist / 2)
    local[:, elbow] = local[:, elbow] @ half
    local[:, wrist] = half @ axis_angle_to_matrix(bend)


def _twist(rotations: Floats, axis: Floats) -> Floats:
    """(T,) radians, within half a circle, of rotations (T, 3, 3) about an axis (3,): swing-twist decomposition."""
    quaternion = matrix_to_quaternion(rotations)
    angle = 2 * np.arctan2(quaternion[:, :3] @ axis, quaternion[:, 3])
    return (angle + np.pi) % (2 * np.pi) - np.pi


def _nearest(rows: Ints, count: int) -> Ints:
    """(count,) of rising row numbers the one nearest to each row; of two as near, the one before."""
    at = np.arange(count)
    after = np.searchsorted(rows, at).clip(max=len(rows) - 1)
    before = (after - 1).clip(0)
    return np.where(at - rows[before] <= np.abs(rows[after] - at), rows[before], rows[after])


def _limited(rotations: Floats, joint: int) -> Floats:
    """Rotations (T, 3, 3) of a joint within its limits."""
    return axis_angle_to_matrix(matrix_to_axis_angle(rotations).clip(BOUNDS[joint, :, 0], BOUNDS[joint, :, 1]))


def _blend(seen: np.ndarray, track: Track) -> Floats:
    """(T,) 1 where a hand is seen, going to 0 beside it."""
    rate = frame_rate(track.times, 30.0)
    runs = unbroken_runs(track.frames, track.times)
    return np.concatenate([gaussian_smooth(seen[run].astype(float), BLEND * rate).clip(0, 1) for run in runs])
