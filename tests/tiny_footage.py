"""Writes a tiny store: moving stick figures in front of a camera, detected exactly; one person is never detected."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from vidmotion.body.joints import HEAD, to_h36m
from vidmotion.body.kinematics import forward_kinematics
from vidmotion.body.load import free_body
from vidmotion.data.store import StoreSettings, StoreWriter, pack_detections, pack_truth
from vidmotion.geometry.rotations import axis_angle_to_matrix

SIZE, FOCAL, FRAMES = (400, 300), 500.0, 30
CAMERA = np.array([[0.0, 0.0, 1.0], [0.0, -1.0, 0.0], [1.0, 0.0, 0.0]])
"""World to camera: looks along x, y down."""


def joints_of(person: int) -> np.ndarray:
    """(T, 17, 3) metres in camera axes."""
    t, joint = np.arange(FRAMES)[:, None], np.arange(17)[None] + person
    still = np.stack([np.sin(joint), np.cos(2 * joint), np.sin(3 * joint)], -1) * 0.5
    wave = 0.05 * np.stack([np.sin(joint + t / 9), np.cos(joint + t / 7), np.sin(joint - t / 8)], -1)
    return still + wave + [0.2 * person, 0.1, 4.0 + person]


def pose_of(person: int) -> np.ndarray:
    """(T, 24, 3) radians; the pelvis in the world."""
    t = np.arange(FRAMES)[:, None, None]
    return 0.3 * np.sin(t / 9 + person + np.arange(72).reshape(24, 3))


def actor_of(person: int) -> dict[str, Any]:
    """People of a recipe: in turn two walk, two jump and two have no class; two subjects."""
    group = ("walk", "jump", "")[person // 2 % 3]
    return {"clip": f"clip{person}", "group": group, "subject": f"s{person % 2}", "betas": [0.1 * person] * 10}


def body_joints_of(person: int) -> np.ndarray:
    """(T, 17, 3) metres in camera axes of the free body in the pose of that person."""
    body = free_body()
    rest = body.shape(np.array(actor_of(person)["betas"]))
    world, positions = forward_kinematics(
        axis_angle_to_matrix(pose_of(person)), rest.joints, body.parents, np.zeros((FRAMES, 3))
    )
    return to_h36m(positions, world[:, HEAD], rest.height) @ CAMERA.T + [0.2 * (person % 2), 0.1, 4.0]


def write(folder: Path, clips: int = 4, joints_of: Callable[[int], np.ndarray] = joints_of) -> Path:
    """Write clips of two people; the second is not detected in the last clip.

    Args:
        joints_of: gives a person's joints: stick figures, or `body_joints_of` for bodies.
    """
    settings = StoreSettings(0, "train", FRAMES, 30, "exact", "h36m17", 17, "freebody", "tiny", 0)
    with StoreWriter(folder, settings) as store:
        for number in range(clips):
            joints = np.stack([joints_of(2 * number), joints_of(2 * number + 1)])
            xy = FOCAL * joints[..., :2] / joints[..., 2:] + np.array(SIZE) / 2
            score, state = np.full(xy.shape[:3], 0.8), np.ones(xy.shape[:2], int)
            score[0, 5:8], state[0, 5:8] = 0, 0
            if number == clips - 1:
                score[1], state[1] = 0, 0
            recipe = {
                "number": number,
                "frames": FRAMES,
                "size": SIZE,
                "actors": [actor_of(2 * number), actor_of(2 * number + 1)],
                "camera": {"focal": FOCAL},
            }
            still = np.zeros((FRAMES, 3))
            poses = np.stack([pose_of(2 * number), pose_of(2 * number + 1)])
            rotations, translations = np.tile(CAMERA, (FRAMES, 1, 1)), np.zeros((2, FRAMES, 3))
            store.append(
                recipe,
                pack_detections(xy, score, state, np.ones(xy.shape[:2])),
                pack_truth(joints, poses, translations, rotations, still),
            )
    return folder
