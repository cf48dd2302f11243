"""AMASS' NPZ for research tools: one person's body over time, Z up, floor at z = 0.

    trans (N, 3) metres    poses (N, 156) radians, SMPL-H's order, the hands flat    betas (S,)
    mocap_framerate        gender        model: whose betas these are, beside AMASS' own names

The frame rate is the video's; what the video has unevenly in time is brought onto that grid, and gaps are held.
Knows nothing about paths.
"""

from __future__ import annotations

from typing import BinaryIO

import numpy as np

from vidmotion.body.model import BODY_JOINTS, BodyModel
from vidmotion.geometry.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from vidmotion.io.scene.armature import fitted
from vidmotion.io.scene.even_frames import even_grid
from vidmotion.io.scene.requirements import only_person
from vidmotion.types import Scene

POSES = 156
Z_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""From the world with Y up."""


def write_amass(scene: Scene, file: BinaryIO, model: BodyModel) -> None:
    """Write the body of the one person in `scene`.

    Raises:
        InputError: not one person, no motion, no body, a body of another model, or a number that is not finite.
    """
    person = only_person(scene, "AMASS' NPZ")
    body = fitted(person, model)
    pelvis = model.shape(body.betas).joints[0]
    grid = even_grid(person.track.frames, person.track.times, float(scene.fps))
    turns = grid.turned(axis_angle_to_matrix(body.pose[:, :BODY_JOINTS]))
    turns[:, 0] = Z_UP @ turns[:, 0]
    poses = np.zeros((len(turns), POSES))
    poses[:, : 3 * BODY_JOINTS] = matrix_to_axis_angle(turns).reshape(len(turns), -1)
    # A body turns about its pelvis, which `trans` moves away from where it rests.
    trans = (pelvis + grid.between(body.translation)) @ Z_UP.T - pelvis
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
