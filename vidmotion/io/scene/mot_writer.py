"""MOT for OpenSim: one person's joint angles as coordinates of the usual gait models, degrees; the pelvis in metres.

The world, the rate and the times are those of TRC (see `even_frames`). Rows that are blank there, before the person
comes, after it leaves and in long gaps, are left out: OpenSim reads no further than a missing value. Does not depend on
paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from vidmotion.body.joint_angles import opensim_coordinates
from vidmotion.body.model import BodyModel
from vidmotion.geometry.rotations import axis_angle_to_matrix
from vidmotion.io.scene.even_frames import even_grid
from vidmotion.io.scene.requirements import require_body, require_motion
from vidmotion.types import Floats, Person, Scene


def write_mot(scene: Scene, file: BinaryIO, person: Person, *, model: BodyModel) -> None:
    """Write the joint angles of one person of `scene`.

    Raises:
        InputError: no motion, no body, a body of another model, a number that is not finite, or too many rows.
    """
    body = require_body(person, model)
    grid, _ = even_grid(scene, person.track)
    columns = opensim_coordinates(
        grid.interpolate_rotations(axis_angle_to_matrix(body.pose)), model.shape(body.betas).joints
    )
    places = grid.interpolate(require_motion(person).joints[:, 0])
    columns |= {f"pelvis_t{axis}": values for axis, values in zip("xyz", places.T, strict=True)}
    seen = ~grid.missing
    file.writelines(f"{line}\n".encode() for line in _header(scene.source, tuple(columns), int(seen.sum())))
    table = np.column_stack([grid.times, *columns.values()])[seen]
    file.writelines(f"{line}\n".encode() for line in _lines(table))


def _header(source: str, names: tuple[str, ...], count: int) -> Iterator[str]:
    # Line breaks and tabs in the name of the video would add fields.
    yield " ".join(source.split())
    yield "version=1"
    yield f"nRows={count}"
    yield f"nColumns={len(names) + 1}"
    yield "inDegrees=yes"
    yield "endheader"
    yield "\t".join(("time", *names))


def _lines(table: Floats) -> Iterator[str]:
    # Adding 0 makes -0.0 a plain 0.0.
    for row in table.round(6) + 0.0:
        yield "\t".join(f"{value:.6f}" for value in row)
