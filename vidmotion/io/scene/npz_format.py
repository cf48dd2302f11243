"""A scene as NumPy arrays in one compressed file, in full precision and without pickle.

    scene               text: the JSON tree without its large arrays
    person{ID}_frames   (T,)         person{ID}_xy             (T, K, 2) pixels
    person{ID}_times    (T,) s       person{ID}_score          (T, K)
    person{ID}_boxes    (T, 4)       person{ID}_joints         (T, J, 3) metres; absent without motion
    person{ID}_observed (T,)         person{ID}_confidence     (T, J); likewise

    absent without a body:
    person{ID}_pose     (T, 24, 3)   person{ID}_translation    (T, 3) metres
    person{ID}_betas    (S,)         person{ID}_error          (T,) metres

    absent if hands were not looked for:
    person{ID}_fingers        (T, 2, 15, 3)     person{ID}_hands_score      (T, 2)
    person{ID}_hands_xy       (T, 2, 21, 2)     person{ID}_head_rotation    (T, 3)
    person{ID}_hands_points   (T, 2, 21, 3)     person{ID}_head_confidence  (T,)

    absent without action tags:
    person{ID}_centers  (W,) s       person{ID}_probabilities  (W, L)

    absent without contacts:
    person{ID}_touching (T, 7)   of `vidmotion.types.CONTACT_PARTS`

`scene` holds the units, axes and joint names, which are those of the JSON format.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from vidmotion.errors import InputError
from vidmotion.io.json_text import parse_json
from vidmotion.io.npz import read_npz_arrays
from vidmotion.io.pickles import DAMAGED
from vidmotion.io.scene.document import SCHEMA_1, from_document, to_document
from vidmotion.types import Scene

TRACK_ARRAYS = ("frames", "times", "observed", "boxes")
KEYPOINT_ARRAYS = ("xy", "score")
MOTION_ARRAYS = ("joints", "confidence", "expected_error")
OPTIONAL_ARRAYS = ("expected_error", "fingers")
BODY_ARRAYS = ("pose", "betas", "translation", "error", "fingers")
HAND_ARRAYS = ("xy", "points", "score")
HEAD_ARRAYS = ("rotation", "confidence")
ACTION_ARRAYS = ("centers", "probabilities")
CONTACT_ARRAYS = ("touching",)
ACTION_ARRAYS_1 = ("middles", "chances")
"""Their names in schema 1."""


def write_npz(scene: Scene, file: BinaryIO) -> None:
    """Write `scene` as a compressed .npz.

    Raises:
        InputError: a number is not finite, or the provenance holds a value that JSON does not have.
    """
    tree = to_document(scene)
    arrays: dict[str, Any] = {}
    for person in tree["people"]:
        for holder, prefix, names in _holders(person):
            arrays |= {f"{prefix}{name}": holder.pop(name) for name in names if name in holder}
    try:
        header = json.dumps(tree, allow_nan=False, default=_to_json)
    except (TypeError, ValueError) as error:
        raise InputError(f"provenance: cannot be written as JSON ({error})") from None
    np.savez_compressed(file, scene=np.array(header), **arrays)


def read_npz(path: Path) -> Scene:
    """Read a file of `write_npz`, also one of an earlier schema; nothing in the file is executed.

    Raises:
        InputError: the file is not an .npz file, or not a scene of a known schema.
        OSError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            arrays = read_npz_arrays(file)
        tree = parse_json(str(arrays.pop("scene")))
        actions = ACTION_ARRAYS_1 if tree["schema"] == SCHEMA_1 else ACTION_ARRAYS
        for person in tree["people"]:
            for holder, prefix, names in _holders(person, actions):
                stored = {name: f"{prefix}{name}" for name in names}
                holder.update({name: arrays[key] for name, key in stored.items() if _is_needed(name, key, arrays)})
    except KeyError as error:
        raise InputError(f"{path} is not a scene: {error.args[0]} is missing") from None
    except DAMAGED:
        raise InputError(f"{path} is not an .npz file of vidmotion, or is damaged; export it again") from None
    try:
        return from_document(tree)
    except InputError as error:
        raise InputError(f"{path} is not a scene that can be read: {error}") from None


def _holders(
    person: dict[str, Any], actions: tuple[str, ...] = ACTION_ARRAYS
) -> list[tuple[dict[str, Any], str, tuple[str, ...]]]:
    """The mappings in a person's tree that hold large arrays, with what the arrays' names begin with, and the names."""
    parts = (
        (person, "", TRACK_ARRAYS),
        (person["keypoints"], "", KEYPOINT_ARRAYS),
        (person["motion"], "", MOTION_ARRAYS),
        (person["body"], "", BODY_ARRAYS),
        (person["actions"], "", actions),
        (person.get("hands"), "hands_", HAND_ARRAYS),
        (person.get("head"), "head_", HEAD_ARRAYS),
        (person.get("contacts"), "", CONTACT_ARRAYS),
    )
    return [(holder, f"person{person['id']}_{part}", names) for holder, part, names in parts if holder is not None]


def _is_needed(name: str, key: str, arrays: Mapping[str, Any]) -> bool:
    return key in arrays or name not in OPTIONAL_ARRAYS


def _to_json(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not a JSON type")
