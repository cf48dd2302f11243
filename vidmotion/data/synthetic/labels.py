"""What is true of a clip of footage: bodies, joints, cameras. A function of recipe, motion capture and body alone.

Letters: P people, T frames. World axes: metres, Y up, the floor at y = 0. Numpy only, no random choices but the
recipe's own; knows nothing about pictures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vidmotion.body.joints import HEAD, to_h36m
from vidmotion.body.kinematics import forward
from vidmotion.body.model import BodyModel, RestBody
from vidmotion.data.synthetic.frame_camera import Lens, look
from vidmotion.data.synthetic.mocap_rotations import Capture
from vidmotion.data.synthetic.recipe import TURNED, Actor, CameraPlan, Recipe
from vidmotion.geometry.filters import gaussian_smooth
from vidmotion.geometry.rotations import axis_angle_to_matrix, matrix_to_axis_angle, rotation_about_axis
from vidmotion.skeletons import SMPL24
from vidmotion.types import Camera, Floats

FOLLOWING = 9.0
"""Frames, spread of the smoothing with which a camera follows people."""
TREMBLING = 5.0
"""Frames, spread of the smoothing of a hand's tremor."""
_TREMOR_TURN, _TREMOR_WAY = 0.005, 0.004
"""Radians and metres, spread of a tremor of strength 1."""


@dataclass(frozen=True, eq=False)
class Performance:
    """One person's motion, with the body of the recipe."""

    rotations: Floats
    """(T, 24, 3, 3) of each joint in its parent's frame; the first in the world."""
    translation: Floats
    """(T, 3) metres, SMPL's `transl`."""
    joints: Floats
    """(T, 17, 3) Human3.6M's joints, metres in the world."""


@dataclass(frozen=True, eq=False)
class CameraPath:
    """A camera over time."""

    rotation: Floats
    """(T, 3, 3) world to camera; x right, y down, z forward."""
    translation: Floats
    """(T, 3) metres."""
    focal: float
    """Pixels."""
    size: tuple[int, int]
    """Width and height in pixels; the principal point is the middle."""

    def lens(self, frame: int) -> Lens:
        """The camera at one frame."""
        return Lens.centered(self.rotation[frame], self.translation[frame], self.focal, self.size)

    def to_camera_axes(self, points: Floats) -> Floats:
        """World points (..., T, J, 3) in the camera's axes at each frame, metres."""
        return points @ self.rotation.swapaxes(-1, -2) + self.translation[:, None]

    def to_pixels(self, points: Floats) -> Floats:
        """Pixels (..., 2) of points (..., 3) in camera axes."""
        return Camera.at_origin(self.focal, self.size).to_pixels(points)


@dataclass(frozen=True, eq=False)
class Truth:
    """What is true of a clip."""

    pose: Floats
    """(P, T, 24, 3) radians, axis times angle, of SMPL's joints in their parents' frames; the first in the world."""
    betas: Floats
    """(P, S) shape."""
    translation: Floats
    """(P, T, 3) metres, SMPL's `transl`."""
    camera: CameraPath
    joints: Floats
    """(P, T, 17, 3) metres in camera axes."""

    @property
    def xy(self) -> Floats:
        """(P, T, 17, 2) pixels."""
        return self.camera.to_pixels(self.joints)

    def parts(self) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """Joints, pose, translation, the camera's rotation and translation: what a store keeps."""
        return self.joints, self.pose, self.translation, self.camera.rotation, self.camera.translation


def truth_of(recipe: Recipe, capture: Capture, body: BodyModel) -> Truth:
    """Rebuild what is true of a clip.

    Raises:
        InputError: the motion capture lacks a clip of the recipe.
    """
    shapes = [body.shape(np.array(actor.betas)) for actor in recipe.actors]
    cast = [
        perform(actor, capture, rest, body.parents, recipe.frames)
        for actor, rest in zip(recipe.actors, shapes, strict=True)
    ]
    joints = np.stack([person.joints for person in cast])  # (P, T, 17, 3)
    camera = camera_path(recipe.camera, joints[:, :, 0], recipe.size)
    return Truth(
        np.stack([matrix_to_axis_angle(person.rotations) for person in cast]),
        np.array([actor.betas for actor in recipe.actors]),
        np.stack([person.translation for person in cast]),
        camera,
        camera.to_camera_axes(joints),
    )


def perform(actor: Actor, capture: Capture, rest: RestBody, parents: tuple[int, ...], frames: int) -> Performance:
    """Let an actor go through the motion."""
    rotations, root = capture.take(actor.clip, actor.start + actor.speed * np.arange(frames))
    if actor.mirrored:
        rotations, root = _mirrored(rotations), root * [-1.0, 1.0, 1.0]
    rotations[:, TURNED] = rotations[:, TURNED] @ axis_angle_to_matrix(np.array(actor.turns))
    facing = rotation_about_axis(np.array([[0.0, 1.0, 0.0]]), np.array([actor.heading]))[0]
    rotations[:, 0] = facing @ rotations[:, 0]
    way = (root - root.mean(0) * [1.0, 0.0, 1.0]) @ facing.T * actor.scale
    way += np.array([actor.place[0], actor.lift, actor.place[1]])
    world, places = forward(rotations, rest.joints, parents, np.zeros((frames, 3)))
    translation = way - places[:, 1:3].mean(1)  # SMPL's root is the pelvis, the motion capture's the middle of the hips
    joints = to_h36m(places, world[:, HEAD], actor.height) + translation[:, None]
    return Performance(rotations, translation, joints)


def _mirrored(rotations: Floats) -> Floats:
    """Rotations (T, 24, 3, 3) seen in a mirror across x."""
    flip = np.array([-1.0, 1.0, 1.0])
    return rotations[:, SMPL24.mirror] * flip[:, None] * flip


def camera_path(plan: CameraPlan, roots: Floats, size: tuple[int, int]) -> CameraPath:
    """Where a camera is and looks while the people's roots (P, T, 3) go their ways."""
    frames = roots.shape[1]
    middle = gaussian_smooth(roots.mean(0), FOLLOWING)
    drift = middle - middle.mean(0)
    tremor = plan.shake * _tremor(frames, plan.shake_seed)
    going = (np.arange(frames) / max(frames - 1, 1) - 0.5)[:, None] * np.array(plan.travel)
    position = np.array(plan.position) + plan.walk * drift * [1.0, 0.0, 1.0] + going + _TREMOR_WAY * tremor[:, :3]
    target = np.array(plan.target) + plan.follow * drift
    apart = np.linalg.norm(target - position, axis=1, keepdims=True)
    target = target + _TREMOR_TURN * apart * tremor[:, 3:6]
    rotation, translation = look(position, target, plan.roll + _TREMOR_TURN * tremor[:, 6])
    return CameraPath(rotation, translation, plan.focal, size)


def _tremor(frames: int, seed: int) -> Floats:
    """(T, 7) a hand's smooth, aimless motion, each of spread 1."""
    walk = np.cumsum(np.random.default_rng(seed).normal(size=(frames, 7)), axis=0)
    smooth = gaussian_smooth(walk, TREMBLING) if frames > 1 else walk
    return (smooth - smooth.mean(0)) / np.maximum(smooth.std(0), 1e-9)
