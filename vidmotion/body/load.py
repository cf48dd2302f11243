"""Loads body models: the free body of the package, or a file of the user. Numpy only."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from vidmotion.body.arrays import Arrays, read_arrays
from vidmotion.body.model import BODY_JOINTS, FINGER_COUNT, WRISTS, BodyModel, Phenotype, Texture, finger_parents
from vidmotion.errors import InputError
from vidmotion.types import Floats, Ints

FREE_BODY = "freebody"
"""Name of the model that the package ships; if its shape directions change, the name must change too."""
FREE_BODY_FILE = Path(__file__).parent / "freebody" / "freebody.npz"
FINGERS_FILE = FREE_BODY_FILE.parent / "fingers.npz"
COARSE_FACES_FILE = FREE_BODY_FILE.parent / "coarse_faces.npy"
FREE_LICENCE = "CC0-1.0"
SMPL_LICENCE = "SMPL's licence: non-commercial research only, unless you bought another one"
MOST_BETAS = 10
"""Further directions of SMPL-X files are facial expressions, or details that 17 joints do not determine."""
MIN_BONE_LENGTH = 1e-4
"""Metres."""

_REQUIRED = ("v_template", "shapedirs", "J_regressor", "weights", "kintree_table", "f")
_OPTIONAL = ("posedirs", "phenotype_to_betas", "phenotype_mean", "vt", "ft")
_INTEGERS = ("kintree_table", "f", "ft")
_DOWNLOAD_PAGES = {
    "smplx": "https://smpl-x.is.tue.mpg.de",
    "smplh": "https://mano.is.tue.mpg.de",
    "smpl": "https://smpl.is.tue.mpg.de",
}


@cache
def free_body() -> BodyModel:
    """The free body (CC0): 24 joints, 6,935 vertices, 10 shape directions."""
    return _build(read_arrays(FREE_BODY_FILE, _REQUIRED + _OPTIONAL), FREE_BODY, FREE_LICENCE)


@cache
def coarse_faces() -> Ints:
    """(C, 3) faces of a coarse skin of the free body, C about 2,000; their corners are vertices of the fine one."""
    faces: Ints = np.load(COARSE_FACES_FILE, allow_pickle=False)
    return faces


def with_finger_joints(model: BodyModel) -> BodyModel:
    """The free body with SMPL-H's joints: 22 of the body and 30 of fingers, which take the place of two hand joints.

    Shapes, faces and what the other joints move stay as they are. Any other model is returned as it is.
    """
    if model.name != FREE_BODY or model.first_finger is not None:
        return model
    regressor, fingers = _finger_arrays(len(model.template))
    weights = np.concatenate([model.weights[:, :BODY_JOINTS], fingers], 1)
    for side, wrist in enumerate(WRISTS):
        own = fingers[:, side * FINGER_COUNT : (side + 1) * FINGER_COUNT].sum(1)
        weights[:, wrist] = (model.weights[:, wrist] + model.weights[:, BODY_JOINTS + side] - own).clip(0)
    return replace(
        model,
        pose_directions=None,
        regressor=np.concatenate([model.regressor[:BODY_JOINTS], regressor]),
        weights=weights,
        parents=model.parents[:BODY_JOINTS] + finger_parents(BODY_JOINTS),
    )


@cache
def _finger_arrays(vertices: int) -> tuple[Floats, Floats]:
    """The regressor (30, V) and the skinning weights (V, 30) of the free body's finger joints."""
    with np.load(FINGERS_FILE, allow_pickle=False) as file:
        regressor = np.zeros((2 * FINGER_COUNT, vertices), np.float32)
        regressor[file["regressor_joint"], file["regressor_vertex"]] = file["regressor"]
        weights = np.zeros((vertices, 2 * FINGER_COUNT), np.float32)
        weights[file["weight_vertex"], file["weight_joint"]] = file["weight"]
    return regressor, weights


def load_body(path: Path | None = None) -> BodyModel:
    """The body model in a file of SMPL's format (.npz or .pkl); None gives the free body.

    A user's model is named by the stem of the file and the beginning of its sha256, so that a motion is never combined
    with the shape directions of another file.

    Raises:
        InputError: the file is missing, damaged, unsafe, or not a body model.
    """
    if path is None or path.resolve() == FREE_BODY_FILE.resolve():
        return free_body()
    if not path.is_file():
        raise InputError(_missing_file(path))
    arrays = read_arrays(path, _REQUIRED + _OPTIONAL)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    try:
        return _build(arrays, f"{path.stem}-{digest[:8]}", SMPL_LICENCE)
    except (ValueError, TypeError) as error:
        raise InputError(f"{path}: not a body model ({error})") from None


def _missing_file(path: Path) -> str:
    family = next((name for name in _DOWNLOAD_PAGES if name in path.stem.lower().replace("-", "")), None)
    if family is None:
        return f"{path}: no such file; leave `body_model` out to use the free body"
    return (
        f"{path}: no such file; register at {_DOWNLOAD_PAGES[family]}, download the model there and save it as "
        f"{path.absolute()}, or leave `body_model` out to use the free body"
    )


def _build(arrays: Arrays, name: str, licence: str) -> BodyModel:
    """The model that consists of these arrays.

    Raises:
        ValueError: an array is missing, has a wrong shape, or its numbers do not describe a body.
    """
    missing = [key for key in _REQUIRED if key not in arrays]
    if missing:
        raise ValueError(f"{missing[0]} is missing")
    floats = {key: arrays[key].astype(np.float32) for key in arrays if key not in _INTEGERS}
    for key, array in floats.items():
        if not np.isfinite(array).all():
            raise ValueError(f"{key} holds a number that is not finite")
    posed = floats.get("posedirs")
    model = BodyModel(
        name=name,
        licence=licence,
        template=floats["v_template"],
        shape_directions=floats["shapedirs"][..., :MOST_BETAS],
        pose_directions=posed if posed is not None and posed.any() else None,
        regressor=floats["J_regressor"],
        weights=floats["weights"],
        faces=arrays["f"].astype(np.int64),
        parents=_parents(arrays["kintree_table"]),
        phenotype=_phenotype(floats),
        texture=Texture(floats["vt"], arrays["ft"].astype(np.int64)) if {"vt", "ft"} <= arrays.keys() else None,
    )
    _check_plausible(model)
    return model


def _parents(table: np.ndarray) -> tuple[int, ...]:
    """The parent of each joint, from SMPL's (2, J) table, in which the parent of the root is an invalid number."""
    if table.ndim != 2 or table.shape[0] != 2 or table.shape[1] < BODY_JOINTS:
        raise ValueError(f"kintree_table: wanted shape (2, {BODY_JOINTS} or more), received {table.shape}")
    return (-1, *(int(parent) for parent in table[0, 1:].astype(np.int64)))


def _phenotype(arrays: Arrays) -> Phenotype | None:
    if "phenotype_to_betas" not in arrays or "phenotype_mean" not in arrays:
        return None
    return Phenotype(arrays["phenotype_to_betas"], arrays["phenotype_mean"])


def _check_plausible(model: BodyModel) -> None:
    """Refuse arrays of the right shapes that do not describe a body."""
    joints = model.regressor @ model.template
    bones = np.linalg.norm(joints[1:] - joints[list(model.parents[1:])], axis=1)
    if not (bones > MIN_BONE_LENGTH).all():
        raise ValueError(f"the bone of joint {int(bones.argmin()) + 1} has no length")
    if not np.allclose(model.weights.sum(1), 1, atol=1e-3):
        raise ValueError("the skinning weights of a vertex do not sum to 1")
