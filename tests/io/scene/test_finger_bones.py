"""Finger bones in BVH and GLB, read back by the readers of the tests: places, names, and both files alike."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from tests.io.scene.bvh_reader import read_bvh
from tests.io.scene.glb_reader import read_glb
from tests.io.scene.scenes import embodied, scene_of, wander
from vidmotion.body.hand_at_rest import rest_hand
from vidmotion.body.hand_pose import LENGTH, hand_at_rest, relaxed_fingers
from vidmotion.body.load import free_body, with_finger_joints
from vidmotion.choices import BoneNames
from vidmotion.io.scene.finger_bones import finger_bones
from vidmotion.io.scene.formats import export
from vidmotion.types import BodyMotion, Floats, Person

HUMANIK = {f"LeftHand{finger}{n}" for finger in ("Thumb", "Index", "Middle", "Ring", "Pinky") for n in (1, 2, 3)}


def with_fingers(body: BodyMotion, seed: int = 0) -> BodyMotion:
    fingers = np.random.default_rng(seed).normal(0, 0.4, (len(body), 2, 15, 3))
    return replace(body, fingers=fingers)


@pytest.fixture(scope="module")
def person() -> Person:
    return embodied(with_fingers(wander(6)))


def pointing(fingers: Floats, palm: Rotation, side: int) -> Floats:
    """(15, 3) directions of the finger bones of a hand with a palm, by scipy's rotations."""
    flat = hand_at_rest(side, LENGTH)
    starts = [5, 6, 7, 9, 10, 11, 17, 18, 19, 13, 14, 15, 1, 2, 3]
    found, turn = [], palm
    for joint, start in enumerate(starts):
        turn = (turn if joint % 3 else palm) * Rotation.from_rotvec(fingers[joint])
        bone = turn.apply(flat[start + 1] - flat[start])
        found.append(bone / np.linalg.norm(bone))
    return np.array(found)


def test_fingers_point_as_those_of_a_flat_hand_with_these_rotations(person: Person, tmp_path: Path) -> None:
    assert person.body is not None
    assert person.body.fingers is not None
    model = with_finger_joints(free_body())
    rest = model.shape(person.body.betas)
    export(scene_of(person), tmp_path / "a.bvh", person=0)
    places = read_bvh((tmp_path / "a.bvh").read_text()).positions()
    fingers = ("Index", "Middle", "Pinky", "Ring", "Thumb")
    turns = Rotation.identity()
    for joint in (0, 3, 6, 9, 13, 16, 18, 20):  # from the hips to the left wrist
        turns = turns * Rotation.from_rotvec(person.body.pose[2, joint])
    palm = turns * Rotation.from_matrix(rest_hand(model, rest, 0).rotation)
    wanted = pointing(person.body.fingers[2, 0], palm, 0)
    for joint in range(15):
        name, number = f"LeftHand{fingers[joint // 3]}", joint % 3 + 1
        after = f"{name}{number + 1}" if number < 3 else f"{name}3*"
        bone = places[after][2] - places[f"{name}{number}"][2]
        assert bone / np.linalg.norm(bone) == pytest.approx(wanted[joint], abs=1e-4)


def test_bvh_and_glb_have_the_fingers_at_the_same_places(person: Person, tmp_path: Path) -> None:
    export(scene_of(person), tmp_path / "a.bvh", person=0)
    export(scene_of(person), tmp_path / "a.glb")
    places = read_bvh((tmp_path / "a.bvh").read_text()).positions()
    glb = read_glb((tmp_path / "a.glb").read_bytes())
    assert set(places) >= HUMANIK
    hips = glb.placement("Hips", 0.0)[:3, 3] - places["Hips"][0] / 100
    for name, place in places.items():
        if "Hand" in name and not name.endswith("*"):
            assert glb.placement(name, 0.0)[:3, 3] == pytest.approx(place[0] / 100 + hips, abs=1e-4)


def test_the_tips_lie_at_the_skin(person: Person) -> None:
    model = free_body()
    assert person.body is not None
    rest = model.shape(person.body.betas)
    for side, wrist in enumerate((20, 21)):
        tips = rest_hand(model, rest, side).landmarks[[4, 8, 12, 16, 20]] + rest.joints[wrist]
        away = np.linalg.norm(rest.vertices[None] - tips[:, None], axis=-1).min(1)
        assert away.max() < 1e-6


def test_a_body_without_fingers_has_no_finger_bones(tmp_path: Path) -> None:
    scene = scene_of(embodied(wander(3)))
    export(scene, tmp_path / "a.bvh", person=0)
    export(scene, tmp_path / "a.glb")
    assert not HUMANIK & set(read_bvh((tmp_path / "a.bvh").read_text()).names)
    nodes = read_glb((tmp_path / "a.glb").read_bytes()).tree["nodes"]
    assert not HUMANIK & {node["name"] for node in nodes}


@pytest.mark.parametrize(
    ("bones", "left_thumb1", "right_pinky3"),
    [
        ("humanik", "LeftHandThumb1", "RightHandPinky3"),
        ("mixamo", "mixamorig:LeftHandThumb1", "mixamorig:RightHandPinky3"),
        ("rigify", "thumb.01.L", "f_pinky.03.R"),
        ("unity", "LeftThumbProximal", "RightLittleDistal"),
        ("unreal", "thumb_01_l", "pinky_03_r"),
        ("smpl", "left_thumb1", "right_pinky3"),
    ],
)
def test_names(person: Person, bones: str, left_thumb1: str, right_pinky3: str) -> None:
    assert person.body is not None
    model = free_body()
    made = finger_bones(model, model.shape(person.body.betas), person.body, BoneNames(bones), 22)
    assert made is not None
    assert made.names[12] == left_thumb1
    assert made.names[15 + 8] == right_pinky3
    assert len(set(made.names)) == 30


def test_relaxed_fingers_bend_towards_the_palm() -> None:
    model = free_body()
    body = wander(1)
    body = replace(body, fingers=np.stack([relaxed_fingers(0), relaxed_fingers(1)])[None])
    rest = model.shape(body.betas)
    straight = finger_bones(model, rest, replace(body, fingers=np.zeros((1, 2, 15, 3))), BoneNames.humanik, 22)
    bent = finger_bones(model, rest, body, BoneNames.humanik, 22)
    assert straight is not None
    assert bent is not None
    before, after = (Rotation.from_rotvec(made.pose[0, [0, 15]]) for made in (straight, bent))
    # A finger that bends turns about -Z on the left side, whose fingers point along +X, and about +Z on the right.
    flexion = np.degrees((after * before.inv()).magnitude())
    assert flexion == pytest.approx([20, 20], abs=1e-6)
