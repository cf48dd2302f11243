"""Reads AMASS files: poses of SMPL-type bodies, applied here to the free body or to the user's own body model.

A body model of the user's gets the file's betas. For the free body the betas have no meaning: it is used in its usual
shape. AMASS has Z up.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np

from vidmotion.body.joints import HEAD, to_h36m
from vidmotion.body.kinematics import forward_kinematics
from vidmotion.body.load import MOST_BETAS, free_body, load_body
from vidmotion.body.model import BODY_JOINTS, BodyModel
from vidmotion.body.shape import neutral_betas
from vidmotion.data.importers.floor import on_floor
from vidmotion.data.importers.importer import (
    ImportFile,
    ImportOptions,
    at_rate,
    check_frames,
    check_numbers,
    rotations_at_rate,
    y_up,
)
from vidmotion.data.packed_writer import NewClip
from vidmotion.errors import InputError
from vidmotion.geometry.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from vidmotion.io.npz import read_npz_arrays
from vidmotion.io.pickles import DAMAGED
from vidmotion.types import Floats

_NEEDED = ("poses", "trans", "betas")
_RATES = ("mocap_framerate", "mocap_frame_rate")
_PELVIS = np.array([-0.002, -0.223, 0.028])
"""(3,) metres, pelvis of SMPL's mean body at rest, to which `trans` is added."""


def read_amass(file: ImportFile, options: ImportOptions) -> Iterator[NewClip]:
    """The one clip of a file; its subject is the name of the folder.

    Raises:
        InputError: the file is damaged or lacks something.
    """
    arrays = _read(file.path, needs_rate=options.fps is None)
    poses, path, betas = (arrays[name].astype(float) for name in _NEEDED)
    if poses.ndim != 2 or poses.shape[1] < 3 * BODY_JOINTS or path.shape != (len(poses), 3) or not len(poses):
        raise InputError(f"wanted poses (N, 66 or more) and trans (N, 3), received {poses.shape} and {path.shape}")
    check_frames(len(poses))
    rate = options.fps or _rate(arrays)
    rotations = rotations_at_rate(axis_angle_to_matrix(poses[:, : 3 * BODY_JOINTS].reshape(-1, BODY_JOINTS, 3)), rate)
    body = _body(options.body_model)
    joints = _joints(body, rotations, at_rate(path, rate), betas.ravel()[:MOST_BETAS])
    rotations[:, 0] = y_up(rotations[:, 0].swapaxes(-1, -2)).swapaxes(-1, -2)
    # The free body is not as tall as the captured person, so that its floor says nothing of the file.
    joints = on_floor(joints, (lambda _: None) if body is free_body() else file.note)
    subject = file.path.absolute().parent.name
    yield NewClip(file.name, subject, options.split_of(subject), joints, matrix_to_axis_angle(rotations))


def _read(path: Path, needs_rate: bool) -> dict[str, np.ndarray]:
    try:
        with path.open("rb") as file:
            arrays = read_npz_arrays(file, (*_NEEDED, *_RATES))
    except (OSError, *DAMAGED):
        raise InputError("is not an .npz file of arrays, or is damaged") from None
    missing = [name for name in _NEEDED if name not in arrays]
    if needs_rate and not any(name in arrays for name in _RATES):
        missing.append(" or ".join(_RATES))
    if missing:
        raise InputError(f"lacks {', '.join(missing)}; wanted a motion of AMASS")
    for name in _NEEDED:
        if not _holds_numbers(arrays[name]):
            raise InputError(f"its {name} holds no numbers; wanted a motion of AMASS")
        check_numbers(arrays[name])
    return arrays


def _rate(arrays: dict[str, np.ndarray]) -> float:
    """Frames per second: one number, in an array of any shape."""
    name = next(name for name in _RATES if name in arrays)
    rate = arrays[name]
    if not _holds_numbers(rate) or rate.size != 1:
        raise InputError(f"its {name} is not one number; pass `fps`")
    return float(rate.item())


def _holds_numbers(value: np.ndarray) -> bool:
    """Whether this is an array of real numbers."""
    return value.dtype.kind in "iuf"


@cache
def _body(path: Path | None) -> BodyModel:
    return load_body(path)


def _joints(body: BodyModel, rotations: Floats, path: Floats, betas: Floats) -> Floats:
    """(T, 17, 3) metres, Y up, from rotations (T, 22, 3, 3) and a path (T, 3) with Z up."""
    free = body is free_body()
    rest = body.shape(neutral_betas(body) if free else betas)
    if free:
        path = path + _PELVIS - rest.joints[0]
    world, positions = forward_kinematics(rotations, rest.joints[:BODY_JOINTS], body.parents[:BODY_JOINTS], path)
    return y_up(to_h36m(positions, world[:, HEAD], rest.height))
