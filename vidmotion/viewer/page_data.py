"""What the page shows of a scene: a header for JSON and a block of arrays. Reads values; does not depend on torch.

The header holds names, numbers and descriptions of arrays (`block.py`); the page shows its texts as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from vidmotion.body.finger_pose import FingerPoser, full_pose
from vidmotion.body.joint_angles import ANGLES, joint_angles
from vidmotion.body.load import FREE_BODY, coarse_faces, free_body, with_finger_joints
from vidmotion.body.model import FINGER_COUNT, BodyModel, RestBody
from vidmotion.errors import InputError
from vidmotion.geometry.alignment import RigidTransform, align_worlds
from vidmotion.geometry.rotations import axis_angle_to_matrix
from vidmotion.skeletons import H36M17, Skeleton, by_name, convert
from vidmotion.types import CONTACT_PARTS, BodyMotion, Floats, Motion, Person, Scene
from vidmotion.viewer.block import LARGEST, Block
from vidmotion.viewer.comparison import find_differences

MOST_FRAMES = 2_000_000
"""18 hours at 30 frames a second. The page keeps the time of every frame."""
LEAST_METERS, LEAST_PIXELS, LEAST_RADIANS, LEAST_DEGREES = 0.0002, 0.05, 0.0005, 0.02
"""Sizes of the steps in which values are stored."""
FINGER_STEP = 0.01
"""Radians, likewise of fingers: half a step moves a fingertip by less than half a millimetre."""
INFLUENCES = 4
"""Joints that may move a vertex; the free body needs no more."""


def page_data(scene: Scene, compared: Sequence[Scene] = ()) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The header of a scene, and its compressed blocks.

    "block" is read at once, "bodies" when a mesh is wanted, "angles" when the curve of one is.

    Args:
        compared: other scenes of the same video, whose people are shown with those of the first one.

    Raises:
        InputError: it has more frames than the page can show.
    """
    takes = [number for number, one in enumerate((scene, *compared)) for _ in one.people]
    differences = [
        *(None for _ in scene.people),
        *(one for other in compared for one in find_differences(scene.people, other.people)),
    ]
    scene = _joined(scene, compared)
    count = max([scene.frame_count, *(int(person.track.frames[-1]) + 1 for person in scene.people)])
    if not 0 < count <= MOST_FRAMES:
        raise InputError(f"{scene.source}: a page shows 1 to {MOST_FRAMES:,} frames, and this motion has {count:,}")
    block, bodies, angles = Block(), Block(), Block()
    worlds = align_worlds(scene.people, scene.camera_motion)
    model = _model(scene)
    header = {
        "source": scene.source,
        "fps": float(scene.fps),
        "size": list(scene.size),
        "cuts": list(scene.cuts),
        "times": block.add(_times(scene, count), "f8"),
        "points": _skeleton(H36M17),
        "people": [
            {
                **_person(person, world, block),
                "body": _body(model, person.body, bodies)
                if person.body is not None and _has_free_body(person)
                else None,
                "angles": _angles(person, world, angles),
                "take": take,
                "difference": None if difference is None else asdict(difference),
            }
            for person, world, take, difference in zip(scene.people, worlds, takes, differences, strict=True)
        ],
        "angles": list(ANGLES),
        "contacts": list(CONTACT_PARTS),
        "body": _body_model(model, bodies) if any(map(_has_free_body, scene.people)) else None,
        "notes": _notes(scene),
    }
    return header, {"block": block.compressed(), "bodies": bodies.compressed(), "angles": angles.compressed()}


def _joined(scene: Scene, compared: Sequence[Scene]) -> Scene:
    """One scene with the people of all."""
    scenes = (scene, *compared)
    return replace(
        scene,
        people=tuple(person for one in scenes for person in one.people),
        frame_count=max(one.frame_count for one in scenes),
    )


def _times(scene: Scene, count: int) -> Floats:
    """(N,) seconds of all frames. Frames without people are interpolated, or continue at the usual rate."""
    known = {
        int(frame): float(time)
        for person in scene.people
        for frame, time in zip(person.track.frames, person.track.times, strict=True)
    }
    every, step = np.arange(count), 1 / float(scene.fps)
    if not known:
        return every * step
    frames = np.array(sorted(known))
    times = np.array([known[frame] for frame in frames.tolist()])
    between = np.interp(every, frames, times)
    before, after = np.minimum(every - frames[0], 0), np.maximum(every - frames[-1], 0)
    return between + (before + after) * step


def _skeleton(skeleton: Skeleton) -> dict[str, Any]:
    sides = ["left" if joint in skeleton.left else "right" if joint in skeleton.right else "trunk"
             for joint in range(len(skeleton))]  # fmt: skip
    return {"joints": list(skeleton.joints), "bones": [list(bone) for bone in skeleton.bones], "sides": sides}


def _person(person: Person, world: RigidTransform | None, block: Block) -> dict[str, Any]:
    track, points = person.track, convert(person.track.keypoints, "h36m17")
    return {
        "id": person.id,
        "frames": block.add(track.frames, "u4"),
        "observed": block.add(track.observed, "u1"),
        "xy": block.add_steps(points.xy, LEAST_PIXELS),
        "score": block.add_share(points.score),
        "motion": None if person.motion is None or world is None else _motion(person.motion, world, block),
        "contacts": None if person.contacts is None else block.add(person.contacts.touching, "u1"),
        "actions": [
            {"start": one.start, "end": one.end, "label": one.label, "score": one.score}
            for one in (person.actions.segments if person.actions else ())
        ],
    }


def _motion(motion: Motion, world: RigidTransform, block: Block) -> dict[str, Any]:
    camera = motion.camera
    return {
        "skeleton": _skeleton(by_name(motion.skeleton)),
        "joints": block.add_steps(motion.joints, LEAST_METERS),
        "confidence": block.add_share(motion.confidence),
        "error": None if motion.expected_error is None else block.add_millimeters(motion.expected_error),
        "height": motion.height,
        "world": [*world.rotation.ravel().tolist(), *world.translation.tolist()],
        "camera": {
            "focal": block.add(np.atleast_1d(camera.focal), "f4"),
            "center": list(camera.center),
            "rotation": block.add(camera.rotation.reshape(-1, 9), "f4"),
            "translation": block.add(camera.translation.reshape(-1, 3), "f4"),
        },
    }


def _angles(person: Person, world: RigidTransform | None, block: Block) -> dict[str, Any] | None:
    """Degrees of the joint angles, if the person has the free body: headings are those of the common world."""
    if person.body is None or world is None or not _has_free_body(person):
        return None
    rotations = axis_angle_to_matrix(np.clip(person.body.pose, -LARGEST, LARGEST))
    rotations[:, 0] = world.rotation @ rotations[:, 0]
    angles = joint_angles(rotations, free_body().shape(person.body.betas).joints)
    return block.add_steps(np.stack([angles[name] for name in ANGLES], axis=1), LEAST_DEGREES)


def _has_free_body(person: Person) -> bool:
    return person.motion is not None and person.body is not None and person.body.model == FREE_BODY


def _model(scene: Scene) -> BodyModel:
    """The free body, with finger joints if somebody's hands were looked for."""
    fingers = any(person.body is not None and person.body.fingers is not None for person in scene.people)
    return with_finger_joints(free_body()) if fingers else free_body()


def _body_model(model: BodyModel, block: Block) -> dict[str, Any]:
    """What all bodies share: fine and coarse faces, skinning weights and the tree of joints."""
    strongest = np.argsort(-model.weights, axis=1)[:, :INFLUENCES]
    weights = np.take_along_axis(model.weights, strongest, axis=1)
    return {
        "parents": list(model.parents),
        "faces": block.add(model.faces, "u4"),
        "coarse_faces": block.add(coarse_faces(), "u2"),
        "joints": block.add(strongest, "u2"),
        "weights": block.add(weights / weights.sum(1, keepdims=True), "f4"),
    }


def _body(model: BodyModel, body: BodyMotion, block: Block) -> dict[str, Any]:
    rest = model.shape(body.betas)
    return {
        "vertices": block.add_steps(rest.vertices, LEAST_METERS),
        "joints": rest.joints.tolist(),
        "pose": block.add_steps(_pose(model, rest, body), LEAST_RADIANS),
        "translation": block.add_steps(body.translation, LEAST_METERS),
    }


def _pose(model: BodyModel, rest: RestBody, body: BodyMotion) -> Floats:
    """(T, J, 3) radians, axis times angle; fingers stay at rest if this person's hands were not looked for."""
    if model.first_finger is None:
        return body.pose
    if body.fingers is None:
        return full_pose(model, body.pose, np.zeros((len(body), 2 * FINGER_COUNT, 3)))
    fingers = FingerPoser(model, rest).pose(np.clip(body.fingers, -LARGEST, LARGEST))
    return full_pose(model, body.pose, np.round(fingers / FINGER_STEP) * FINGER_STEP)


def _notes(scene: Scene) -> list[str]:
    """What the page cannot show, and why."""
    notes = []
    if all(person.motion is None for person in scene.people):
        notes.append("This file has 2D points only; `vidmotion lift` adds the 3D motion.")
    others = sorted({person.body.model for person in scene.people if person.body and person.body.model != FREE_BODY})
    if others:
        notes.append(f"No mesh: the licence of {', '.join(others)} does not allow a page to contain the body.")
    return notes
