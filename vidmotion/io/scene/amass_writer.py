"""AMASS' NPZ for research tools: one person's body over time, Z up, floor at z = 0.

    trans (N, 3) metres    poses (N, 156) radians, axis times angle, of SMPL-H's 52 joints: 22 of the body, 15 of the
    left hand, 15 of the right one (index, middle, pinky, ring, thumb)                  betas (S,)
    mocap_framerate        gender        model: the body model of the betas, which is not one of AMASS' own fields

Fingers count from the hands of the model's template, as in SMPL-H with `flat_hand_mean=True`. They are 0 if hands were
not looked for.

The first row is the first frame of the video, also if the person comes later: its first pose is held until then, its
last one until the end, and poses are held across gaps (see `even_frames`). Does not depend on paths.
"""

from __future__ import annotations

from typing import BinaryIO

import numpy as np

from vidmotion.body.finger_pose import FingerPoser
from vidmotion.body.load import with_finger_joints
from vidmotion.body.model import BODY_JOINTS, BodyModel
from vidmotion.geometry.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from vidmotion.io.scene.even_frames import even_grid
from vidmotion.io.scene.requirements import require_body
from vidmotion.types import Person, Scene

POSES = 156
Z_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""Rotation from the world with Y up to one with Z up."""


def write_amass(scene: Scene, file: BinaryIO, person: Person, *, model: BodyModel) -> None:
    """Write the body of one person of `scene`.

    Raises:
        InputError: no motion, no body, a body of another model, a number that is not finite, or too many rows.
    """
    body = require_body(person, model)
    rest = (model := with_finger_joints(model)).shape(body.betas)
    pelvis = rest.joints[0]
    grid, rate = even_grid(scene, person.track)
    pose = body.pose[:, :BODY_JOINTS]
    if body.fingers is not None:
        pose = np.concatenate([pose, FingerPoser(model, rest).pose(body.fingers)], 1)
    frame_rotations = axis_angle_to_matrix(pose)
    poses = np.zeros((len(grid), POSES))
    for rows, part in grid.parts():
        rotations = part.interpolate_rotations(frame_rotations)
        rotations[:, 0] = Z_UP @ rotations[:, 0]
        poses[rows, : 3 * pose.shape[1]] = matrix_to_axis_angle(rotations).reshape(len(part), -1)
    # A body rotates about its pelvis, and `trans` is the offset of the pelvis from its place at rest.
    trans = (pelvis + grid.interpolate(body.translation)) @ Z_UP.T - pelvis
    np.savez_compressed(
        file,
        trans=trans,
        poses=poses,
        betas=body.betas,
        mocap_framerate=np.array(float(rate)),
        gender=np.array("neutral"),
        model=np.array(body.model),
    )
