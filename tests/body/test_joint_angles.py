"""Joint angles: closed forms on a body whose limbs bend at rest, against scipy's Euler angles."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vidmotion.body.joint_angles import ANGLES, joint_angles, opensim_coordinates
from vidmotion.body.load import free_body
from vidmotion.body.model import SMPL_JOINTS
from vidmotion.body.rest_pose import from_t_pose, turns_to_t_pose
from vidmotion.types import Floats

REST = free_body().shape(np.random.default_rng(3).normal(0, 1, 10)).joints
RIGHT, UP, FORWARD = np.array([-1.0, 0, 0]), np.array([0, 1.0, 0]), np.array([0, 0, 1.0])
LOWERED = {"left": Rotation.from_euler("z", -90, degrees=True), "right": Rotation.from_euler("z", 90, degrees=True)}


def posed(**joints: Rotation) -> Floats:
    """(1, 24, 3, 3) of a body with straight limbs and hanging arms, whose joints are rotated from there."""
    rotations = np.broadcast_to(np.eye(3), (1, 24, 3, 3)).copy()
    for side, lowered in LOWERED.items():
        arm, forearm = (joints.pop(f"{side}_{part}", Rotation.identity()) for part in ("shoulder", "elbow"))
        rotations[0, SMPL_JOINTS.index(f"{side}_shoulder")] = (arm * lowered).as_matrix()
        rotations[0, SMPL_JOINTS.index(f"{side}_elbow")] = (lowered.inv() * forearm * lowered).as_matrix()
    for name, rotation in joints.items():
        rotations[0, SMPL_JOINTS.index(name)] = rotation.as_matrix()
    return from_t_pose(rotations, turns_to_t_pose(REST))


def angles_of(**joints: Rotation) -> dict[str, float]:
    return {name: float(values[0]) for name, values in joint_angles(posed(**joints), REST).items()}


def about(axis: Floats, degrees: float) -> Rotation:
    return Rotation.from_rotvec(axis * np.radians(degrees))


def test_all_angles_of_the_anatomical_position_are_zero() -> None:
    found = angles_of()
    assert tuple(found) == ANGLES
    # Arms that hang have no plane of elevation.
    assert {name: value for name, value in found.items() if "plane" not in name} == pytest.approx(
        {name: 0 for name in ANGLES if "plane" not in name}, abs=1e-5
    )


@pytest.mark.parametrize(
    ("joint", "axis", "degrees", "angle", "value"),
    [
        ("right_hip", RIGHT, 80, "right_hip_flexion", 80),
        ("left_hip", RIGHT, -15, "left_hip_flexion", -15),
        ("right_hip", FORWARD, -30, "right_hip_abduction", 30),
        ("left_hip", FORWARD, 30, "left_hip_abduction", 30),
        ("right_hip", UP, 20, "right_hip_rotation", 20),
        ("left_hip", UP, -20, "left_hip_rotation", 20),
        ("right_knee", RIGHT, -110, "right_knee_flexion", 110),
        ("left_knee", RIGHT, -110, "left_knee_flexion", 110),
        ("left_ankle", RIGHT, 25, "left_ankle_dorsiflexion", 25),
        ("right_shoulder", RIGHT, 160, "right_shoulder_flexion", 160),
        ("right_shoulder", FORWARD, -40, "right_shoulder_abduction", 40),
        ("left_shoulder", FORWARD, 150, "left_shoulder_abduction", 150),
        ("left_shoulder", FORWARD, 150, "left_shoulder_elevation", 150),
        ("left_shoulder", FORWARD, 150, "left_shoulder_elevation_plane", 0),
        ("left_shoulder", RIGHT, 60, "left_shoulder_elevation_plane", 90),
        ("left_shoulder", UP, -35, "left_shoulder_rotation", 35),
        ("right_elbow", RIGHT, 140, "right_elbow_flexion", 140),
        ("left_elbow", RIGHT, 140, "left_elbow_flexion", 140),
        ("spine2", RIGHT, -50, "trunk_flexion", 50),
        ("spine3", FORWARD, 15, "trunk_bending", 15),
        ("spine1", UP, 30, "trunk_rotation", 30),
        ("head", RIGHT, -20, "neck_flexion", 20),
        ("neck", UP, 45, "neck_rotation", 45),
        ("pelvis", RIGHT, -12, "pelvis_tilt", 12),
        ("pelvis", FORWARD, 8, "pelvis_list", 8),
        ("pelvis", UP, 100, "pelvis_rotation", 100),
    ],
)
def test_sign_of_each_angle(joint: str, axis: Floats, degrees: float, angle: str, value: float) -> None:
    """A rotation by the right hand about an axis of the body changes its own angle."""
    assert angles_of(**{joint: about(axis, degrees)})[angle] == pytest.approx(value, abs=1e-5)


def test_hip_and_shoulder_are_isb_s_sequence() -> None:
    """Z X Y in the axes forward, up, right, which scipy computes; the left side is mirrored."""
    to_body = Rotation.from_matrix(np.stack([FORWARD, UP, RIGHT], 1))
    for seed in range(5):
        z, x, y = np.random.default_rng(seed).uniform(-60, 60, 3)
        for side, sign in (("right", 1), ("left", -1)):
            isb = Rotation.from_euler("ZXY", [z, sign * x, sign * y], degrees=True)
            rotation = to_body * isb * to_body.inv()
            found = angles_of(**{f"{side}_hip": rotation, f"{side}_shoulder": rotation})
            for joint in ("hip", "shoulder"):
                values = [found[f"{side}_{joint}_{name}"] for name in ("flexion", "abduction", "rotation")]
                assert values == pytest.approx([z, -x, y], abs=1e-5)


def test_pelvis_is_heading_list_tilt() -> None:
    """Baker's sequence: a person who turns around changes the rotation alone."""
    for heading in (0, 90, 170):
        pelvis = about(UP, heading) * about(FORWARD, 6) * about(RIGHT, -10)
        found = angles_of(pelvis=pelvis)
        assert [found[f"pelvis_{name}"] for name in ("rotation", "list", "tilt")] == pytest.approx([heading, 6, 10])


def test_heading_goes_on_beyond_half_a_turn() -> None:
    turning = np.concatenate([posed(pelvis=about(UP, heading)) for heading in range(0, 720, 30)])
    assert joint_angles(turning, REST)["pelvis_rotation"] == pytest.approx(np.arange(0, 720, 30))


def test_arms_to_the_sides() -> None:
    """At 90 degrees of abduction, flexion and rotation are one: all of it counts as flexion."""
    for side, sign in (("right", -1), ("left", 1)):
        found = angles_of(**{f"{side}_shoulder": about(FORWARD, sign * 90)})
        values = [found[f"{side}_shoulder_{name}"] for name in ("flexion", "abduction", "rotation", "elevation")]
        assert values == pytest.approx([0, 90, 0, 90], abs=1e-5)


def test_flexion_of_knees_and_elbows_is_the_angle_between_the_limbs() -> None:
    """For hinges, whatever the joints above do."""
    rng = np.random.default_rng(4)
    for side in ("left", "right"):
        hip, arm = Rotation.random(rng=rng), Rotation.random(rng=rng)
        found = angles_of(**{
            f"{side}_hip": hip, f"{side}_knee": about(RIGHT, -75),
            f"{side}_shoulder": arm, f"{side}_elbow": about(RIGHT, 95),
        })  # fmt: skip
        assert (found[f"{side}_knee_flexion"], found[f"{side}_elbow_flexion"]) == pytest.approx((75, 95))


def test_opensim_s_pelvis_and_signs() -> None:
    """The rotations Z, X, Y of OpenSim's pelvis give its orientation in the world; other angles keep or change sign."""
    pelvis = about(UP, 70) * about(FORWARD, 6) * about(RIGHT, -10)
    pose = posed(pelvis=pelvis, left_hip=about(FORWARD, 30), spine1=about(RIGHT, -40), right_knee=about(RIGHT, -50))
    found = {name: float(values[0]) for name, values in opensim_coordinates(pose, REST).items()}
    angles = [found[f"pelvis_{name}"] for name in ("tilt", "list", "rotation")]
    axes = Rotation.from_euler("ZXY", angles, degrees=True).as_matrix()
    assert axes == pytest.approx(np.stack([pelvis.apply(axis) for axis in (FORWARD, UP, RIGHT)], 1))
    wanted = {"hip_adduction_l": -30, "lumbar_extension": -40, "L5_S1_Flex_Ext": -40, "knee_angle_r": 50}
    assert {name: found[name] for name in wanted} == pytest.approx(wanted)


def test_an_arm_that_is_raised_in_any_plane_does_not_jump() -> None:
    """30 degrees in front of the frontal plane, up to 170 degrees; beyond 90 degrees, scipy has the same triples."""
    plane = np.radians(30)
    axis = np.cos(plane) * FORWARD + np.sin(plane) * RIGHT
    raised = np.concatenate([posed(right_shoulder=about(axis, angle)) for angle in range(0, 171, 5)])
    angles = joint_angles(raised, REST)
    for name in ("flexion", "abduction", "rotation"):
        assert np.abs(np.diff(angles[f"right_shoulder_{name}"])).max() < 15
    assert angles["right_shoulder_elevation"][-1] == pytest.approx(170, abs=0.1)
