"""Converts a scene to a tree of mappings and lists with numpy arrays at its leaves, and back.

The JSON and NPZ files are two ways to store this tree. Every field is checked when a tree is read, and one that is
wrong raises an InputError that names the field. Does not depend on files.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from fractions import Fraction
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np

from vidmotion.body.model import SMPL_JOINTS
from vidmotion.errors import InputError
from vidmotion.skeletons import FINGER_JOINTS, HAND21, Skeleton, by_name
from vidmotion.types import (
    ASSUMED,
    CONTACT_PARTS,
    FLOOR,
    GIVEN,
    KNOWN,
    STILL,
    TURNS,
    UNKNOWN,
    UNSURE,
    Actions,
    BodyMotion,
    Camera,
    CameraMotion,
    Contacts,
    Hands,
    Head,
    Keypoints2D,
    Motion,
    Person,
    Scene,
    Segment,
    Track,
)

SCHEMA = "vidmotion.scene/2"
SCHEMA_1 = "vidmotion.scene/1"
RENAMED_SINCE_1 = {"middles": "centers", "chances": "probabilities"}
"""Fields of a person's actions: the name in schema 1, and the name now. Nothing else has changed."""
PIXELS = {"unit": "pixel", "axes": "x right, y down, origin at the top left"}
WORLD = {"unit": "metre", "axes": "right-handed, Y up, floor at y = 0"}
CAMERA_AXES = "x right, y down, z forward; C = rotation @ X + translation; pixel = focal * (C.x, C.y) / C.z + center"
CAMERA_MOTION_AXES = (
    "a frame's rotation takes the axes of the shot's first camera to its own; focal length = focal * zoom"
)
HEIGHT_SOURCES = (ASSUMED, GIVEN, FLOOR)
CAMERA_KINDS = (STILL, TURNS, UNSURE, KNOWN)
SECONDS = {"unit": "second"}
BODY = {
    "unit": "radian; translation and error in metre",
    "axes": "axis times angle in the parent joint's frame, the first in the world of the motion; at rest a T-pose "
    "that faces +Z with Y up",
}
HANDS = {
    "unit": "xy in pixel, points in metre",
    "axes": "the left hand first; xy as in keypoints; points from the middle of the hand, x right, y down, z along the "
    "line of sight",
}
HEAD = {
    "unit": "radian",
    "axes": "axis times angle from a head that looks at the camera, upright in the picture; x right, y down, z along "
    "the line of sight",
}

LARGEST_NUMBER = 10**9 - 1
"""Of a person or a frame: a year at 30 frames a second."""

T = TypeVar("T")


def to_document(scene: Scene) -> dict[str, Any]:
    """The tree of `scene`. Its arrays are those of the scene, unrounded and not copied.

    Raises:
        InputError: a skeleton is unknown, two people have the same id, or a number is not finite.
    """
    _check_ids([person.id for person in scene.people])
    return {
        "schema": SCHEMA,
        "source": scene.source,
        "fps": float(scene.fps),
        "fps_exact": f"{scene.fps.numerator}/{scene.fps.denominator}",
        "size": [int(side) for side in scene.size],
        "frame_count": int(scene.frame_count),
        "cuts": [int(frame) for frame in scene.cuts],
        "offset": float(scene.offset),
        "camera_motion": None if scene.camera_motion is None else _camera_motion_tree(scene.camera_motion),
        "provenance": scene.provenance,
        "people": [_person_tree(person) for person in scene.people],
    }


def from_document(tree: Any) -> Scene:
    """The scene of a tree whose leaves are arrays or nested lists of numbers; schema 1 is read too.

    Raises:
        InputError: the tree is not a scene of a known schema; the message names the field.
    """
    version = _get(tree, "schema", str, "")
    if version == SCHEMA_1:
        tree = _from_schema_1(tree)
    elif version != SCHEMA:
        raise InputError(
            f"schema {version!r} is not known to this version of vidmotion; wanted {SCHEMA!r} or {SCHEMA_1!r}"
        )
    size = _numbers(tree, "size", "", kinds="iu", shape=(2,))
    if not (size > 0).all():
        raise InputError(f"field size: wanted a width and a height above 0, received {size.tolist()}")
    people = tuple(_person(item, f"people[{index}].") for index, item in enumerate(_get(tree, "people", list, "")))
    _check_ids([person.id for person in people])
    return Scene(
        source=_get(tree, "source", str, ""),
        fps=_rate(_get(tree, "fps_exact", str, "")),
        size=(int(size[0]), int(size[1])),
        frame_count=_whole(tree, "frame_count", ""),
        people=people,
        provenance=_get(tree, "provenance", dict, ""),
        cuts=_cuts(tree),
        # Files that were written before it was recorded have none.
        offset=_real({"offset": 0.0, **tree}, "offset", ""),
        camera_motion=_camera_motion(tree),
    )


def _cuts(tree: dict[str, Any]) -> tuple[int, ...]:
    """The cuts; none in files that were written before they were recorded."""
    cuts = _get({"cuts": [], **tree}, "cuts", list, "")
    if any(type(frame) is not int or frame > LARGEST_NUMBER for frame in cuts):
        raise InputError("field cuts: wanted frame numbers")
    if any(after <= before for before, after in pairwise((0, *cuts))):
        raise InputError("field cuts: wanted rising frame numbers above 0")
    return tuple(cuts)


def _from_schema_1(tree: dict[str, Any]) -> dict[str, Any]:
    """The tree with the names that fields have now. Parts of an unexpected type are kept, and refused later."""
    people = tree.get("people")
    return {**tree, "people": list(map(_person_from_schema_1, people)) if isinstance(people, list) else people}


def _person_from_schema_1(person: Any) -> Any:
    if not isinstance(person, dict) or not isinstance(person.get("actions"), dict):
        return person
    return {**person, "actions": {RENAMED_SINCE_1.get(name, name): part for name, part in person["actions"].items()}}


def _person_tree(person: Person) -> dict[str, Any]:
    track = person.track
    tree: dict[str, Any] = {
        "id": int(person.id),
        "frames": track.frames,
        "times": track.times,
        "observed": track.observed,
        "boxes": track.boxes,
        "keypoints": {
            "skeleton": track.keypoints.skeleton,
            "joints": list(by_name(track.keypoints.skeleton).joints),
            **PIXELS,
            "xy": track.keypoints.xy,
            "score": track.keypoints.score,
        },
        "motion": None if person.motion is None else _motion_tree(person.motion),
        "body": None if person.body is None else _body_tree(person.body),
        "actions": None if person.actions is None else _actions_tree(person.actions),
        **({} if person.hands is None else {"hands": _hands_tree(person.hands)}),
        **({} if person.head is None else {"head": {**HEAD, **vars(person.head)}}),
        "contacts": None if person.contacts is None else _contacts_tree(person.contacts),
    }
    _check_finite(tree, f"person {person.id}: ")
    return tree


def _motion_tree(motion: Motion) -> dict[str, Any]:
    skeleton, camera = by_name(motion.skeleton), motion.camera
    return {
        "skeleton": motion.skeleton,
        "joint_names": list(skeleton.joints),
        "parents": list(skeleton.parents),
        **WORLD,
        "height": float(motion.height),
        "height_source": motion.height_source,
        "camera": {
            "axes": CAMERA_AXES,
            "focal": np.asarray(camera.focal, float) if camera.moves else float(camera.focal),
            "center": [float(side) for side in camera.center],
            "rotation": camera.rotation,
            "translation": camera.translation,
        },
        "joints": motion.joints,
        "confidence": motion.confidence,
        **({} if motion.expected_error is None else {"expected_error": motion.expected_error}),
    }


def _body_tree(body: BodyMotion) -> dict[str, Any]:
    return {
        "model": body.model,
        "joint_names": list(SMPL_JOINTS),
        **BODY,
        "pose": body.pose,
        "betas": body.betas,
        "translation": body.translation,
        "error": body.error,
        **({} if body.fingers is None else {"finger_joints": list(FINGER_JOINTS), "fingers": body.fingers}),
    }


def _hands_tree(hands: Hands) -> dict[str, Any]:
    return {"joints": list(HAND21.joints), **HANDS, "xy": hands.xy, "points": hands.points, "score": hands.score}


def _actions_tree(actions: Actions) -> dict[str, Any]:
    return {
        "labels": list(actions.labels),
        **SECONDS,
        "centers": actions.times,
        "probabilities": actions.probabilities,
        "segments": [asdict(segment) for segment in actions.segments],
    }


def _contacts_tree(contacts: Contacts) -> dict[str, Any]:
    return {"parts": list(CONTACT_PARTS), "touching": contacts.touching}


def _person(tree: Any, at: str) -> Person:
    keypoints = _get(tree, "keypoints", dict, at)
    motion = _get(tree, "motion", (dict, type(None)), at)
    body = _get(tree, "body", (dict, type(None)), at)
    actions = _get(tree, "actions", (dict, type(None)), at)
    # Files that were written before contacts were told have none.
    contacts = _get({"contacts": None, **tree}, "contacts", (dict, type(None)), at)
    # The value types raise ValueError when shapes do not fit each other.
    try:
        track = Track(
            id=_whole(tree, "id", at),
            frames=_numbers(tree, "frames", at, kinds="iu"),
            times=_numbers(tree, "times", at),
            boxes=_numbers(tree, "boxes", at),
            keypoints=_keypoints(keypoints, f"{at}keypoints."),
            observed=_numbers(tree, "observed", at, kinds="b"),
        )
        if not len(track):
            raise InputError(f"{at}frames: wanted one frame or more")
        return Person(
            track,
            None if motion is None else _motion(motion, f"{at}motion."),
            None if body is None else _body(body, f"{at}body."),
            None if actions is None else _actions(actions, f"{at}actions."),
            # Files that were written before hands were read have neither.
            _hands(tree["hands"], f"{at}hands.") if "hands" in tree else None,
            _head(tree["head"], f"{at}head.") if "head" in tree else None,
            contacts=None if contacts is None else _contacts(contacts, f"{at}contacts."),
        )
    except ValueError as error:
        raise InputError(f"{at.removesuffix('.')}: {error}") from None


def _keypoints(tree: Any, at: str) -> Keypoints2D:
    skeleton = _skeleton(tree, "joints", at)
    _expect(tree, PIXELS, at)
    xy = _numbers(tree, "xy", at)
    _check_joints(xy, skeleton, f"{at}xy")
    return Keypoints2D(xy, _numbers(tree, "score", at), skeleton.name)


def _motion(tree: Any, at: str) -> Motion:
    skeleton = _skeleton(tree, "joint_names", at)
    _expect(tree, WORLD, at)
    joints = _numbers(tree, "joints", at)
    _check_joints(joints, skeleton, f"{at}joints")
    camera, within = _get(tree, "camera", dict, at), f"{at}camera."
    center = _numbers(camera, "center", within, shape=(2,))
    return Motion(
        joints=joints,
        confidence=_numbers(tree, "confidence", at),
        skeleton=skeleton.name,
        camera=Camera(
            focal=_focal(camera, within),
            center=(float(center[0]), float(center[1])),
            rotation=_numbers(camera, "rotation", within),
            translation=_numbers(camera, "translation", within),
        ),
        height=_real(tree, "height", at),
        height_source=_height_source(tree, at),
        expected_error=_numbers(tree, "expected_error", at) if "expected_error" in tree else None,
    )


def _height_source(tree: Any, at: str) -> str:
    """Where the height comes from; it was assumed in files that were written before it was recorded."""
    source = _get({"height_source": ASSUMED, **tree}, "height_source", str, at)
    if source not in HEIGHT_SOURCES:
        raise InputError(f"field {at}height_source: wanted {', '.join(HEIGHT_SOURCES)}")
    return source


def _focal(tree: Any, at: str) -> float | np.ndarray:
    """One number, or one for each frame of a camera that moves."""
    moves = isinstance(_get(tree, "focal", (int, float, list, np.ndarray), at), list | np.ndarray)
    focal = _numbers(tree, "focal", at) if moves else np.float64(_real(tree, "focal", at))
    if not (focal > 0).all():
        raise InputError(f"field {at}focal: wanted numbers above 0")
    return focal if moves else float(focal)


def _camera_motion(tree: dict[str, Any]) -> CameraMotion | None:
    """The camera's motion; None in files that were written before it was recorded."""
    motion = _get({"camera_motion": None, **tree}, "camera_motion", (dict, type(None)), "")
    if motion is None:
        return None
    at = "camera_motion."
    kinds = _get(motion, "kinds", list, at)
    if not all(kind in CAMERA_KINDS for kind in kinds):
        raise InputError(f"field {at}kinds: wanted {', '.join(CAMERA_KINDS)}")
    count = len(_numbers(motion, "zoom", at))
    try:
        return CameraMotion(
            tuple(kinds),
            rotation=_numbers(motion, "rotation", at).reshape(count, 3, 3),
            zoom=_numbers(motion, "zoom", at),
            certain=_numbers(motion, "certain", at, kinds="bf").astype(bool),
            focal=_real(motion, "focal", at),
        )
    except ValueError as error:
        raise InputError(f"{at.removesuffix('.')}: {error}") from None


def _camera_motion_tree(motion: CameraMotion) -> dict[str, Any]:
    return {
        "axes": CAMERA_MOTION_AXES,
        "kinds": list(motion.kinds),
        "focal": float(motion.focal),
        "rotation": motion.rotation,
        "zoom": motion.zoom,
        "certain": motion.certain,
    }


def _body(tree: Any, at: str) -> BodyMotion:
    _check_names(tree, "joint_names", SMPL_JOINTS, "SMPL's 24", at)
    _expect(tree, BODY, at)
    return BodyMotion(
        model=_get(tree, "model", str, at),
        pose=_numbers(tree, "pose", at),
        betas=_numbers(tree, "betas", at),
        translation=_numbers(tree, "translation", at),
        error=_numbers(tree, "error", at),
        fingers=_fingers(tree, at) if "fingers" in tree else None,
    )


def _fingers(tree: Any, at: str) -> np.ndarray:
    _check_names(tree, "finger_joints", FINGER_JOINTS, "of a hand's fingers", at)
    return _numbers(tree, "fingers", at)


def _hands(tree: Any, at: str) -> Hands:
    _check_names(tree, "joints", HAND21.joints, f"of skeleton {HAND21.name!r}", at)
    _expect(tree, HANDS, at)
    return Hands(_numbers(tree, "xy", at), _numbers(tree, "points", at), _numbers(tree, "score", at))


def _head(tree: Any, at: str) -> Head:
    _expect(tree, HEAD, at)
    return Head(_numbers(tree, "rotation", at), _numbers(tree, "confidence", at))


def _actions(tree: Any, at: str) -> Actions:
    _expect(tree, SECONDS, at)
    labels = _get(tree, "labels", list, at)
    if not all(isinstance(label, str) for label in labels):
        raise InputError(f"field {at}labels: wanted names")
    trees = _get(tree, "segments", list, at)
    segments = tuple(_segment(item, f"{at}segments[{index}].") for index, item in enumerate(trees))
    for segment in segments:
        if segment.label not in (*labels, UNKNOWN):
            raise InputError(f"{at}segments: {segment.label!r} is not one of the labels")
    return Actions(tuple(labels), _numbers(tree, "centers", at), _numbers(tree, "probabilities", at), segments)


def _contacts(tree: Any, at: str) -> Contacts:
    if _get(tree, "parts", list, at) != list(CONTACT_PARTS):
        raise InputError(f"field {at}parts: wanted {', '.join(CONTACT_PARTS)}")
    return Contacts(_numbers(tree, "touching", at, kinds="b"))


def _segment(tree: Any, at: str) -> Segment:
    label = _get(tree, "label", str, at)
    return Segment(_real(tree, "start", at), _real(tree, "end", at), label, _real(tree, "score", at))


def _skeleton(tree: Any, names: str, at: str) -> Skeleton:
    skeleton = by_name(_get(tree, "skeleton", str, at))
    _check_names(tree, names, skeleton.joints, f"of skeleton {skeleton.name!r}", at)
    return skeleton


def _check_names(tree: Any, names: str, wanted: tuple[str, ...], whose: str, at: str) -> None:
    if tuple(_get(tree, names, list, at)) != wanted:
        raise InputError(f"{at}{names}: not the joints {whose}")


def _check_joints(array: np.ndarray, skeleton: Skeleton, field: str) -> None:
    if array.ndim != 3 or array.shape[1] != len(skeleton):
        raise InputError(f"{field}: wanted {len(skeleton)} joints a frame, received shape {array.shape}")


def _expect(tree: Any, wanted: Mapping[str, str], at: str) -> None:
    for name, value in wanted.items():
        if _get(tree, name, str, at) != value:
            raise InputError(f"{at}{name}: wanted {value!r}, received {tree[name]!r}")


def _get(tree: Any, name: str, kind: type[T] | tuple[type[T], ...], at: str) -> T:
    if not isinstance(tree, dict):
        raise InputError(f"{at.removesuffix('.') or 'the file'}: wanted an object with fields")
    if name not in tree:
        raise InputError(f"field {at}{name} is missing")
    value = tree[name]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise InputError(f"field {at}{name}: has a value of the wrong type, {type(value).__name__}")
    return value


def _numbers(tree: Any, name: str, at: str, kinds: str = "fiu", shape: tuple[int, ...] | None = None) -> np.ndarray:
    """A field as an array of int64, bool, or floats in the precision of the file."""
    value = _get(tree, name, (list, np.ndarray), at)
    try:
        array = np.asarray(value)
    except ValueError:
        raise InputError(f"field {at}{name}: rows of different lengths") from None
    if array.dtype.kind not in kinds:
        raise InputError(f"field {at}{name}: holds values that are not numbers, or not numbers of the right type")
    if shape is not None and array.shape != shape:
        raise InputError(f"field {at}{name}: wanted shape {shape}, received {array.shape}")
    if kinds == "iu":
        return array.astype(np.int64)
    if array.dtype.kind in "iu":
        array = array.astype(np.float64)
    if not np.isfinite(array).all():
        raise InputError(f"field {at}{name}: holds a number that is not finite")
    return array


def _real(tree: Any, name: str, at: str) -> float:
    value = _get(tree, name, (int, float), at)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise InputError(f"field {at}{name}: not a finite number")
    return number


def _whole(tree: Any, name: str, at: str) -> int:
    """A field as a whole number that an array can hold."""
    value = _get(tree, name, int, at)
    if abs(value) > LARGEST_NUMBER:
        raise InputError(f"field {at}{name}: wanted a number of at most 9 digits")
    return value


def _rate(text: str) -> Fraction:
    match = re.fullmatch(r"([1-9][0-9]{0,17})/([1-9][0-9]{0,17})", text)
    if match is None:
        raise InputError(f"field fps_exact: wanted a fraction such as 30000/1001, received {text!r}")
    return Fraction(int(match[1]), int(match[2]))


def _check_ids(ids: Sequence[int]) -> None:
    if len(set(ids)) != len(ids):
        raise InputError(f"two people have the same id: {', '.join(str(one) for one in ids)}")


def _check_finite(tree: Mapping[str, Any], at: str) -> None:
    for name, value in tree.items():
        if isinstance(value, dict):
            _check_finite(value, f"{at}{name}.")
        elif isinstance(value, np.ndarray | float) and not np.isfinite(value).all():
            raise InputError(f"{at}{name} holds a number that is not finite")
