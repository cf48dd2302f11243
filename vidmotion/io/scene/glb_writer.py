"""GLB: the bodies of all people as skinned meshes with one animation; metres, Y up, one world, the video's seconds.

Each person is a node ("Person0") with the bones below it, and a mesh ("Body0") in the person's shape. The first bone,
"Root", stays at the origin, and the hips below it move. The +Y axis of each bone points to the next joint or, from a
last joint, to the end of the skin, which an end bone marks. At rest people stand in a T-pose at the origin and face +Z.
Keyframes have the exact times of the frames. While a person is not visible (before it appears, after it leaves, in long
gaps, while the video pauses) its node has scale 0, which is how glTF hides a skinned mesh.
glTF has no pose-dependent shapes, which SMPL's licensed models have: the mesh is that of linear blend skinning with the
four strongest joints of each vertex. There are finger bones if hands were looked for, or the model has them. The skin
bends with them, but for SMPL's, whose model has no joints for fingers.

Source: Khronos, "glTF 2.0 Specification", sections 3.7 (meshes and skins) and 3.11 (animations). Does not depend on
paths.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, BinaryIO

import numpy as np

from vidmotion.body.load import with_finger_joints
from vidmotion.body.model import BodyModel, RestBody
from vidmotion.choices import BoneNames
from vidmotion.errors import InputError
from vidmotion.geometry.alignment import align_worlds
from vidmotion.geometry.mesh import vertex_normals
from vidmotion.geometry.rotations import axis_angle_to_matrix, matrix_to_quaternion
from vidmotion.io.scene.armature import bone_axes, bone_ends, end_name, joint_names, posed_joints
from vidmotion.io.scene.even_frames import is_gap, usual_rate
from vidmotion.io.scene.finger_bones import finger_bones
from vidmotion.io.scene.gltf_container import INDICES, VERTICES, Animation, Gltf
from vidmotion.io.scene.requirements import require_body
from vidmotion.types import BodyMotion, Camera, Floats, Ints, Scene, Track

SKIN_COLORS = ((224, 186, 162), (146, 174, 200), (202, 182, 128), (160, 194, 156), (206, 154, 166), (176, 166, 206))
"""sRGB colors of the meshes, in the order of people's ids; they repeat after the last."""
SAME_CAMERA = 1e-4
"""Radians and metres by which cameras that count as one differ at most."""
CLIP = (0.1, 1000.0)
"""Metres from the camera between which it sees."""
STILL = 1e-7
"""A joint whose quaternion components change by less has a single keyframe."""


@dataclass(frozen=True, eq=False)
class _Shared:
    """Indices of the accessors that all bodies of a model share."""

    faces: int
    joints: int
    weights: int
    uv: int | None
    """None for a model without texture coordinates."""
    source: Ints
    """(N,) vertex of the model that each vertex of the file is: first all V, then once more those at seams."""


@dataclass(frozen=True, eq=False)
class _Keyframes:
    """The K keyframes of a person, and when the person is visible."""

    times: Floats
    """(K,) seconds, rising, float32."""
    rows: Ints
    """(K,) row of the body motion at each keyframe."""
    visibility: tuple[tuple[float, bool], ...]
    """Seconds, and whether the person is visible from then on; the first at 0."""


@dataclass(frozen=True)
class _Bones:
    """The nodes of a person's bones."""

    joints: list[int]
    """Of the J joints: those of the model, then those of fingers."""
    root: int
    ends: list[int]

    @property
    def all(self) -> list[int]:
        """First the joints, whose numbers the skin's weights have."""
        return [*self.joints, self.root, *self.ends]


@dataclass(frozen=True, eq=False)
class _PersonMesh:
    """A person's body in the common world."""

    id: int
    vertices: Floats
    """(V, 3) metres at rest, with the soles on the floor."""
    names: tuple[str, ...]
    """Of the J joints: those of the model, then those of fingers; likewise `parents`."""
    parents: tuple[int, ...]
    joints: Floats
    """(J, 3) metres at rest, with the soles on the floor."""
    axes: Floats
    """(J, 3, 3) of the bones at rest: their X, Y and Z axes as columns."""
    ends: dict[int, Floats]
    """(3,) metres from each last joint to the end of its bone at rest."""
    root_rotation: Floats
    """(T, 3, 3) of the root in the common world."""
    root_position: Floats
    """(T, 3) metres, of the root in the common world."""
    pose: Floats
    """(T, P, 3) radians, axis times angle, of the first P joints, each in its parent's frame."""
    camera: Camera
    """The camera that filmed the person, in the common world; if it moves, for each frame of the track."""
    keyframes: _Keyframes


def write_glb(scene: Scene, file: BinaryIO, *, model: BodyModel, bones: BoneNames = BoneNames.humanik) -> None:
    """Write the bodies of all people in `scene`.

    Raises:
        InputError: there is nobody, somebody has no motion or body or one of another model, or a number is not
            finite.
    """
    if not scene.people:
        raise InputError(f"nobody is in {scene.source}, so there is nothing to write")
    if any(person.body is not None and person.body.fingers is not None for person in scene.people):
        model = with_finger_joints(model)
    meshes = _person_meshes(scene, model, bones)
    gltf = Gltf({
        "generator": "vidmotion",
        "copyright": f"Body model {model.name}: {model.licence}",
        "extras": {"source": scene.source, "body_model": model.name, "body_licence": model.licence},
    })  # fmt: skip
    shared = _add_shared(gltf, model)
    animation = Animation(gltf, "motion")
    for person in meshes:
        node = gltf.node({"name": f"Person{person.id}"})
        nodes = _add_bones(gltf, person, node)
        _add_mesh(gltf, model, person, shared, nodes)
        _add_motion(gltf, animation, person, nodes.joints)
        _add_visibility(gltf, animation, person.keyframes, node)
    _add_cameras(gltf, animation, meshes, scene.size)
    animation.finish()
    gltf.write(file)


def _person_meshes(scene: Scene, model: BodyModel, bones: BoneNames) -> list[_PersonMesh]:
    bodies = [require_body(person, model) for person in scene.people]
    placements = align_worlds(scene.people, scene.camera_motion)
    end = max(float(person.track.times[-1]) for person in scene.people)
    meshes = []
    for person, body, placement in zip(scene.people, bodies, placements, strict=True):
        assert placement is not None  # `require_body` has checked that there is a motion
        assert person.motion is not None
        skin = model.shape(body.betas)
        rest = RestBody(*(points - [0.0, skin.vertices[:, 1].min(), 0.0] for points in (skin.vertices, skin.joints)))
        meshes.append(_PersonMesh(
            id=person.id,
            vertices=rest.vertices,
            **_armature(model, rest, body, bones),
            root_rotation=placement.rotation @ axis_angle_to_matrix(body.pose[:, 0]),
            root_position=placement.apply(skin.joints[0] + body.translation),
            camera=placement.apply_to_camera(person.motion.camera),
            keyframes=_keyframes(person.track, usual_rate(scene), end),
        ))  # fmt: skip
    return meshes


def _armature(model: BodyModel, rest: RestBody, body: BodyMotion, bones: BoneNames) -> dict[str, Any]:
    """The joints of a person's mesh, by the names of its fields, with fingers if there are any."""
    count = len(model.parents) if model.first_finger is None else model.first_finger
    pose = body.pose[:, : min(count, posed_joints(len(model.parents)))]
    made: dict[str, Any] = {
        "names": joint_names(len(model.parents), bones)[:count],
        "parents": model.parents[:count],
        "joints": rest.joints[:count],
        "axes": bone_axes(model, rest)[:count],
        "pose": pose,
        "ends": {joint: end for joint, end in bone_ends(model, rest).items() if joint not in model.parents},
    }
    if model.first_finger is None and body.fingers is None:
        return made
    fingers = finger_bones(model, rest, body, bones, count)
    between = np.zeros((len(body), count - pose.shape[1], 3))  # jaw and eyes
    return {
        "names": (*made["names"], *fingers.names),
        "parents": (*made["parents"], *fingers.parents),
        "joints": np.concatenate([made["joints"], fingers.places]),
        "axes": np.concatenate([made["axes"], fingers.axes]),
        "pose": np.concatenate([pose, between, fingers.pose], 1),
        "ends": made["ends"] | fingers.ends,
    }


def _add_shared(gltf: Gltf, model: BodyModel) -> _Shared:
    source, faces, uv = _split_at_seams(model)
    strongest = np.argsort(-model.weights, axis=1, kind="stable")[:, :4]
    weights = np.take_along_axis(model.weights, strongest, axis=1).clip(0).astype(np.float32)
    weights /= weights.sum(1, keepdims=True)
    # The format requires number 0 for joints without weight.
    joints = np.where(weights > 0, strongest, 0).astype(np.uint8 if len(model.parents) <= 256 else np.uint16)
    indices = faces.ravel().astype(np.uint16 if len(source) < 65535 else np.uint32)
    return _Shared(
        gltf.array(indices, INDICES),
        gltf.array(joints[source], VERTICES),
        gltf.array(weights[source], VERTICES),
        None if uv is None else gltf.array(uv, VERTICES),
        source,
    )


def _split_at_seams(model: BodyModel) -> tuple[Ints, Ints, Floats | None]:
    """The vertices (N,) of the model that a file needs, its faces (F, 3), and texture coordinates (N, 2), y down.

    A vertex of a file has one place on the picture, so those on seams are there several times.
    """
    count, texture = len(model.template), model.texture
    if texture is None:
        return np.arange(count), model.faces, None
    points = len(texture.uv)
    codes, corners = np.unique(model.faces * points + texture.faces, return_inverse=True)
    vertices, places = np.divmod(codes, points)
    again = np.append(False, vertices[1:] == vertices[:-1])
    numbers = np.where(again, count - 1 + np.cumsum(again), vertices)
    source = np.append(np.arange(count), vertices[again])
    uv = np.zeros((len(source), 2))
    uv[numbers] = texture.uv[places] * [1, -1] + [0, 1]
    return source, numbers[corners].reshape(model.faces.shape), uv


def _add_bones(gltf: Gltf, person: _PersonMesh, node: int) -> _Bones:
    """The bones below a person's node, at rest."""
    root = gltf.node({"name": "Root"}, node)
    nodes: list[int] = []
    for joint, (name, parent) in enumerate(zip(person.names, person.parents, strict=True)):
        axes, origin = (person.axes[parent], person.joints[parent]) if joint else (np.eye(3), np.zeros(3))
        bone = _bone(name, (person.joints[joint] - origin) @ axes, axes.T @ person.axes[joint])
        nodes.append(gltf.node(bone, nodes[parent] if joint else root))
    ends = [
        gltf.node(_bone(end_name(person.names[joint]), offset @ person.axes[joint], np.eye(3)), nodes[joint])
        for joint, offset in person.ends.items()
    ]
    return _Bones(nodes, root, ends)


def _bone(name: str, offset: Floats, rotation: Floats) -> dict[str, Any]:
    """A node at an offset (3,) from its parent, in the parent's frame."""
    # Adding 0 makes -0.0 a plain 0.0.
    quaternion = np.round(matrix_to_quaternion(rotation), 7) + 0.0
    return {"name": name, "translation": (np.round(offset, 7) + 0.0).tolist(), "rotation": quaternion.tolist()}


def _add_mesh(gltf: Gltf, model: BodyModel, person: _PersonMesh, shared: _Shared, bones: _Bones) -> None:
    last = list(person.ends)
    to_bone = np.concatenate([person.axes, np.eye(3)[None], person.axes[last]]).swapaxes(1, 2)
    ends = person.joints[last] + np.array(list(person.ends.values())).reshape(-1, 3)
    origins = np.concatenate([person.joints, np.zeros((1, 3)), ends])
    inverse = np.tile(np.eye(4), (len(origins), 1, 1))
    inverse[:, :3, :3] = to_bone
    inverse[:, :3, 3] = -(to_bone @ origins[..., None])[..., 0]
    attributes = {
        "POSITION": gltf.array(person.vertices[shared.source], VERTICES, bounds=True),
        "NORMAL": gltf.array(_normals(person.vertices, model.faces)[shared.source], VERTICES),
        "JOINTS_0": shared.joints,
        "WEIGHTS_0": shared.weights,
    }
    if shared.uv is not None:
        attributes["TEXCOORD_0"] = shared.uv
    primitive = {
        "attributes": attributes,
        "indices": shared.faces,
        "material": gltf.add("materials", _material(person.id)),
    }
    mesh = gltf.add("meshes", {"name": f"Body{person.id}", "primitives": [primitive]})
    skin = gltf.add("skins", {
        "inverseBindMatrices": gltf.array(inverse), "joints": bones.all, "skeleton": bones.root
    })  # fmt: skip
    gltf.node({"name": f"Body{person.id}", "mesh": mesh, "skin": skin})


def _add_motion(gltf: Gltf, animation: Animation, person: _PersonMesh, joints: list[int]) -> None:
    keyframes = person.keyframes
    times = gltf.array(keyframes.times, bounds=True)
    animation.drive(joints[0], "translation", times, person.root_position[keyframes.rows])
    quaternions = [_quaternions(person, joint) for joint in range(person.pose.shape[1])]
    still = [float(np.ptp(values, axis=0).max()) < STILL for values in quaternions]
    once = gltf.array(keyframes.times[:1], bounds=True) if any(still) else times
    for node, values, is_still in zip(joints, quaternions, still, strict=False):
        if is_still:
            animation.drive(node, "rotation", once, values[:1])
        else:
            animation.drive(node, "rotation", times, values[keyframes.rows])


def _quaternions(person: _PersonMesh, joint: int) -> Floats:
    """(T, 4) rotation of a bone in its parent's frame."""
    if joint:
        rotations = person.axes[person.parents[joint]].T @ axis_angle_to_matrix(person.pose[:, joint])
    else:
        rotations = person.root_rotation
    return _continuous(matrix_to_quaternion(rotations @ person.axes[joint]))


def _continuous(quaternions: Floats) -> Floats:
    """Quaternions (T, 4), each with the sign that is nearer to the one before."""
    flips = np.where((quaternions[1:] * quaternions[:-1]).sum(1) < 0, -1.0, 1.0)
    return quaternions * np.cumprod(np.append(1.0, flips))[:, None]


def _add_visibility(gltf: Gltf, animation: Animation, keyframes: _Keyframes, root: int) -> None:
    if len(keyframes.visibility) < 2:
        return
    times = gltf.array(np.array([time for time, _ in keyframes.visibility]), bounds=True)
    scales = np.array([[float(visible)] * 3 for _, visible in keyframes.visibility])
    animation.drive(root, "scale", times, scales, "STEP")


def _add_cameras(gltf: Gltf, animation: Animation, people: list[_PersonMesh], size: tuple[int, int]) -> None:
    """The camera of the first person, and those of others that differ from all before, or that move too.

    A camera moves while its person is there. Its lens does not zoom, which glTF cannot tell: it has the middle one.
    """
    shown: list[_PersonMesh] = []
    for person in people:
        if any(_is_same(person.camera, other.camera) for other in shown):
            continue
        name = f"VideoCamera{person.id}" if shown else "VideoCamera"
        shown.append(person)
        lens = {
            "yfov": 2 * float(np.arctan2(size[1] / 2, np.median(person.camera.focal))),
            "aspectRatio": size[0] / size[1],
            "znear": CLIP[0],
            "zfar": CLIP[1],
        }
        number = gltf.add("cameras", {"name": name, "type": "perspective", "perspective": lens})
        first = person.camera.at(0)
        place = {"translation": first.position.tolist(), "rotation": _camera_quaternions(first).tolist()}
        node = gltf.node({"name": name, "camera": number, **place})
        if person.camera.moves:
            times, rows = gltf.array(person.keyframes.times, bounds=True), person.keyframes.rows
            animation.drive(node, "rotation", times, _continuous(_camera_quaternions(person.camera))[rows])
            animation.drive(node, "translation", times, person.camera.position[rows])


def _camera_quaternions(camera: Camera) -> Floats:
    """(4,) or (T, 4): glTF's cameras look along -Z, and Y is up in their pictures."""
    quaternions: Floats = matrix_to_quaternion(camera.rotation.swapaxes(-1, -2) @ np.diag([1.0, -1.0, -1.0]))
    return quaternions


def _is_same(camera: Camera, other: Camera) -> bool:
    return (
        not (camera.moves or other.moves)
        and all(
            np.allclose(mine, its, rtol=0, atol=SAME_CAMERA)
            for mine, its in ((camera.rotation, other.rotation), (camera.position, other.position))
        )
        and bool(np.isclose(camera.focal, other.focal))
    )


def _normals(vertices: Floats, faces: Ints) -> Floats:
    """(V, 3) unit normals; vertices without a face point up, because the format requires a direction."""
    normals = vertex_normals(vertices, faces)
    return np.where(normals.any(1, keepdims=True), normals, [0.0, 1.0, 0.0])


def _material(number: int) -> dict[str, Any]:
    linear = [round((part / 255) ** 2.2, 4) for part in SKIN_COLORS[number % len(SKIN_COLORS)]]
    matte = {"baseColorFactor": [*linear, 1.0], "metallicFactor": 0.0, "roughnessFactor": 0.85}
    return {"name": f"Skin{number}", "pbrMetallicRoughness": matte}


def _keyframes(track: Track, rate: Fraction, end: float) -> _Keyframes:
    """The keyframes of a person in an animation that ends at `end` seconds.

    A person is visible from half a frame before its first time to half a frame after its last one, so that readers that
    round times still show it, and likewise at gaps. During these half frames it keeps the pose of the nearest frame.
    """
    times, half = track.times.astype(np.float64), 0.5 / float(rate)
    gaps = np.flatnonzero(is_gap(track, rate))
    edges = np.stack([times[gaps] + half, times[gaps + 1] - half], 1)  # (gaps, 2)
    positions = np.repeat(gaps + 1, 2)
    rows = np.insert(np.arange(len(times)), positions, np.stack([gaps, gaps + 1], 1).ravel())
    times32 = np.insert(times, positions, edges.ravel()).astype(np.float32)
    if times32[0] < 0 or not (np.diff(times32) > 0).all():
        raise InputError(f"the times of person {track.id} are below 0 or too close together for a GLB file")
    begin, stop = times[0] - half, times[-1] + half
    visibility = [(0.0, True)] if begin <= 0 else [(0.0, False), (begin, True)]
    for leave, back in edges.tolist():
        visibility += [(leave, False), (back, True)]
    if stop < end:
        visibility.append((stop, False))
    return _Keyframes(times32, rows, tuple(visibility))
