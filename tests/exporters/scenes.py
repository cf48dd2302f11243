"""Values to export: a synthetic walker who turns, and real motion made rigid."""

from fractions import Fraction

import numpy as np
from scipy.spatial.transform import Rotation

from vidmotion.skeletons import H36M17
from vidmotion.types import Camera, Keypoints2D, Motion, Person, Scene, Track


def walk(frames: int, turns: float = 1.5, fps: float = 30.0) -> np.ndarray:
    """(T, 17, 3) metres: a person of constant bones who walks on a circle and swings arms and legs."""
    seconds = np.arange(frames) / fps
    heading = Rotation.from_euler("Y", (2 * np.pi * turns * seconds / max(seconds[-1], 1e-9))[:, None])
    swing = 0.5 * np.sin(2 * np.pi * seconds)
    joints = np.zeros((frames, 17, 3))
    joints[:, 0] = heading.apply([2.0, 0.95, 0.0])

    def hang(child: int, offset: list[float], bend: np.ndarray) -> None:
        turned = Rotation.from_euler("X", bend[:, None]).apply(offset)
        joints[:, child] = joints[:, H36M17.parents[child]] + heading.apply(turned)

    still = np.zeros(frames)
    for hip, side, phase in ((1, -1, 1), (4, 1, -1)):
        hang(hip, [side * 0.12, 0, 0], still)
        hang(hip + 1, [0, -0.44, 0], phase * swing)
        hang(hip + 2, [0, -0.42, 0], phase * swing + 0.4 + 0.4 * np.cos(2 * np.pi * seconds))
    hang(7, [0, 0.25, 0], 0.05 + still)
    hang(8, [0, 0.26, 0], 0.1 + still)
    hang(9, [0, 0.1, 0.08], still)
    hang(10, [0, 0.12, -0.05], still)
    for shoulder, side, phase in ((11, 1, 1), (14, -1, -1)):
        hang(shoulder, [side * 0.16, -0.04, 0], still)
        hang(shoulder + 1, [side * 0.05, -0.28, 0], phase * swing)
        hang(shoulder + 2, [0, -0.25, 0.03], phase * swing - 0.6)
    return joints


def rigid(joints: np.ndarray) -> np.ndarray:
    """The same directions with the median bone lengths, joint 0 in the middle of the hips."""
    joints = joints.astype(float)
    out = np.zeros_like(joints)
    out[:, 0] = (joints[:, 1] + joints[:, 4]) / 2
    half = (joints[:, 4] - joints[:, 1]) / 2
    half *= np.median(np.linalg.norm(half, axis=1)) / np.linalg.norm(half, axis=1, keepdims=True)
    out[:, 1], out[:, 4] = out[:, 0] - half, out[:, 0] + half
    for parent, child in H36M17.bones:
        if child not in (1, 4):
            bone = joints[:, child] - joints[:, parent]
            length = np.linalg.norm(bone, axis=1, keepdims=True)
            out[:, child] = out[:, parent] + bone / length * np.median(length)
    return out


def person_of(
    joints: np.ndarray,
    frames: np.ndarray | None = None,
    times: np.ndarray | None = None,
    number: int = 0,
    fps: float = 30.0,
) -> Person:
    """A person who moves as `joints` (T, 17, 3), with made-up 2D points."""
    count = len(joints)
    frames = np.arange(count) if frames is None else frames
    times = frames / fps if times is None else times
    rng = np.random.default_rng(number)
    track = Track(
        id=number,
        frames=frames,
        times=times,
        boxes=rng.uniform(0, 700, (count, 4)),
        keypoints=Keypoints2D(rng.uniform(0, 700, (count, 17, 2)), rng.uniform(0, 1, (count, 17)), "h36m17"),
        observed=rng.uniform(size=count) > 0.1,
    )
    camera = Camera(1200.0, (640.0, 360.0), np.diag([1.0, -1.0, -1.0]), np.array([0.0, 1.4, 4.0]))
    motion = Motion(joints, rng.uniform(0, 1, (count, 17)), "h36m17", camera, 1.75)
    return Person(track, motion)


def scene_of(*people: Person, fps: Fraction = Fraction(30)) -> Scene:
    return Scene("walk.mp4", fps, (1280, 720), 400, people, {"program": "vidmotion", "weights": ["a", "b"]})
