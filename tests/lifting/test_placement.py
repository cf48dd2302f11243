"""Scale, path and floor come back from a camera that is known."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vidmotion.lifting import ground, scale, trajectory
from vidmotion.lifting.lift import _placed
from vidmotion.lifting.trajectory import chain_solve
from vidmotion.skeletons import ANKLE_HEIGHT, H36M17, STATURE_CHAIN
from vidmotion.types import Camera

RATE = 30.0
TIMES = np.arange(90) / RATE


def person(frames: int = 90, height: float = 1.7) -> np.ndarray:
    """(T, 17, 3) metres, Y up: upright, stepping in place with resting feet, turning, walking a circle."""
    rest = np.zeros((17, 3))
    for joint, at in {
        1: (-0.12, 0.0, 0.0), 2: (-0.12, -0.43, 0.0), 3: (-0.12, -0.85, 0.0),
        4: (0.12, 0.0, 0.0), 5: (0.12, -0.43, 0.0), 6: (0.12, -0.85, 0.0),
        7: (0.0, 0.24, 0.0), 8: (0.0, 0.48, 0.0), 9: (0.0, 0.6, 0.03), 10: (0.0, 0.72, 0.0),
        11: (0.17, 0.46, 0.0), 12: (0.2, 0.18, 0.0), 13: (0.22, -0.06, 0.05),
        14: (-0.17, 0.46, 0.0), 15: (-0.2, 0.18, 0.0), 16: (-0.22, -0.06, 0.05),
    }.items():  # fmt: skip
        rest[joint] = at
    chain = sum(np.linalg.norm(rest[j] - rest[H36M17.parents[j]]) for j in STATURE_CHAIN)
    rest *= height * (1 - ANKLE_HEIGHT) / chain
    yaw = np.linspace(0, 0.3, frames)
    turned = Rotation.from_euler("y", yaw[:, None]).as_matrix() @ rest.T
    path = np.stack([0.8 * np.sin(2 * yaw), np.full(frames, -rest[3, 1] + ANKLE_HEIGHT * height), 1.2 * yaw], -1)
    return np.swapaxes(turned, 1, 2) + path[:, None]


def film(world: np.ndarray, pitch: float, distance: float = 4.0) -> tuple[np.ndarray, np.ndarray]:
    """Camera-space joints (x right, y down, z forward) and the camera-to-world rotation."""
    to_camera = Rotation.from_euler("x", pitch, degrees=True).as_matrix() @ np.diag([1.0, -1.0, -1.0])
    return (world - [0.0, 1.3, distance]) @ to_camera.T, to_camera.T


def test_height_sets_the_scale_and_bones_are_constant() -> None:
    world = person(height=1.7)
    shrinking = (world - world[:, :1]) * np.linspace(2.0, 1.0, len(world))[:, None, None]
    pose = scale.scale_to_height(scale.normalize_size(shrinking, RATE), 1.85)
    lengths = np.linalg.norm(pose[:, 1:] - pose[:, list(H36M17.parents[1:])], axis=-1)
    assert np.ptp(lengths, axis=0).max() < 1e-9
    np.testing.assert_allclose(lengths[:, np.array(STATURE_CHAIN) - 1].sum(1), 1.85 * (1 - 0.039))
    np.testing.assert_allclose(pose[:, 0], (pose[:, 1] + pose[:, 4]) / 2, atol=1e-12)


def test_the_root_s_path_is_found_from_exact_points() -> None:
    joints, _ = film(person(), pitch=8)
    rays = joints[..., :2] / joints[..., 2:]
    root = trajectory.place_root(joints - joints[:, :1], rays, np.ones(joints.shape[:2]), RATE)
    np.testing.assert_allclose(root[10:-10], joints[10:-10, 0], atol=0.01)


def swaying(frames: int = 90) -> np.ndarray:
    """(T, 17, 3) metres in camera axes: the body sways on feet that stand."""
    world = np.tile(person(1), (frames, 1, 1))
    sway = 0.1 * np.sin(np.linspace(0, 6, frames))[:, None, None] * np.array([1.0, 0.0, 0.4])
    share = (world[..., 1:2] - 0.07) / world[:, :1, 1:2]
    return film(world + sway * share.clip(0), pitch=8)[0]


def ankle_speed(joints: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(joints[:, [3, 6]], axis=0), axis=-1).mean() * RATE)


def test_standing_feet_take_the_wobble_out_of_the_depth() -> None:
    joints = swaying()
    plane, score, pose = joints / joints[..., 2:], np.ones(joints.shape[:2]), joints - joints[:, :1]
    depth = joints[:, 0, 2]
    wobble = 0.05 * np.sin(np.linspace(0, 40, 90))[:, None] * joints[:, 0] / joints[:, :1, 2]
    path = joints[:, 0] + wobble
    held = trajectory.pin_standing_feet(path, pose, plane, score, depth, RATE)
    assert ankle_speed(pose + held[:, None]) < 0.1 * ankle_speed(pose + path[:, None])
    speeds = [np.abs(np.diff(root - joints[:, 0], axis=0)).mean() for root in (held, path)]
    assert speeds[0] < 0.1 * speeds[1]
    np.testing.assert_allclose(
        trajectory.pin_standing_feet(joints[:, 0], pose, plane, score, depth, RATE), joints[:, 0], atol=1e-3
    )


def test_feet_that_move_in_the_picture_are_let_go() -> None:
    joints = swaying() + np.linspace(0, 3, 90)[:, None, None] * np.array([1.0, 0.0, 0.3])
    plane, pose = joints / joints[..., 2:], joints - joints[:, :1]
    score = np.ones(joints.shape[:2])
    held = trajectory.pin_standing_feet(joints[:, 0], pose, plane, score, joints[:, 0, 2], RATE)
    np.testing.assert_allclose(held, joints[:, 0], atol=0.01)


def test_the_chain_of_equations_is_solved_as_one() -> None:
    rng = np.random.default_rng(0)
    links = rng.normal(size=(5, 3, 3))
    links = links + links.swapaxes(1, 2)
    diagonal = 20 * np.eye(3) + np.zeros((6, 3, 3))
    wanted = rng.normal(size=(6, 3))
    whole = np.zeros((18, 18))
    for t in range(6):
        whole[3 * t : 3 * t + 3, 3 * t : 3 * t + 3] = diagonal[t]
        if t < 5:
            whole[3 * t : 3 * t + 3, 3 * t + 3 : 3 * t + 6] = links[t]
            whole[3 * t + 3 : 3 * t + 6, 3 * t : 3 * t + 3] = links[t]
    np.testing.assert_allclose(chain_solve(diagonal, links, wanted).ravel(), np.linalg.solve(whole, wanted.ravel()))


@pytest.mark.parametrize("pitch", [-10.0, 0.0, 12.0, 25.0])
def test_a_tilted_camera_is_levelled(pitch: float) -> None:
    joints, to_world = film(person(), pitch)
    found = ground.level([joints], [TIMES[: len(joints)]])
    angle = np.degrees(np.arccos(np.clip(found[1] @ to_world[1], -1, 1)))
    assert angle < 0.25 * abs(pitch) + 0.5
    np.testing.assert_allclose(found @ found.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(found) == pytest.approx(1)


@pytest.mark.parametrize("axis", ["x", "z"])
def test_lying_and_handstanding_people_do_not_tilt_the_world(axis: str) -> None:
    lying = Rotation.from_euler(axis, 90, degrees=True).as_matrix()
    for turn in (lying, lying @ lying):
        joints, to_world = film(person() @ turn.T, pitch=0)
        assert ground.level([joints], [TIMES])[1] @ to_world[1] > np.cos(np.radians(12))


def test_frames_without_points_are_bridged() -> None:
    joints, _ = film(person(), pitch=8)
    rays, score = joints[..., :2] / joints[..., 2:], np.ones(joints.shape[:2])
    rays[30:40], score[30:40] = 0, 0
    root = trajectory.place_root(joints - joints[:, :1], rays, score, RATE)
    np.testing.assert_allclose(root[:, 2], joints[:, 0, 2], atol=0.02)


def test_feet_stand_on_the_floor() -> None:
    assert ground.floor_height(person() + np.array([0, 0.37, 0]), 1.7, TIMES) == pytest.approx(0.37, abs=0.01)


def test_the_floor_is_under_the_hands_of_a_handstand() -> None:
    upside_down = person() * [1, -1, 1]
    floor = ground.floor_height(upside_down, 1.7, TIMES)
    head, wrists = upside_down[:, 10, 1].min(), upside_down[:, (13, 16), 1].min()
    assert min(head, wrists) - 0.05 < floor <= min(head, wrists)


def test_the_floor_is_under_a_lying_back() -> None:
    lying = np.tile(person(1), (90, 1, 1))[..., [0, 2, 1]] * [1, -1, 1]
    assert -0.2 < ground.floor_height(lying, 1.7, TIMES) - lying[..., 1].min() < 0.0


def test_somebody_who_steps_down_ends_on_the_floor() -> None:
    """Two thirds of the time on a box of half a metre."""
    joints = person() + np.array([0, 0.37, 0])
    joints[:60, :, 1] += 0.5
    assert ground.floor_height(joints, 1.7, TIMES) == pytest.approx(0.37, abs=ground.LEVEL + 0.01)


def test_small_differences_between_floors_are_errors() -> None:
    assert ground.shared_floor([-1.5, -1.2, -1.7], [90, 90, 90], [5.0, 5.0, 8.0]) == [-1.5, -1.2, -1.7]


def test_somebody_on_a_roof_stays_there() -> None:
    assert ground.shared_floor([-1.6, 0.4], [160, 230], [6.0, 7.0]) == [-1.6, -1.6]


def test_nobody_is_lifted_by_a_short_wrong_track() -> None:
    """Somebody far below the others for a moment does not make them float."""
    assert ground.shared_floor([-1.6, -4.0], [230, 20], [6.0, 30.0]) == [-1.6, -4.0]


def test_world_camera_projects_as_the_filming_camera() -> None:
    joints, _ = film(person(), pitch=10)
    to_world = ground.level([joints], [TIMES[: len(joints)]])
    origin = np.array([0.3, -1.0, -4.0])
    world = joints @ to_world.T - origin
    camera = ground.world_camera(to_world, origin, Camera(1000.0, (640.0, 360.0), np.eye(3), np.zeros(3)))
    np.testing.assert_allclose(world @ camera.rotation.T + camera.translation, joints, atol=1e-12)


def test_one_frame_is_enough() -> None:
    joints, _ = film(person(1), pitch=5)
    pose = scale.scale_to_height(scale.normalize_size(joints - joints[:, :1], RATE), 1.7)
    root = trajectory.place_root(pose, joints[..., :2] / joints[..., 2:], np.ones((1, 17)), RATE)
    assert np.isfinite(ground.level([pose + root[:, None]], [TIMES[:1]])).all()


def test_a_pan_over_a_standing_person_gives_a_standing_person() -> None:
    still = np.tile(film(person(1), pitch=5)[0], (90, 1, 1))
    turns = Rotation.from_euler("y", np.linspace(0, 25, 90)[:, None], degrees=True).as_matrix()
    camera = Camera(np.full(90, 1000.0), (640.0, 360.0), turns, np.zeros((90, 3)))
    seen = camera.to_camera_axes(still)
    pose, rays = seen - seen[:, :1], seen[..., :2] / seen[..., 2:]
    placed = _placed(pose, rays, np.ones(seen.shape[:2]), RATE, camera)
    np.testing.assert_allclose(placed, still, atol=0.005)
