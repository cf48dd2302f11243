"""GLB: the bodies of all people as skinned meshes with one animation; metres, Y up, one world, the video's seconds.

Each person is a root node ("Person0") with the joints below it, and a mesh ("Body0") in the person's shape. At rest
they stand in a T-pose at the origin and face +Z. Keyframes have the exact times of the frames. While a person is not
visible (before it appears, after it leaves, in long gaps) its root has scale 0, which is how glTF hides a skinned mesh.
glTF has no pose-dependent shapes, which SMPL's licensed models have: the mesh is that of linear blend skinning with the
four strongest joints of each vertex.

Source: Khronos, "glTF 2.0 Specification", sections 3.7 (meshes and skins) and 3.11 (animations). Does not depend on
paths.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from vidmotion.body.model import BodyModel
from vidmotion.errors import InputError
from vidmotion.geometry.alignment import align_worlds
from vidmotion.geometry.mesh import vertex_normals
from vidmotion.geometry.rotations import axis_angle_to_matrix, matrix_to_quaternion
from vidmotion.io.scene.armature import joint_names, posed_joints, require_body
from vidmotion.io.scene.gltf_container import INDICES, VERTICES, Animation, Gltf
from vidmotion.types import BodyMotion, Floats, Ints, Scene, Track

SKIN_COLORS = ((224, 186, 162), (146, 174, 200), (202, 182, 128), (160, 194, 156), (206, 154, 166), (176, 166, 206))
"""sRGB colors of the meshes, in the order of people's ids; they repeat after the last."""
STILL = 1e-7
"""A joint whose quaternion components change by less has a single keyframe."""


@dataclass(frozen=True)
class _Shared:
    """Indices of the accessors that all bodies of a model share."""

    faces: int
    joints: int
    weights: int


@dataclass(frozen=True, eq=False)
class _Keyframes:
    """The K keyframes of a person, and when the person is visible."""

    times: Floats
    """(K,) seconds, rising, float32."""
    rows: Ints
    """(K,) row of the body motion at each keyframe."""
    visibility: tuple[tuple[float, bool], ...]
    """Seconds, and whether the person is visible from then on; the first at 0."""


@dataclass(frozen=True, eq=False)
class _PersonMesh:
    """A person's body in the common world."""

    id: int
    vertices: Floats
    """(V, 3) metres at rest, with the soles on the floor."""
    joints: Floats
    """(J, 3) metres at rest, likewise."""
    root_rotation: Floats
    """(T, 3, 3) of the root in the common world."""
    root_position: Floats
    """(T, 3) metres, of the root in the common world."""
    body: BodyMotion
    keyframes: _Keyframes


def write_glb(scene: Scene, file: BinaryIO, model: BodyModel) -> None:
    """Write the bodies of all people in `scene`.

    Raises:
        InputError: there is nobody, somebody has no motion or body or one of another model, or a number is not
            finite.
    """
    if not scene.people:
        raise InputError(f"nobody is in {scene.source}, so there is nothing to write")
    meshes = _person_meshes(scene, model)
    gltf = Gltf({
        "generator": "vidmotion",
        "copyright": f"Body model {model.name}: {model.licence}",
        "extras": {"source": scene.source, "body_model": model.name, "body_licence": model.licence},
    })  # fmt: skip
    shared = _add_shared(gltf, model)
    animation = Animation(gltf, "motion")
    for person in meshes:
        root = gltf.node({"name": f"Person{person.id}"})
        joints = _add_joints(gltf, model, person, root)
        _add_mesh(gltf, model, person, shared, joints)
        _add_motion(gltf, animation, person, joints)
        _add_visibility(gltf, animation, person.keyframes, root)
    animation.finish()
    gltf.write(file)


def _person_meshes(scene: Scene, model: BodyModel) -> list[_PersonMesh]:
    bodies = [require_body(person, model) for person in scene.people]
    placements = align_worlds([person.motion for person in scene.people])
    end = max(float(person.track.times[-1]) for person in scene.people)
    meshes = []
    for person, body, placement in zip(scene.people, bodies, placements, strict=True):
        assert placement is not None  # `require_body` has checked that there is a motion
        rest = model.shape(body.betas)
        to_floor = np.array([0.0, -rest.vertices[:, 1].min(), 0.0])
        meshes.append(_PersonMesh(
            id=person.id,
            vertices=rest.vertices + to_floor,
            joints=rest.joints + to_floor,
            root_rotation=placement.rotation @ axis_angle_to_matrix(body.pose[:, 0]),
            root_position=placement.apply(rest.joints[0] + body.translation),
            body=body,
            keyframes=_keyframes(person.track, float(scene.fps), end),
        ))  # fmt: skip
    return meshes


def _add_shared(gltf: Gltf, model: BodyModel) -> _Shared:
    strongest = np.argsort(-model.weights, axis=1, kind="stable")[:, :4]
    weights = np.take_along_axis(model.weights, strongest, axis=1).clip(0).astype(np.float32)
    weights /= weights.sum(1, keepdims=True)
    # The format requires number 0 for joints without weight.
    joints = np.where(weights > 0, strongest, 0).astype(np.uint8 if len(model.parents) <= 256 else np.uint16)
    faces = model.faces.ravel().astype(np.uint16 if len(model.template) < 65535 else np.uint32)
    return _Shared(gltf.array(faces, INDICES), gltf.array(joints, VERTICES), gltf.array(weights, VERTICES))


def _add_joints(gltf: Gltf, model: BodyModel, person: _PersonMesh, root: int) -> list[int]:
    """The nodes of the joints."""
    nodes: list[int] = []
    for joint, (name, parent) in enumerate(zip(joint_names(len(model.parents)), model.parents, strict=True)):
        offset = person.joints[joint] - (person.joints[parent] if joint else 0)
        node = {"name": name, "translation": np.round(offset, 7).tolist()}
        nodes.append(gltf.node(node, nodes[parent] if joint else root))
    return nodes


def _add_mesh(gltf: Gltf, model: BodyModel, person: _PersonMesh, shared: _Shared, joints: list[int]) -> None:
    inverse = np.tile(np.eye(4), (len(joints), 1, 1))
    inverse[:, :3, 3] = -person.joints
    primitive = {
        "attributes": {
            "POSITION": gltf.array(person.vertices, VERTICES, bounds=True),
            "NORMAL": gltf.array(_normals(person.vertices, model.faces), VERTICES),
            "JOINTS_0": shared.joints,
            "WEIGHTS_0": shared.weights,
        },
        "indices": shared.faces,
        "material": gltf.add("materials", _material(person.id)),
    }
    mesh = gltf.add("meshes", {"name": f"Body{person.id}", "primitives": [primitive]})
    skin = gltf.add("skins", {"inverseBindMatrices": gltf.array(inverse), "joints": joints})
    gltf.node({"name": f"Body{person.id}", "mesh": mesh, "skin": skin})


def _add_motion(gltf: Gltf, animation: Animation, person: _PersonMesh, joints: list[int]) -> None:
    keyframes = person.keyframes
    times = gltf.array(keyframes.times, bounds=True)
    animation.drive(joints[0], "translation", times, person.root_position[keyframes.rows])
    quaternions = [_quaternions(person, joint) for joint in range(posed_joints(len(joints)))]
    still = [float(np.ptp(values, axis=0).max()) < STILL for values in quaternions]
    once = gltf.array(keyframes.times[:1], bounds=True) if any(still) else times
    for node, values, is_still in zip(joints, quaternions, still, strict=False):
        if is_still:
            animation.drive(node, "rotation", once, values[:1])
        else:
            animation.drive(node, "rotation", times, values[keyframes.rows])


def _quaternions(person: _PersonMesh, joint: int) -> Floats:
    """(T, 4) rotation of a joint in its parent's frame, each with the sign that is nearer to the one before."""
    values = matrix_to_quaternion(axis_angle_to_matrix(person.body.pose[:, joint]) if joint else person.root_rotation)
    flips = np.where((values[1:] * values[:-1]).sum(1) < 0, -1.0, 1.0)
    return values * np.cumprod(np.append(1.0, flips))[:, None]


def _add_visibility(gltf: Gltf, animation: Animation, keyframes: _Keyframes, root: int) -> None:
    if len(keyframes.visibility) < 2:
        return
    times = gltf.array(np.array([time for time, _ in keyframes.visibility]), bounds=True)
    scales = np.array([[float(visible)] * 3 for _, visible in keyframes.visibility])
    animation.drive(root, "scale", times, scales, "STEP")


def _normals(vertices: Floats, faces: Ints) -> Floats:
    """(V, 3) unit normals; vertices without a face point up, because the format requires a direction."""
    normals = vertex_normals(vertices, faces)
    return np.where(normals.any(1, keepdims=True), normals, [0.0, 1.0, 0.0])


def _material(number: int) -> dict[str, Any]:
    linear = [round((part / 255) ** 2.2, 4) for part in SKIN_COLORS[number % len(SKIN_COLORS)]]
    matte = {"baseColorFactor": [*linear, 1.0], "metallicFactor": 0.0, "roughnessFactor": 0.85}
    return {"name": f"Skin{number}", "pbrMetallicRoughness": matte}


def _keyframes(track: Track, fps: float, end: float) -> _Keyframes:
    """The keyframes of a person in an animation that ends at `end` seconds.

    A person is visible from half a frame before its first time to half a frame after its last one, so that readers that
    round times still show it. During these half frames it keeps the pose of the nearest frame.
    """
    times = track.times.astype(np.float64)
    gaps = np.flatnonzero(np.diff(track.frames) > 1)
    half = (times[gaps + 1] - times[gaps]) / (track.frames[gaps + 1] - track.frames[gaps]) / 2
    edges = np.stack([times[gaps] + half, times[gaps + 1] - half], 1)  # (gaps, 2)
    positions = np.repeat(gaps + 1, 2)
    rows = np.insert(np.arange(len(times)), positions, np.stack([gaps, gaps + 1], 1).ravel())
    times32 = np.insert(times, positions, edges.ravel()).astype(np.float32)
    if times32[0] < 0 or not (np.diff(times32) > 0).all():
        raise InputError(f"the times of person {track.id} are below 0 or too close together for a GLB file")
    begin, stop = times[0] - 0.5 / fps, times[-1] + 0.5 / fps
    visibility = [(0.0, True)] if begin <= 0 else [(0.0, False), (begin, True)]
    for leave, back in edges.tolist():
        visibility += [(leave, False), (back, True)]
    if stop < end:
        visibility.append((stop, False))
    return _Keyframes(times32, rows, tuple(visibility))
