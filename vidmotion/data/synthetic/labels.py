"""The exact labels of a synthetic clip: bodies, joints and camera, computed from recipe, motion capture and body.

Letters: P people, T frames. World axes: metres, Y up, the floor at y = 0. Needs numpy only and draws no random numbers
but those that the recipe's seeds define. Does not depend on how the clip is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vidmotion.body.joints import HEAD, to_h36m
from vidmotion.body.kinematics import forward_kinematics
from vidmotion.body.model import BodyModel, RestBody
from vidmotion.body.rest_pose import from_t_pose, turns_to_t_pose
from vidmotion.data.synthetic.frame_camera import FrameCamera, look_at
from vidmotion.data.synthetic.mocap_rotations import MocapRotations
from vidmotion.data.synthetic.recipe import ADJUSTED_JOINTS, Actor, CameraPlan, ClipRecipe
from vidmotion.geometry.filters import gaussian_smooth
from vidmotion.geometry.rotations import axis_angle_to_matrix, matrix_to_axis_angle, rotation_about_axis
from vidmotion.skeletons import SMPL24
from vidmotion.types import Camera, Floats

FOLLOW_SMOOTHING = 9.0
"""Frames, standard deviation of the smoothing with which a camera follows people."""
SHAKE_SMOOTHING = 5.0
"""Frames, standard deviation of the smoothing of a hand-held camera's shake."""
_SHAKE_ANGLE, _SHAKE_SHIFT = 0.005, 0.004
"""Radians and metres, standard deviation of a shake of strength 1."""


@dataclass(frozen=True, eq=False)
class ActorMotion:
    """One person's motion over T frames, with the body that the recipe describes."""

    rotations: Floats
    """(T, 24, 3, 3) of SMPL's joints, each in its parent's frame; the first in the world."""
    translation: Floats
    """(T, 3) metres, SMPL's `transl`."""
    joints: Floats
    """(T, 17, 3) Human3.6M's joints, metres in the world."""


@dataclass(frozen=True, eq=False)
class CameraPath:
    """A camera that may move, over T frames."""

    rotation: Floats
    """(T, 3, 3) world to camera axes: x right, y down, z forward."""
    translation: Floats
    """(T, 3) metres."""
    focal: float
    """Pixels."""
    size: tuple[int, int]
    """Width and height in pixels; the principal point is the center."""

    def frame_camera(self, frame: int) -> FrameCamera:
        """The camera at one frame."""
        return FrameCamera.centered(self.rotation[frame], self.translation[frame], self.focal, self.size)

    def to_camera_axes(self, points: Floats) -> Floats:
        """World points (..., T, J, 3) in the camera's axes at each frame, metres."""
        return points @ self.rotation.swapaxes(-1, -2) + self.translation[:, None]

    def to_pixels(self, points: Floats) -> Floats:
        """Pixels (..., 2) of points (..., 3) in camera axes."""
        return Camera.at_origin(self.focal, self.size).to_pixels(points)


@dataclass(frozen=True, eq=False)
class ClipLabels:
    """The exact labels of a clip of P people over T frames."""

    pose: Floats
    """(P, T, 24, 3) radians, axis-angle, of SMPL's joints in their parents' frames; the first in the world."""
    betas: Floats
    """(P, S) shape coefficients of the body model."""
    translation: Floats
    """(P, T, 3) metres, SMPL's `transl`."""
    camera: CameraPath
    joints: Floats
    """(P, T, 17, 3) metres in camera axes."""

    @property
    def xy(self) -> Floats:
        """(P, T, 17, 2) pixels, the joints as the camera sees them."""
        return self.camera.to_pixels(self.joints)

    def arrays(self) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """What a store keeps: joints, pose, translation, the camera's rotation and the camera's translation."""
        return self.joints, self.pose, self.translation, self.camera.rotation, self.camera.translation


def clip_labels(recipe: ClipRecipe, capture: MocapRotations, body: BodyModel) -> ClipLabels:
    """Compute the labels of a clip from its recipe.

    Raises:
        InputError: the motion capture does not have a clip that the recipe uses.
    """
    shapes = [body.shape(np.array(actor.betas)) for actor in recipe.actors]
    people = [
        actor_motion(actor, capture, rest, body.parents, recipe.frames)
        for actor, rest in zip(recipe.actors, shapes, strict=True)
    ]
    joints = np.stack([person.joints for person in people])  # (P, T, 17, 3)
    camera = camera_path(recipe.camera, joints[:, :, 0], recipe.size)
    return ClipLabels(
        np.stack([matrix_to_axis_angle(person.rotations) for person in people]),
        np.array([actor.betas for actor in recipe.actors]),
        np.stack([person.translation for person in people]),
        camera,
        camera.to_camera_axes(joints),
    )


def actor_motion(
    actor: Actor, capture: MocapRotations, rest: RestBody, parents: tuple[int, ...], frames: int
) -> ActorMotion:
    """The motion of one actor of a recipe, with the body `rest` in place of the captured person's."""
    rotations, root = capture.sample(actor.clip, actor.start + actor.speed * np.arange(frames))
    if actor.mirrored:
        rotations, root = _mirrored(rotations), root * [-1.0, 1.0, 1.0]
    adjusted = ADJUSTED_JOINTS[: len(actor.turns)]
    rotations[:, adjusted] = rotations[:, adjusted] @ axis_angle_to_matrix(np.array(actor.turns))
    if actor.t_pose:
        rotations = from_t_pose(rotations, turns_to_t_pose(rest.joints))
    facing = rotation_about_axis(np.array([[0.0, 1.0, 0.0]]), np.array([actor.heading]))[0]
    center = root.mean(0) * [1.0, 0.0, 1.0]
    if actor.tilt:
        facing, center = facing @ axis_angle_to_matrix(np.array(actor.tilt)), root.mean(0)
    rotations[:, 0] = facing @ rotations[:, 0]
    path = (root - center) @ facing.T * actor.scale
    path += np.array([actor.place[0], actor.lift, actor.place[1]])
    world, positions = forward_kinematics(rotations, rest.joints, parents, np.zeros((frames, 3)))
    translation = path - positions[:, 1:3].mean(
        1
    )  # SMPL's root is the pelvis, the motion capture's the center of the hips
    joints = to_h36m(positions, world[:, HEAD], actor.height) + translation[:, None]
    return ActorMotion(rotations, translation, joints)


def _mirrored(rotations: Floats) -> Floats:
    """Rotations (T, 24, 3, 3), mirrored across x."""
    flip = np.array([-1.0, 1.0, 1.0])
    return rotations[:, SMPL24.mirror] * flip[:, None] * flip


def camera_path(plan: CameraPlan, roots: Floats, size: tuple[int, int]) -> CameraPath:
    """Position and direction of a planned camera in each frame.

    Args:
        roots: (P, T, 3) metres in the world; the camera may follow their mean.
    """
    frames = roots.shape[1]
    center = gaussian_smooth(roots.mean(0), FOLLOW_SMOOTHING)
    drift = center - center.mean(0)
    shake = plan.shake * _shake(frames, plan.shake_seed)
    travel = (np.arange(frames) / max(frames - 1, 1) - 0.5)[:, None] * np.array(plan.travel)
    position = np.array(plan.position) + plan.walk * drift * [1.0, 0.0, 1.0] + travel + _SHAKE_SHIFT * shake[:, :3]
    target = np.array(plan.target) + plan.follow * drift
    distance = np.linalg.norm(target - position, axis=1, keepdims=True)
    target = target + _SHAKE_ANGLE * distance * shake[:, 3:6]
    rotation, translation = look_at(position, target, plan.roll + _SHAKE_ANGLE * shake[:, 6])
    return CameraPath(rotation, translation, plan.focal, size)


def _shake(frames: int, seed: int) -> Floats:
    """(T, 7) a smooth random motion, as of a hand that holds a camera; each column has standard deviation 1."""
    walk = np.cumsum(np.random.default_rng(seed).normal(size=(frames, 7)), axis=0)
    smooth = gaussian_smooth(walk, SHAKE_SMOOTHING) if frames > 1 else walk
    return (smooth - smooth.mean(0)) / np.maximum(smooth.std(0), 1e-9)
