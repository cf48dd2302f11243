"""GLB: the bodies of all people as skinned meshes with one animation; metres, Y up, one world, the video's seconds.

For each person a root node ("Person0") with the joints below it, and a mesh ("Body0") in the person's shape. At
rest they stand in a T-pose at the origin and face +Z. The keys have the exact times of the frames. A person who is
not there at some time (comes late, leaves, is lost for long) has a root of scale 0 then, which is glTF's way to
hide a skinned mesh. glTF knows no pose-dependent shape as SMPL's licensed models have: the mesh is that of linear
blend skinning with the four strongest joints of each vertex.

Source: Khronos, "glTF 2.0 Specification", sections 3.7 (meshes and skins) and 3.11 (animations). Knows nothing
about paths.
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
from vidmotion.io.scene.armature import fitted, joint_names, posed_joints
from vidmotion.io.scene.gltf_container import INDICES, VERTICES, Animation, Gltf
from vidmotion.types import BodyMotion, Floats, Ints, Scene, Track

TINTS = ((224, 186, 162), (146, 174, 200), (202, 182, 128), (160, 194, 156), (206, 154, 166), (176, 166, 206))
"""Of people's skins, by their ids; sRGB."""
STILL = 1e-7
"""A joint whose quaternion changes by less has a single key."""


@dataclass(frozen=True)
class _Shared:
    """Numbers of the accessors that all bodies of a model share."""

    faces: int
    joints: int
    weights: int


@dataclass(frozen=True, eq=False)
class _Keys:
    """When a person moves, and when it is there. K keys."""

    times: Floats
    """(K,) seconds, rising, float32."""
    rows: Ints
    """(K,) frame of the body at each key."""
    switches: tuple[tuple[float, bool], ...]
    """Seconds, and whether the person is there from then on; the first at 0."""


@dataclass(frozen=True, eq=False)
class _Figure:
    """A person's body, ready to be written."""

    id: int
    vertices: Floats
    """(V, 3) metres at rest, with the soles on the floor."""
    joints: Floats
    """(J, 3) metres, likewise."""
    turns: Floats
    """(T, 3, 3) of the root in the common world."""
    path: Floats
    """(T, 3) metres, of the root in the common world."""
    body: BodyMotion
    keys: _Keys


def write_glb(scene: Scene, file: BinaryIO, model: BodyModel) -> None:
    """Write the bodies of all people in `scene`.

    Raises:
        InputError: there is nobody, somebody has no motion or body or one of another model, or a number is not
            finite.
    """
    if not scene.people:
        raise InputError(f"there is nobody in {scene.source} to write")
    figures = _figures(scene, model)
    gltf = Gltf({
        "generator": "vidmotion",
        "copyright": f"Body model {model.name}: {model.licence}",
        "extras": {"source": scene.source, "body_model": model.name, "body_licence": model.licence},
    })  # fmt: skip
    shared = _add_shared(gltf, model)
    animation = Animation(gltf, "motion")
    for figure in figures:
        root = gltf.node({"name": f"Person{figure.id}"})
        joints = _add_joints(gltf, model, figure, root)
        _add_mesh(gltf, model, figure, shared, joints)
        _add_motion(gltf, animation, figure, joints)
        _add_presence(gltf, animation, figure.keys, root)
    animation.finish()
    gltf.write(file)


def _figures(scene: Scene, model: BodyModel) -> list[_Figure]:
    bodies = [fitted(person, model) for person in scene.people]
    placements = align_worlds([person.motion for person in scene.people])
    end = max(float(person.track.times[-1]) for person in scene.people)
    figures = []
    for person, body, placement in zip(scene.people, bodies, placements, strict=True):
        assert placement is not None  # `fitted` saw to it that there is a motion
        rest = model.shape(body.betas)
        to_floor = np.array([0.0, -rest.vertices[:, 1].min(), 0.0])
        figures.append(_Figure(
            id=person.id,
            vertices=rest.vertices + to_floor,
            joints=rest.joints + to_floor,
            turns=placement.rotation @ axis_angle_to_matrix(body.pose[:, 0]),
            path=placement.apply(rest.joints[0] + body.translation),
            body=body,
            keys=_keys(person.track, float(scene.fps), end),
        ))  # fmt: skip
    return figures


def _add_shared(gltf: Gltf, model: BodyModel) -> _Shared:
    strongest = np.argsort(-model.weights, axis=1, kind="stable")[:, :4]
    weights = np.take_along_axis(model.weights, strongest, axis=1).clip(0).astype(np.float32)
    weights /= weights.sum(1, keepdims=True)
    # The format wants joints without weight to be number 0.
    joints = np.where(weights > 0, strongest, 0).astype(np.uint8 if len(model.parents) <= 256 else np.uint16)
    faces = model.faces.ravel().astype(np.uint16 if len(model.template) < 65535 else np.uint32)
    return _Shared(gltf.array(faces, INDICES), gltf.array(joints, VERTICES), gltf.array(weights, VERTICES))


def _add_joints(gltf: Gltf, model: BodyModel, figure: _Figure, root: int) -> list[int]:
    """The nodes of the joints."""
    nodes: list[int] = []
    for joint, (name, parent) in enumerate(zip(joint_names(len(model.parents)), model.parents, strict=True)):
        offset = figure.joints[joint] - (figure.joints[parent] if joint else 0)
        node = {"name": name, "translation": np.round(offset, 7).tolist()}
        nodes.append(gltf.node(node, nodes[parent] if joint else root))
    return nodes


def _add_mesh(gltf: Gltf, model: BodyModel, figure: _Figure, shared: _Shared, joints: list[int]) -> None:
    inverse = np.tile(np.eye(4), (len(joints), 1, 1))
    inverse[:, :3, 3] = -figure.joints
    primitive = {
        "attributes": {
            "POSITION": gltf.array(figure.vertices, VERTICES, bounds=True),
            "NORMAL": gltf.array(_normals(figure.vertices, model.faces), VERTICES),
            "JOINTS_0": shared.joints,
            "WEIGHTS_0": shared.weights,
        },
        "indices": shared.faces,
        "material": gltf.add("materials", _material(figure.id)),
    }
    mesh = gltf.add("meshes", {"name": f"Body{figure.id}", "primitives": [primitive]})
    skin = gltf.add("skins", {"inverseBindMatrices": gltf.array(inverse), "joints": joints})
    gltf.node({"name": f"Body{figure.id}", "mesh": mesh, "skin": skin})


def _add_motion(gltf: Gltf, animation: Animation, figure: _Figure, joints: list[int]) -> None:
    keys = figure.keys
    every = gltf.array(keys.times, bounds=True)
    animation.drive(joints[0], "translation", every, figure.path[keys.rows])
    turned = [_quaternions(figure, joint) for joint in range(posed_joints(len(joints)))]
    still = [float(np.ptp(values, axis=0).max()) < STILL for values in turned]
    once = gltf.array(keys.times[:1], bounds=True) if any(still) else every
    for node, values, rests in zip(joints, turned, still, strict=False):
        if rests:
            animation.drive(node, "rotation", once, values[:1])
        else:
            animation.drive(node, "rotation", every, values[keys.rows])


def _quaternions(figure: _Figure, joint: int) -> Floats:
    """(T, 4) rotation of a joint in its parent's frame, each with the sign that is nearer to the one before."""
    values = matrix_to_quaternion(axis_angle_to_matrix(figure.body.pose[:, joint]) if joint else figure.turns)
    flips = np.where((values[1:] * values[:-1]).sum(1) < 0, -1.0, 1.0)
    return values * np.cumprod(np.append(1.0, flips))[:, None]


def _add_presence(gltf: Gltf, animation: Animation, keys: _Keys, root: int) -> None:
    if len(keys.switches) < 2:
        return
    times = gltf.array(np.array([time for time, _ in keys.switches]), bounds=True)
    scales = np.array([[float(there)] * 3 for _, there in keys.switches])
    animation.drive(root, "scale", times, scales, "STEP")


def _normals(vertices: Floats, faces: Ints) -> Floats:
    """(V, 3) unit normals; a vertex of no face has some direction too, as the format requires."""
    normals = vertex_normals(vertices, faces)
    return np.where(normals.any(1, keepdims=True), normals, [0.0, 1.0, 0.0])


def _material(number: int) -> dict[str, Any]:
    linear = [round((part / 255) ** 2.2, 4) for part in TINTS[number % len(TINTS)]]
    matte = {"baseColorFactor": [*linear, 1.0], "metallicFactor": 0.0, "roughnessFactor": 0.85}
    return {"name": f"Skin{number}", "pbrMetallicRoughness": matte}


def _keys(track: Track, fps: float, end: float) -> _Keys:
    """The keys of a person in an animation that ends at `end` seconds.

    A frame lasts from half a frame before its time to half a frame after it: so readers that round times find
    nobody missing. While a person comes and goes it keeps the pose of its last or first frame.
    """
    times = track.times.astype(np.float64)
    gaps = np.flatnonzero(np.diff(track.frames) > 1)
    half = (times[gaps + 1] - times[gaps]) / (track.frames[gaps + 1] - track.frames[gaps]) / 2
    edges = np.stack([times[gaps] + half, times[gaps + 1] - half], 1)  # (gaps, 2)
    places = np.repeat(gaps + 1, 2)
    rows = np.insert(np.arange(len(times)), places, np.stack([gaps, gaps + 1], 1).ravel())
    times32 = np.insert(times, places, edges.ravel()).astype(np.float32)
    if times32[0] < 0 or not (np.diff(times32) > 0).all():
        raise InputError(f"the times of person {track.id} are below 0 or too near to each other for a GLB file")
    begin, stop = times[0] - 0.5 / fps, times[-1] + 0.5 / fps
    switches = [(0.0, True)] if begin <= 0 else [(0.0, False), (begin, True)]
    for leave, back in edges.tolist():
        switches += [(leave, False), (back, True)]
    if stop < end:
        switches.append((stop, False))
    return _Keys(times32, rows, tuple(switches))
