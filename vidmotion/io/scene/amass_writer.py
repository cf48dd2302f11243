"""AMASS' NPZ for research tools: one person's body over time, Z up, floor at z = 0.

    trans (N, 3) metres    poses (N, 156) radians, SMPL-H's order, the hands flat    betas (S,)
    mocap_framerate        gender        model: the body model of the betas, which is not one of AMASS' own fields

The frame rate is the video's. Frames at uneven times are resampled at that rate, and the pose is held across gaps.
Does not depend on paths.
"""

from __future__ import annotations

from typing import BinaryIO

import numpy as np

from vidmotion.body.model import BODY_JOINTS, BodyModel
from vidmotion.geometry.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from vidmotion.io.scene.armature import require_body
from vidmotion.io.scene.even_frames import even_grid
from vidmotion.io.scene.requirements import only_person
from vidmotion.types import Scene

POSES = 156
Z_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""Rotation from the world with Y up to one with Z up."""


def write_amass(scene: Scene, file: BinaryIO, model: BodyModel) -> None:
    """Write the body of the one person in `scene`.

    Raises:
        InputError: not one person, no motion, no body, a body of another model, or a number that is not finite.
    """
    person = only_person(scene, "AMASS' NPZ")
    body = require_body(person, model)
    pelvis = model.shape(body.betas).joints[0]
    grid = even_grid(person.track.frames, person.track.times, float(scene.fps))
    rotations = grid.interpolate_rotations(axis_angle_to_matrix(body.pose[:, :BODY_JOINTS]))
    rotations[:, 0] = Z_UP @ rotations[:, 0]
    poses = np.zeros((len(rotations), POSES))
    poses[:, : 3 * BODY_JOINTS] = matrix_to_axis_angle(rotations).reshape(len(rotations), -1)
    # A body rotates about its pelvis, and `trans` is the offset of the pelvis from its place at rest.
    trans = (pelvis + grid.interpolate(body.translation)) @ Z_UP.T - pelvis
    np.savez_compressed(
        file,
        allow_pickle=False,
        trans=trans,
        poses=poses,
        betas=body.betas,
        mocap_framerate=np.array(float(scene.fps)),
        gender=np.array("neutral"),
        model=np.array(body.model),
    )
