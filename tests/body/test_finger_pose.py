"""Bodies with finger joints: the skin that fingers carry, and models of users."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vidmotion.body.finger_pose import FingerPoser, full_pose
from vidmotion.body.hand_at_rest import rest_hand
from vidmotion.body.hand_pose import LENGTH, hand_at_rest
from vidmotion.body.kinematics import forward_kinematics
from vidmotion.body.load import load_body, with_finger_joints
from vidmotion.body.model import BodyModel
from vidmotion.body.posed_mesh import PosedMesh
from vidmotion.geometry.rotations import axis_angle_to_matrix
from vidmotion.skeletons import FINGER_JOINTS, FINGER_LANDMARKS, HAND21
from vidmotion.types import BodyMotion, Floats

BETAS = np.random.default_rng(1).normal(0, 1, 10)
TIPS = [HAND21.joints.index(f"{finger}_tip") for finger in ("thumb", "index", "middle", "ring", "pinky")]


def motion(body: BodyModel, fingers: Floats | None, seed: int = 3) -> BodyMotion:
    """One frame of any pose."""
    pose = np.random.default_rng(seed).normal(0, 0.4, (1, 24, 3))
    pose[:, 22:] = 0
    return BodyMotion(body.name, pose, BETAS, np.ones((1, 3)), np.zeros(1), fingers)


@pytest.fixture(scope="module")
def smplh(tmp_path_factory: pytest.TempPathFactory, body: BodyModel) -> Path:
    """A file in SMPL-H's format: the free body with its finger joints."""
    model = with_finger_joints(body)
    path = tmp_path_factory.mktemp("models") / "SMPLH_MINE.npz"
    np.savez(
        path,
        v_template=model.template,
        shapedirs=model.shape_directions,
        J_regressor=model.regressor,
        weights=model.weights,
        f=model.faces.astype(np.uint32),
        kintree_table=np.array([model.parents, range(52)]).astype(np.uint32),
    )
    return path


def test_finger_joints_leave_the_body_as_it_is(body: BodyModel) -> None:
    model = with_finger_joints(body)
    assert (body.first_finger, model.first_finger, len(model.parents)) == (None, 22, 52)
    np.testing.assert_array_equal(model.weights[:, :20], body.weights[:, :20])
    np.testing.assert_array_equal(model.regressor[:22], body.regressor[:22])
    np.testing.assert_allclose(model.weights.sum(1), 1, atol=1e-6)
    assert (model.weights > 0).sum(1).max() == 4


def test_hands_at_rest_have_the_same_skin_with_and_without_finger_joints(body: BodyModel, smplh: Path) -> None:
    model = load_body(smplh)
    plain = PosedMesh(body, motion(body, None)).vertices(0)
    jointed = PosedMesh(model, motion(model, None)).vertices(0)
    np.testing.assert_allclose(jointed, plain, atol=1e-5)


def test_finger_joints_lie_inside_the_fingers(body: BodyModel) -> None:
    """Along each finger they lie near the middle of the skin around them, within half of a finger."""
    model = with_finger_joints(body)
    rest = model.shape(BETAS)
    for joint in range(22, 52):
        if joint % 3 == 22 % 3:
            continue  # knuckles lie in the palm
        around = rest.vertices[model.weights[:, [joint - 1, joint]].min(1) > 0.2]
        assert np.linalg.norm(around.mean(0) - rest.joints[joint]) < 0.008


@pytest.mark.parametrize("side", [0, 1])
def test_skin_follows_the_bones_of_a_flat_hand_with_these_rotations(body: BodyModel, side: int) -> None:
    fingers = np.random.default_rng(side).normal(0, 0.3, (1, 2, 15, 3))
    model = with_finger_joints(body)
    rest, moving = model.shape(BETAS), motion(body, fingers)
    posed = PosedMesh(body, moving).vertices(0)
    worlds = [Rotation.from_rotvec(moving.pose[0, joint]) for joint in range(24)]
    wrist = Rotation.identity()
    for joint in (0, 3, 6, 9, 13 + side, 16 + side, 18 + side, 20 + side):
        wrist = wrist * worlds[joint]
    palm = wrist * Rotation.from_matrix(rest_hand(model, rest, side).rotation)
    flat, turn = hand_at_rest(side, LENGTH), palm
    for joint, landmark in enumerate(FINGER_LANDMARKS):
        turn = (turn if joint % 3 else palm) * Rotation.from_rotvec(fingers[0, side, joint])
        number = 22 + 15 * side + joint
        rigid = model.weights[:, number] > 0.999
        if rigid.sum() < 8:
            continue
        # The skin that one bone alone moves keeps its form, and the bone points as that of the flat hand.
        before, after = (points[rigid] - points[rigid].mean(0) for points in (rest.vertices, posed))
        moved, _ = Rotation.align_vectors(after, before)
        at_rest = rest_hand(model, rest, side).landmarks
        bone = moved.apply(at_rest[landmark + 1] - at_rest[landmark])
        wanted = turn.apply(flat[landmark + 1] - flat[landmark])
        np.testing.assert_allclose(bone / np.linalg.norm(bone), wanted / np.linalg.norm(wanted), atol=2e-3)


def test_fingertips_lie_in_the_skin(body: BodyModel) -> None:
    model = with_finger_joints(body)
    rest = model.shape(BETAS)
    for side in range(2):
        tips = rest_hand(model, rest, side).landmarks[TIPS] + rest.joints[20 + side]
        nearest = np.linalg.norm(rest.vertices[None] - tips[:, None], axis=-1).min(1)
        assert nearest.max() < 0.006


def test_a_users_smplh_bends_its_fingers_as_the_free_body_does(body: BodyModel, smplh: Path) -> None:
    fingers = np.random.default_rng(5).normal(0, 0.3, (1, 2, 15, 3))
    model = load_body(smplh)
    theirs = PosedMesh(model, motion(model, fingers)).vertices(0)
    np.testing.assert_allclose(theirs, PosedMesh(body, motion(body, fingers)).vertices(0), atol=1e-5)


def test_a_users_smplx_keeps_jaw_and_eyes_at_rest(body: BodyModel) -> None:
    model = with_finger_joints(body)
    extra = np.zeros((len(model.template), 3), np.float32)
    head = model.regressor[[15, 15, 15]]
    smplx = replace(
        model,
        name="SMPLX_MINE",
        regressor=np.concatenate([model.regressor[:22], head, model.regressor[22:]]),
        weights=np.concatenate([model.weights[:, :22], extra, model.weights[:, 22:]], 1),
        parents=(*model.parents[:22], 15, 15, 15, *(one if one < 22 else one + 3 for one in model.parents[22:])),
    )
    assert smplx.first_finger == 25
    fingers = np.random.default_rng(5).normal(0, 0.3, (1, 2, 15, 3))
    theirs = PosedMesh(smplx, motion(smplx, fingers)).vertices(0)
    np.testing.assert_allclose(theirs, PosedMesh(body, motion(body, fingers)).vertices(0), atol=1e-5)


def test_smpl_has_no_fingers_to_bend(body_file: Callable[..., Path]) -> None:
    model = load_body(body_file())
    fingers = np.ones((1, 2, 15, 3))
    bent, straight = (PosedMesh(model, motion(model, given)).vertices(0) for given in (fingers, None))
    np.testing.assert_array_equal(bent, straight)


def test_order_and_sides_are_those_of_smplx(body: BodyModel) -> None:
    names = pytest.importorskip("smplx.joint_names")
    model = with_finger_joints(body)
    wanted = names.SMPLH_JOINT_NAMES[22:52]
    assert [f"{side}_{joint}" for side in ("left", "right") for joint in FINGER_JOINTS] == wanted
    assert names.JOINT_NAMES[25:55] == wanted
    # The left hand, at which the names begin, is at +X.
    assert (model.regressor @ model.template)[22:37, 0].min() > 0.5


def test_full_pose_moves_finger_joints(body: BodyModel) -> None:
    """A straight finger lies on the line through its knuckle."""
    model = with_finger_joints(body)
    rest = model.shape(BETAS)
    pose = full_pose(model, np.zeros((1, 24, 3)), FingerPoser(model, rest).pose(np.zeros((1, 2, 15, 3))))
    _, places = forward_kinematics(axis_angle_to_matrix(pose), rest.joints, model.parents, np.zeros((1, 3)))
    for first in (22, 25, 28, 31, 37, 40, 43, 46):
        a, b, c = places[0, first : first + 3]
        assert np.linalg.norm(np.cross(b - a, c - a)) / np.linalg.norm(c - a) < 1e-6
