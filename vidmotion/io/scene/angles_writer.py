"""Joint angles as a table: degrees, a row for each frame of each person.

    person, frame, time  id, number of the video's frame from 0, seconds
    observed             1, or 0 where the frame was interpolated across a short gap
    right_knee_flexion   degrees from the anatomical position; likewise each angle of `vidmotion.body.joint_angles`
    ..._error            degrees by which an angle is expected to be wrong; after all angles, and only if the weights
                         have a head for errors

All people are in the world of the first one. A person has no row for frames where it was not visible. Does not depend
on paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from vidmotion.body.angle_errors import expected_angle_errors
from vidmotion.body.joint_angles import ANGLES, joint_angles
from vidmotion.body.model import BodyModel
from vidmotion.errors import InputError
from vidmotion.geometry.alignment import align_worlds
from vidmotion.geometry.rotations import axis_angle_to_matrix
from vidmotion.io.scene.requirements import require_body, require_motion
from vidmotion.types import Floats, Person, Scene


def write_angles(scene: Scene, file: BinaryIO, *, model: BodyModel) -> None:
    """Write the joint angles of all people in `scene`.

    Raises:
        InputError: there is nobody, or somebody has no motion or body or one of another model, or a number is not
            finite.
    """
    if not scene.people:
        raise InputError(f"nobody is in {scene.source}, so there is nothing to write")
    bodies = [require_body(person, model) for person in scene.people]
    errors = [expected_angle_errors(require_motion(person)) for person in scene.people]
    with_errors = None not in errors
    columns = [*ANGLES, *(f"{name}_error" for name in ANGLES if with_errors)]
    file.write((",".join(["person", "frame", "time", "observed", *columns]) + "\n").encode())
    placements = align_worlds(scene.people, scene.camera_motion)
    for person, body, error, placement in zip(scene.people, bodies, errors, placements, strict=True):
        assert placement is not None  # every person has a motion
        rotations = axis_angle_to_matrix(body.pose)
        rotations[:, 0] = placement.rotation @ rotations[:, 0]
        angles = joint_angles(rotations, model.shape(body.betas).joints)
        values = [*angles.values(), *(error.values() if error and with_errors else ())]
        file.writelines(f"{line}\n".encode() for line in _lines(person, np.stack(values, 1)))


def _lines(person: Person, angles: Floats) -> Iterator[str]:
    track = person.track
    pattern = ",%.2f" * angles.shape[1]
    # Adding 0 makes -0.0 a plain 0.0.
    for frame, time, observed, row in zip(
        track.frames, track.times, track.observed, angles.round(2) + 0.0, strict=True
    ):
        yield f"{person.id},{frame},{time:.6f},{observed:d}" + pattern % tuple(row)
