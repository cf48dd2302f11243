"""GLB: an independent reader skins the bodies where our own skinning has them; while not visible they have scale 0."""

import os
import shutil
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from tests.io.scene.glb_reader import Glb, read_glb
from tests.io.scene.scenes import embodied, panned, scene_of, wander
from vidmotion.body.load import free_body, with_finger_joints
from vidmotion.body.posed_mesh import PosedMesh
from vidmotion.choices import BoneNames
from vidmotion.errors import InputError
from vidmotion.io.scene.formats import export
from vidmotion.types import BodyMotion, Camera, Person, Scene

ROOT = Path(__file__).parents[3]
VERTICES = len(free_body().template)
"""More follow in the file, which repeat those at the seams of the texture."""
GAP = np.concatenate([np.arange(20, 40), np.arange(70, 90)])
JOINTS = [
    "Hips",
    "LeftUpLeg",
    "RightUpLeg",
    "Spine",
    "LeftLeg",
    "RightLeg",
    "Spine1",
    "LeftFoot",
    "RightFoot",
    "Spine2",
    "LeftToeBase",
    "RightToeBase",
    "Neck",
    "LeftShoulder",
    "RightShoulder",
    "Head",
    "LeftArm",
    "RightArm",
    "LeftForeArm",
    "RightForeArm",
    "LeftHand",
    "RightHand",
    "LeftHandEnd",
    "RightHandEnd",
]
ENDS = ["Head_end", "LeftToeBase_end", "RightToeBase_end"]  # fmt: skip


def write(scene: Scene, folder: Path) -> Glb:
    (path,) = export(scene, folder / "out.glb")
    return read_glb(path.read_bytes())


def skin(body: BodyMotion, row: int) -> np.ndarray:
    return PosedMesh(free_body(), body).vertices(row)


def body_vertices(glb: Glb, name: str, moment: float) -> np.ndarray:
    """(V, 3) metres, those of the body model."""
    return glb.vertices(name, moment)[:VERTICES]


def furthest(glb: Glb, person: Person, rows: tuple[int, ...]) -> float:
    """Metres between the file's vertices and our own, at worst, at the times of frames."""
    assert person.body
    name = f"Body{person.id}"
    return max(
        float(np.linalg.norm(body_vertices(glb, name, person.track.times[row]) - skin(person.body, row), axis=1).max())
        for row in rows
    )


def size(glb: Glb, name: str, moment: float) -> float:
    return float(np.ptp(glb.vertices(name, moment), axis=0).max())


@pytest.fixture(scope="module")
def coming_and_going() -> Person:
    """From frame 20 to 89 with a gap of 30 frames."""
    return embodied(wander(40, 1), GAP, number=1)


def test_vertices_are_those_of_our_own_skinning(walker: Person, tmp_path: Path) -> None:
    assert furthest(write(scene_of(walker), tmp_path), walker, (0, 1, 60, 119)) < 1e-4


def test_several_people_at_uneven_times(walker: Person, tmp_path: Path) -> None:
    times = np.cumsum(np.random.default_rng(0).uniform(0.01, 0.07, 60))
    other = embodied(wander(60, 2), times=times, number=4)
    glb = write(scene_of(walker, other, fps=Fraction(25)), tmp_path)
    assert furthest(glb, walker, (0, 77)) < 1e-4
    assert furthest(glb, other, (0, 31, 59)) < 1e-4
    meshes = [mesh["primitives"][0] for mesh in glb.tree["meshes"]]
    assert meshes[0]["attributes"]["WEIGHTS_0"] == meshes[1]["attributes"]["WEIGHTS_0"]
    assert meshes[0]["attributes"]["POSITION"] != meshes[1]["attributes"]["POSITION"]
    colours = [material["pbrMetallicRoughness"]["baseColorFactor"] for material in glb.tree["materials"]]
    assert colours[0] != colours[1]


def with_fingers(person: Person) -> Person:
    assert person.body
    fingers = np.random.default_rng(2).normal(0, 0.4, (len(person.track), 2, 15, 3))
    return replace(person, body=replace(person.body, fingers=fingers))


def test_the_skin_of_fingers_bends(walker: Person, tmp_path: Path) -> None:
    """Also beside somebody whose hands were not looked for."""
    other = with_fingers(embodied(wander(60, 2), number=4))
    glb = write(scene_of(walker, other), tmp_path)
    assert furthest(glb, walker, (0, 77)) < 1e-4
    assert furthest(glb, other, (0, 31, 59)) < 1e-4
    assert other.body
    assert np.abs(skin(other.body, 31) - skin(replace(other.body, fingers=None), 31)).max() > 0.02


def test_people_share_the_world_of_the_first(walker: Person, tmp_path: Path) -> None:
    """The second camera stands a quarter turn around, so its person is rotated back by as much."""
    body = wander(10, 2)
    other = embodied(body, number=1)
    assert other.motion
    assert walker.motion
    seen = walker.motion.camera
    quarter = np.array([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]])
    camera = Camera(seen.focal, seen.center, seen.rotation @ quarter.T, seen.translation)
    other = replace(other, motion=replace(other.motion, camera=camera))
    glb = write(scene_of(walker, other), tmp_path)
    wanted = skin(body, 3) @ quarter
    assert body_vertices(glb, "Body1", 0.1) == pytest.approx(wanted, abs=1e-4)


def pixels(glb: Glb, name: str, points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(N, 2) of world points (N, 3) as the camera of a node sees them, by glTF's rules."""
    node = glb.tree["nodes"][glb.node(name)]
    lens = glb.tree["cameras"][node["camera"]]["perspective"]
    assert lens["aspectRatio"] == pytest.approx(size[0] / size[1])
    turn = Rotation.from_quat(node["rotation"])
    seen = turn.inv().apply(points - np.array(node["translation"]))
    reach = -seen[:, 2:] * np.tan(lens["yfov"] / 2) * [[lens["aspectRatio"], 1]]
    return (seen[:, :2] / reach * [0.5, -0.5] + 0.5) * size


def tilted(camera: Camera, pitch: float, heading: float) -> Camera:
    turn = Rotation.from_euler("XY", [pitch, heading], degrees=True).as_matrix()
    return replace(camera, rotation=turn @ camera.rotation)


def test_camera_sees_the_joints_where_the_video_shows_them(walker: Person, tmp_path: Path) -> None:
    assert walker.motion
    camera = tilted(walker.motion.camera, 12, 30)
    person = replace(walker, motion=replace(walker.motion, camera=camera))
    glb = write(scene_of(person), tmp_path)
    joints = walker.motion.joints[60]
    assert pixels(glb, "VideoCamera", joints, (1280, 720)) == pytest.approx(camera.project(joints), abs=1e-3)


def test_a_moving_camera_is_animated(walker: Person, tmp_path: Path) -> None:
    """At the times of frames, its position and rotation are those of our own camera."""
    scene = panned(scene_of(walker))
    (person,) = scene.people
    assert person.motion
    glb, camera = write(scene, tmp_path), person.motion.camera
    for row in (0, 50, 119):
        place = glb.placement("VideoCamera", float(person.track.times[row]))
        np.testing.assert_allclose(place[:3, 3], camera.position[row], atol=1e-4)
        np.testing.assert_allclose(place[:3, :3] @ np.diag([1, -1, -1]), camera.rotation[row].T, atol=1e-5)


def test_one_camera_for_all_who_were_filmed_by_it(walker: Person, tmp_path: Path) -> None:
    """Each motion has a world of its own, in which the one camera may stand elsewhere and look another way."""
    assert walker.motion
    turn = Rotation.from_euler("Y", 50, degrees=True).as_matrix()
    camera = walker.motion.camera
    moved = replace(camera, rotation=camera.rotation @ turn, translation=camera.translation + turn @ [1, 0, 2])
    other = embodied(wander(10, 2), number=1)
    third = embodied(wander(10, 3), number=2)
    assert other.motion
    assert third.motion
    other = replace(other, motion=replace(other.motion, camera=moved))
    assert [camera["name"] for camera in write(scene_of(walker, other), tmp_path).tree["cameras"]] == ["VideoCamera"]
    third = replace(third, motion=replace(third.motion, camera=tilted(camera, 5, 0)))
    glb = write(scene_of(walker, other, third), tmp_path)
    assert [camera["name"] for camera in glb.tree["cameras"]] == ["VideoCamera", "VideoCamera2"]


def test_nodes(walker: Person, tmp_path: Path) -> None:
    glb = write(scene_of(walker), tmp_path)
    nodes = glb.tree["nodes"]
    assert nodes[0] == {"name": "Person0", "children": [1]}
    assert [nodes[joint]["name"] for joint in glb.tree["skins"][0]["joints"]] == [*JOINTS, "Root", *ENDS]
    assert nodes[1] == {"name": "Root", "children": [2]}
    assert glb.tree["skins"][0]["skeleton"] == 1
    assert glb.tree["scenes"][0]["nodes"] == [0, glb.node("Body0"), glb.node("VideoCamera")]
    assert glb.tree["asset"]["copyright"] == "Body model freebody: CC0-1.0"


def test_rest_pose_stands_on_the_floor_and_faces_z(walker: Person, tmp_path: Path) -> None:
    assert walker.body
    rest = write(scene_of(walker), tmp_path).vertices("Body0", None)[:VERTICES]
    own = free_body().shape(walker.body.betas).vertices
    assert rest - rest.mean(0) == pytest.approx(own - own.mean(0), abs=1e-5)
    assert rest[:, 1].min() == pytest.approx(0, abs=1e-6)


def test_texture_coordinates_are_those_of_the_body_model(walker: Person, tmp_path: Path) -> None:
    """Each corner of each face has the vertex and the place on the picture that the model gives it."""
    model = free_body()
    assert model.texture
    glb = write(scene_of(walker), tmp_path)
    (primitive,) = glb.tree["meshes"][0]["primitives"]
    corners = glb.array(primitive["indices"]).reshape(-1, 3)
    arrays = {name: glb.array(number) for name, number in primitive["attributes"].items()}
    assert len({len(array) for array in arrays.values()}) == 1
    assert VERTICES < len(arrays["POSITION"]) < 1.2 * VERTICES
    u, v = np.moveaxis(model.texture.uv[model.texture.faces], -1, 0)
    assert arrays["TEXCOORD_0"][corners] == pytest.approx(np.stack([u, 1 - v], -1), abs=1e-6)  # glTF's v points down
    for name in ("POSITION", "NORMAL", "JOINTS_0", "WEIGHTS_0"):
        np.testing.assert_array_equal(arrays[name][corners], arrays[name][model.faces], err_msg=name)


def test_model_without_texture_coordinates(walker: Person, tmp_path: Path) -> None:
    (path,) = export(scene_of(walker), tmp_path / "a.glb", body_model=replace(free_body(), texture=None))
    glb = read_glb(path.read_bytes())
    (primitive,) = glb.tree["meshes"][0]["primitives"]
    assert sorted(primitive["attributes"]) == ["JOINTS_0", "NORMAL", "POSITION", "WEIGHTS_0"]
    assert len(glb.vertices("Body0", 0)) == VERTICES


def test_keys_have_the_times_of_the_frames(walker: Person, tmp_path: Path) -> None:
    glb = write(scene_of(walker), tmp_path)
    channels = glb.channels(glb.node("LeftArm"))
    assert channels["rotation"][0] == pytest.approx(walker.track.times, abs=1e-6)
    assert "scale" not in glb.channels(glb.node("Person0"))


def test_joints_that_never_turn_have_one_key(walker: Person, tmp_path: Path) -> None:
    glb = write(scene_of(walker), tmp_path)
    for name in ("LeftHandEnd", "RightToeBase"):
        node = glb.node(name)
        (key,) = glb.channels(node)["rotation"][1]
        assert key == pytest.approx(glb.tree["nodes"][node]["rotation"], abs=1e-6)
    assert len(glb.channels(glb.node("LeftHand"))["rotation"][1]) == 120


def test_bones_point_along_the_body(walker: Person, tmp_path: Path) -> None:
    """The local +Y axis of a bone leads to the next joint, and that is its length."""
    assert walker.body
    glb = write(scene_of(walker), tmp_path)
    nodes = glb.tree["nodes"]
    for after in ("LeftForeArm", "RightFoot", "Neck", "Spine", "LeftToeBase_end"):
        x, y, z = nodes[glb.node(after)]["translation"]
        assert (x, z) == pytest.approx((0, 0), abs=1e-6)
        assert y > 0.04
    rest = free_body().shape(walker.body.betas)
    places = glb._worlds(None)
    top = places[glb.node("Head_end")][:3, 3] - places[glb.node("Hips")][:3, 3]
    assert top[1] == pytest.approx(rest.vertices[:, 1].max() - rest.joints[0, 1], abs=1e-5)


def test_pause_of_the_video_hides_the_person(tmp_path: Path) -> None:
    """No movement is invented while the video has no pictures, and frames are consecutive."""
    times = np.append(np.arange(20), np.arange(140, 160)) / 30
    glb = write(scene_of(embodied(wander(40), times=times), fps=Fraction(10)), tmp_path)
    assert [size(glb, "Body0", frame / 30) > 1 for frame in (19, 19.4, 19.6, 80, 139.4, 139.6, 140)] == [
        True, True, False, False, False, True, True,
    ]  # fmt: skip


def test_bones_with_mixamo_s_names(walker: Person, tmp_path: Path) -> None:
    (path,) = export(scene_of(walker), tmp_path / "out.glb", bones=BoneNames.mixamo)
    glb = read_glb(path.read_bytes())
    assert glb.tree["nodes"][2]["name"] == "mixamorig:Hips"
    assert furthest(glb, walker, (60,)) < 1e-4


def test_sides_stay_at_the_end_of_names(walker: Person, tmp_path: Path) -> None:
    """Blender mirrors poses by `.L` and `.R`, Unreal by `_l` and `_r`."""
    for bones, ends in (("rigify", ["handEnd.L", "toe_end.R"]), ("unreal", ["handEnd_l", "ball_end_r"])):
        (path,) = export(scene_of(walker), tmp_path / f"{bones}.glb", bones=BoneNames(bones))
        assert {node["name"] for node in read_glb(path.read_bytes()).tree["nodes"]} >= set(ends)


def test_turns_do_not_change_sign(tmp_path: Path) -> None:
    body = wander(120, turns=2)
    glb = write(scene_of(embodied(body)), tmp_path)
    for name in JOINTS:
        turns = glb.channels(glb.node(name))["rotation"][1]
        assert (turns[1:] * turns[:-1]).sum(1).min(initial=1) > 0.9
        assert np.linalg.norm(turns, axis=1) == pytest.approx(1, abs=1e-6)


def test_who_is_away_has_no_size(walker: Person, coming_and_going: Person, tmp_path: Path) -> None:
    glb = write(scene_of(walker, coming_and_going), tmp_path)
    assert furthest(glb, coming_and_going, (0, 19, 20, 39)) < 1e-4
    for frame in (0, 19.4, 39.6, 40, 50, 69.4, 89.6, 119):
        assert size(glb, "Body1", frame / 30) == 0, frame
        assert size(glb, "Body0", frame / 30) > 1
    for frame in (19.6, 39.4, 69.6, 89.4):
        assert size(glb, "Body1", frame / 30) > 1


def test_pose_is_held_where_a_gap_begins_and_ends(walker: Person, coming_and_going: Person, tmp_path: Path) -> None:
    glb = write(scene_of(walker, coming_and_going), tmp_path)
    for frame, shown in ((39, 39.4), (70, 69.6)):
        held = glb.vertices("Body1", shown / 30)
        assert held == pytest.approx(glb.vertices("Body1", frame / 30), abs=1e-5)


def test_one_frame(tmp_path: Path) -> None:
    person = embodied(wander(1))
    assert furthest(write(scene_of(person), tmp_path), person, (0,)) < 1e-4


def test_person_of_one_frame_among_others(walker: Person, tmp_path: Path) -> None:
    person = embodied(wander(1), np.array([7]), number=1)
    glb = write(scene_of(walker, person), tmp_path)
    assert furthest(glb, person, (0,)) < 1e-4
    assert size(glb, "Body1", 8 / 30) == 0


def test_model_with_fingers_and_a_jaw(walker: Person, tmp_path: Path) -> None:
    """What comes after the body's joints stays at rest."""
    free = free_body()
    assert walker.body
    model = replace(
        free,
        name="rich",
        parents=(*free.parents, 15),
        regressor=np.vstack([free.regressor, free.regressor[15:16] * 0.9]),
        weights=np.hstack([free.weights, np.zeros((len(free.weights), 1), np.float32)]),
    )
    person = replace(walker, body=replace(walker.body, model="rich"))
    (path,) = export(scene_of(person), tmp_path / "rich.glb", body_model=model)
    glb = read_glb(path.read_bytes())
    assert [node["name"] for node in glb.tree["nodes"][24:27]] == ["Joint22", "Joint23", "Joint24"]
    assert glb.channels(glb.node("Joint22")) == {}
    assert body_vertices(glb, "Body0", 1.0) == pytest.approx(skin(walker.body, 30), abs=1e-4)


def test_a_model_with_finger_joints_of_its_own(walker: Person, tmp_path: Path) -> None:
    """SMPL-X has jaw and eyes before them. Its bones have names, and its skin bends."""
    free = with_finger_joints(free_body())
    model = replace(
        free,
        name="SMPLX_MINE",
        parents=(*free.parents[:22], 15, 15, 15, *(one if one < 22 else one + 3 for one in free.parents[22:])),
        regressor=np.insert(free.regressor, [22] * 3, free.regressor[15], axis=0),
        weights=np.insert(free.weights, [22] * 3, 0, axis=1),
    )
    person = with_fingers(walker)
    assert person.body
    body = replace(person.body, model="SMPLX_MINE")
    (path,) = export(scene_of(replace(person, body=body)), tmp_path / "x.glb", body_model=model)
    glb = read_glb(path.read_bytes())
    names = [node["name"] for node in glb.tree["nodes"]]
    assert names[2 + 22 : 2 + 26] == ["Joint22", "Joint23", "Joint24", "LeftHandIndex1"]
    assert names[2 + 54] == "RightHandThumb3"
    assert body_vertices(glb, "Body0", 1.0) == pytest.approx(skin(person.body, 30), abs=1e-4)


def test_file_is_small(tmp_path: Path) -> None:
    (path,) = export(scene_of(embodied(wander(300))), tmp_path / "out.glb")
    assert path.stat().st_size < 620_000


def test_nobody(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nobody"):
        export(scene_of(), tmp_path / "a.glb")


@pytest.mark.parametrize("times", [[-1.0, 0.0], [1e6, 1e6 + 1e-4]])
def test_times_that_the_format_cannot_hold(times: list[float], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="times of person 0"):
        export(scene_of(embodied(wander(2), times=np.array(times))), tmp_path / "a.glb")


def test_number_beyond_single_precision(tmp_path: Path) -> None:
    body = wander(2)
    body.translation[1, 0] = 1e39
    with pytest.raises(InputError, match="too large"):
        export(scene_of(replace(embodied(wander(2)), body=body)), tmp_path / "a.glb")


def test_validator_of_khronos_finds_nothing(walker: Person, coming_and_going: Person, tmp_path: Path) -> None:
    folder = Path(os.environ.get("VIDMOTION_NODE_FOLDER", ROOT))
    if shutil.which("node") is None or not (folder / "node_modules" / "gltf-validator").is_dir():
        pytest.skip("needs node and gltf-validator in node_modules of $VIDMOTION_NODE_FOLDER")
    paths = export(scene_of(walker, coming_and_going), tmp_path / "two.glb")
    paths += export(scene_of(embodied(wander(1))), tmp_path / "one.glb")
    command = ["node", str(ROOT / "benchmarks/interop/glb_readers/validate.mjs"), *map(str, paths)]
    output = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout
    assert output.count("0 errors, 0 warnings, ") == output.count(" 0 hints") == 2, output
    notes = [line for line in output.splitlines() if not line.startswith("gltf-validator")]
    assert all("UNUSED_OBJECT" in line and "TEXCOORD_0" in line for line in notes), output  # there is no picture
